"""Study *state*: which method finds the active feature of a hidden state, as released and corrected.

After Crabbé and van der Schaar, "Explaining Time Series Predictions with Dynamic Masks", ICML 2021, and Tonekaboni et
al., "What went wrong and when?", NeurIPS 2020, whose experiment it is. Both explain a GRU's prediction at every step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.registry import Choice, Scalar, Settings
from tsinterp_lib.studies.per_step import controls, each, from_step, labelled, released_baselines

SIZES: Settings = {"n_train": 640, "n_validation": 160, "n_test": 200}
"""Series of the paper profile: 1000 in all, as released; the released folds leave 512 of 640 for training."""

N_STEPS = {"smoke": 20, "quick": 100}
HIDDEN = {"smoke": 8, "quick": 50}
EPOCHS = {"smoke": 1, "quick": 40}

MASKED_SERIES = {"smoke": 2}
"""Series whose masks are fitted: the first ten of the test set; a mask costs thousands of passes of the network."""

SCORES = ("aup_threshold", "aur_threshold", "auroc", "average_precision", "information", "entropy")

METRICS = (
    *(Choice(name, alias=name) for name in SCORES),
    Choice("aup_threshold", {"pairing": "next"}, alias="aup_threshold_next"),
    Choice("aur_threshold", {"pairing": "next"}, alias="aur_threshold_next"),
)
"""As released for this experiment, and the same areas with thresholds off by one, as released for another."""

FIT_VARIANTS: dict[str, Settings] = {
    "fit": {},
    "fit_mean_of_kl": {"average": "mean_of_kl"},
    "fit_clipped": {"negative": "clip"},
}
"""The expectation inside the divergence or outside, and negative scores shifted or set to zero; one generator."""

EVALUATED = "evaluation mode"
"""What the released methods are called where training mode, and nothing else, is switched off."""

BESIDE_MASKS = ("gradient", "integrated_gradients", "deep_lift", "augmented_occlusion", "fit", "random", "oracle")

RELEASED_MASK: Settings = {
    "areas": "0.25:0.34:10",
    "perturbation": Choice("gaussian_blur", {"sigma_max": 1.0}),
    "loss": "log_loss",
    "selection": "extremal",
    "learning_rate": 1.0,
    "momentum": 1.0,
    "time_weight": 1.0,
    "last_pair": False,
}
"""Settings of the released script; the areas bracket the true third, and the velocity never decays."""


def plan(profile: str) -> Mapping[str, Plan]:
    """Return the released experiment beside one that differs in stated points."""
    return {"as_released": _plan(profile, "as_released"), "corrected": _plan(profile, "corrected")}


def plan_masks(profile: str) -> Mapping[str, Plan]:
    """Return Dynamask beside a few other methods, all on the same few series, on the networks of the whole study."""
    released, corrected = _plan(profile, "as_released"), _plan(profile, "corrected")
    few, samples = EPOCHS.get(profile) if profile == "smoke" else None, MASKED_SERIES.get(profile, 10)
    return {
        "as_released": _with(released, {**_kept(released), **_masks_released(few)}, samples),
        "corrected": _with(corrected, {**_kept(corrected), **_masks_corrected(few)}, samples),
    }


def _plan(profile: str, protocol: str) -> Plan:
    released, few = protocol == "as_released", EPOCHS.get(profile)
    sizes: Settings = SIZES if profile == "paper" else {}
    if released and sizes:
        sizes = {**sizes, "n_train": 512, "n_validation": 128}
    recipe: Settings = {"recipe": "five", "keep": "last", "learning_rate": 1e-4} if released else {"epochs": 30}
    if few is not None:
        recipe["epochs"] = few
    n_steps, hidden = N_STEPS.get(profile, 200), HIDDEN.get(profile, 200)
    explainers = _released(few) if released else _corrected(few)
    return Plan(
        datasets=(Choice("state", {"protocol": protocol, "n_steps": n_steps, **sizes}, alias="state"),),
        models=(Choice("gru", {"per_step": True, "hidden_size": hidden}, alias="gru"),),
        trainers=(Choice("per_step", recipe, alias="per_step"),),
        explainers=labelled(explainers),
        metrics=METRICS,
    )


def _with(plan: Plan, explainers: Mapping[str, Choice], samples: int) -> Plan:
    return replace(plan, explainers=labelled(explainers), samples=samples)


def _kept(plan: Plan) -> dict[str, Choice]:
    """Return the methods that masks are compared with."""
    return {e.label: e for e in plan.explainers if e.label in BESIDE_MASKS}


def _released(few: int | None) -> dict[str, Choice]:
    """As the scripts compute: baselines scored in training mode, Dynamask on scrambled outputs, steps from 1 on."""
    fit: Settings = {"average": "mean_of_kl", "squash": True, "negative": "shift", "epochs": few or 301}
    return {
        **released_baselines(),
        "lime": _lime(history=False, train_mode=True, first_step=1),
        "retain_attention": Choice(
            "retain_attention",
            {"steps": "last", "bias": True, "train_mode": True, "keep": True, "epochs": few or 50},
        ),
        "fit": Choice("fit", {**fit, "generator_protocol": "as_released", "train_mode": True, "keep": True}),
        **_in_evaluation_mode(fit),
        **controls(),
    }


def _in_evaluation_mode(fit: Mapping[str, Scalar | Choice]) -> dict[str, Choice]:
    """Return the same methods on the same networks with dropout off and no batch statistics: one thing changed."""
    made = {
        "feature_occlusion": Choice("feature_occlusion", {"first_step": 1}),
        "augmented_occlusion": Choice("augmented_occlusion", {"first_step": 1}),
        "deep_lift": each("deep_lift", first_step=1),
        "fit": Choice("fit", {**fit, "generator_protocol": "as_released", "keep": True}),
    }
    return {f"{name}[{EVALUATED}]": choice for name, choice in made.items()}


def _corrected(few: int | None) -> dict[str, Choice]:
    """Choose evaluation mode everywhere, training samples as references, the expectation before the divergence."""
    fit: Settings = {"negative": "shift", "keep": True, "epochs": few or 100}
    return {
        "gradient": each("gradient"),
        "integrated_gradients": each("integrated_gradients"),
        "gradient_shap": each("gradient_shap", references="train", n_references=20, n_samples=20, noise_std=0.0),
        "deep_lift": each("deep_lift"),
        "lime": _lime(history=False, train_mode=False),
        "feature_occlusion": Choice("feature_occlusion"),
        "augmented_occlusion": Choice("augmented_occlusion"),
        "retain_attention": Choice("retain_attention", {"keep": True, "epochs": few or 50}),
        **{name: Choice("fit", {**fit, **params}) for name, params in FIT_VARIANTS.items()},
        **controls(),
    }


def _masks_released(few: int | None) -> dict[str, Choice]:
    """Return Dynamask on outputs whose axes are mixed up, and, nothing else changed, on the right ones."""
    mask = Choice("dynamask", {**RELEASED_MASK, "epochs": few or 1000})
    return {"dynamask": Choice("scrambled_output", {"base": mask}), "dynamask_right_axes": mask}


def _masks_corrected(few: int | None) -> dict[str, Choice]:
    """Return the right axes, a soft target, a velocity that ends at the bounds; and areas that do not know the
    answer.
    """
    mended: Settings = {**RELEASED_MASK, "epochs": few or 1000, "optimiser": "projected", "momentum": 0.9}
    soft = {**mended, "loss": "cross_entropy", "last_pair": True}
    return {
        "dynamask": Choice("dynamask", soft),
        "dynamask_hard_target": Choice("dynamask", mended),
        "dynamask_wide_areas": Choice("dynamask", {**soft, "areas": "0.05:0.5:10"}),
    }


def _lime(history: bool, train_mode: bool, first_step: int = 0) -> Choice:
    """Return LIME on a step alone, for the label; the released 5000 patterns of three features repeat eight of them."""
    base = Choice("lime", {"groups": "feature", "n_samples": 100, "baseline": "train_mean"})
    settings: Settings = {"base": base, "history": history, "train_mode": train_mode}
    return Choice("each_step", {**settings, **from_step(first_step)})


STATE = Study("state", "Which method finds the active feature of a hidden state?", plan)
STATE_MASKS = Study("state_masks", "Do fitted masks find it, and on which outputs?", plan_masks)
