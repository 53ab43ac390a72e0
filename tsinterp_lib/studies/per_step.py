"""What the studies that explain a prediction at every step share: labels, released baselines, controls."""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.registry import Choice, Scalar, Settings


def labelled(explainers: Mapping[str, Choice]) -> tuple[Choice, ...]:
    """Return the methods of a plan, each under the name it has there."""
    return tuple(Choice(e.name, e.params, alias=name) for name, e in explainers.items())


def released_baselines() -> dict[str, Choice]:
    """Return occlusion and path methods with the settings that both released scripts give them, scored in training
    mode.

    Occlusion and DeepLIFT start at step 1, integrated gradients and GradientSHAP at step 0.
    """
    drawn: Settings = {"first_step": 1, "train_mode": True}
    return {
        "feature_occlusion": Choice("feature_occlusion", drawn),
        "augmented_occlusion": Choice("augmented_occlusion", drawn),
        "integrated_gradients": each("integrated_gradients", train_mode=True),
        "gradient_shap": each("gradient_shap", train_mode=True, references="explained", n_samples=50, noise_std=1e-4),
        "deep_lift": each("deep_lift", train_mode=True, first_step=1),
    }


def controls() -> dict[str, Choice]:
    """Say what every method is compared with."""
    return {name: Choice(name) for name in ("random", "position_only", "oracle")}


def each(name: str, train_mode: bool = False, first_step: int = 0, **params: Scalar | Choice) -> Choice:
    """Return a method at every prefix, for the class the network predicts there, from a zero baseline."""
    settings: Settings = {"base": Choice(name, params), "target": "predicted", "train_mode": train_mode}
    return Choice("each_step", {**settings, **from_step(first_step)})


def from_step(first: int) -> Settings:
    """Return the first step scored, named only where it is not 0: rows of all others keep their keys."""
    return {"first_step": first} if first else {}
