"""What the studies that explain a prediction at every step share: labels, released baselines, controls."""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.registry import Choice, Scalar, Settings


def labelled(explainers: Mapping[str, Choice]) -> tuple[Choice, ...]:
    """The methods of a plan, each under the name it has there."""
    return tuple(Choice(e.name, e.params, alias=name) for name, e in explainers.items())


def released_baselines() -> dict[str, Choice]:
    """Occlusion and path methods with the settings that both released scripts give them, scored in training mode."""
    drawn: Settings = {"first_step": 1, "train_mode": True}
    noise: Settings = {"references": "train", "n_references": 50, "n_samples": 50, "noise_std": 1e-4}
    return {
        "feature_occlusion": Choice("feature_occlusion", drawn),
        "augmented_occlusion": Choice("augmented_occlusion", drawn),
        "integrated_gradients": each("integrated_gradients", train_mode=True),
        "gradient_shap": each("gradient_shap", train_mode=True, **noise),
        "deep_lift": each("deep_lift", train_mode=True),
    }


def controls() -> dict[str, Choice]:
    """What every method is compared with."""
    return {name: Choice(name) for name in ("random", "position_only", "oracle")}


def each(name: str, train_mode: bool = False, **params: Scalar | Choice) -> Choice:
    """A method at every prefix, for the class the network predicts there, from a zero baseline."""
    return Choice("each_step", {"base": Choice(name, params), "target": "predicted", "train_mode": train_mode})
