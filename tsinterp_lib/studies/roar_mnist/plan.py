"""Studies *roar_mnist* and *roar_controls*: remove and retrain on handwritten digits, and what the measurement rewards.

After Hooker et al., "A Benchmark for Interpretability Methods in Deep Neural Networks", NeurIPS 2019, whose estimators,
levels, replacement and signed ranking these are: gradient, integrated gradients and guided backprop, each plain,
squared, as SmoothGrad, SmoothGrad-squared and VarGrad, with random and Sobel controls and a blurred random one. Theirs
are ResNet-50s on photographs; here a small network of 26,826 weights learns 6,000 MNIST digits for five epochs, so that
hundreds of retrainings take an hour. Integrated gradients take 10 points, not 25. The controls ask, on a few
estimators: keeping in place of removing, the mask alone as the input, imputed values, no retraining, maps for the true
class, random masks drawn anew at every step, a second preprocessing. Profiles ``smoke`` and ``quick`` take the small
digits of scikit-learn: no download. The larger network of the protocol (32 and 64 channels with pooling, 60,000 digits)
costs about sixty times as much.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.engine.grid import Plan, Profile, Study
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.types import Sizes

OFFLINE = ("smoke", "quick")
EPOCHS = 5
BASES: dict[str, Choice] = {
    "gradient": Choice("gradient", {}, alias="gradient"),
    "integrated_gradients": Choice(
        "integrated_gradients", {"baseline": "train_min", "n_steps": 10}, alias="integrated_gradients"
    ),
    "guided_backprop": Choice("guided_backprop", {}, alias="guided_backprop"),
}
"""The three base estimators; the path of integrated gradients starts at a black image."""

WRAPPERS = {"smoothgrad": "mean", "smoothgrad squared": "mean_square", "vargrad": "variance"}
CONTROLS: dict[str, Choice] = {
    "random": Choice("random", {}, alias="random"),
    "sobel": Choice("sobel", {}, alias="sobel"),
    "random[blurred]": Choice("blurred", {"base": Choice("random"), "sigma": 1.0}, alias="random[blurred]"),
}


def estimators(bases: Mapping[str, Choice], n_samples: int = 15) -> dict[str, Choice]:
    """Return every base plain, squared, and with the three statistics of its noisy maps, by label."""
    found: dict[str, Choice] = {}
    for name, base in bases.items():
        found[name] = base
        found[f"{name}[squared]"] = Choice("squared", {"base": base}, alias=f"{name}[squared]")
        for label, statistic in WRAPPERS.items():
            settings: dict[str, Scalar | Choice] = {"base": base, "statistic": statistic, "n_samples": n_samples}
            found[f"{name}[{label}]"] = Choice("noise_ensemble", settings, alias=f"{name}[{label}]")
    return found


TRAINER = Choice(
    "standard",
    {"protocol": "corrected", "learning_rate": 5e-3, "batch_size": 100, "patience": EPOCHS, "stop_accuracy": 1.0},
    alias="standard",
)
"""Five epochs, of which the weights of the lowest validation loss are kept: no test digit chooses anything."""

SHORT = "0.1 0.5 0.9"
VARIANTS: dict[str, Choice] = {
    "kar": Choice("kar", {"levels": SHORT}, alias="kar"),
    "roar_mask_alone": Choice("roar", {"shown": "mask", "levels": SHORT}, alias="roar_mask_alone"),
    "roar_imputed": Choice("roar", {"fill": "linear", "levels": SHORT}, alias="roar_imputed"),
    "roar_not_retrained": Choice("roar", {"retrain": False, "levels": SHORT}, alias="roar_not_retrained"),
    "roar_true_class": Choice("roar", {"target": "true", "levels": SHORT}, alias="roar_true_class"),
    "roar_redrawn": Choice("roar", {"redrawn": True, "levels": SHORT}, alias="roar_redrawn"),
    "roar_reprocessed": Choice("roar", {"reprocess": True, "levels": SHORT}, alias="roar_reprocessed"),
}
"""The switches of the protocol, each turned alone."""


def data(profile: str) -> Choice:
    """Return the digits of a profile."""
    source = "scikit_learn" if profile in OFFLINE else "mnist"
    return Choice("digit_images", {"source": source}, alias="digit_images")


def _plan(profile: str, explainers: tuple[Choice, ...], metrics: tuple[Choice, ...]) -> Mapping[str, Plan]:
    network = Choice("image_cnn", {}, alias="image_cnn")
    # Two epochs teach nothing: the tests' profile has no gate, so that its networks are trained again all the same.
    trainer = Choice(TRAINER.name, {**TRAINER.params, "gate": 0.0}, "standard") if profile == "smoke" else TRAINER
    return {"corrected": Plan((data(profile),), (network,), (trainer,), explainers, metrics)}


def plan(profile: str) -> Mapping[str, Plan]:
    """Return fifteen estimators and three controls, at the published levels."""
    n_samples = 3 if profile == "smoke" else 15
    explainers = (*CONTROLS.values(), *estimators(BASES, n_samples).values())
    levels: dict[str, Scalar | Choice] = {"levels": "0 0.5"} if profile == "smoke" else {}
    return _plan(profile, explainers, (Choice("roar", levels, alias="roar"),))


def controls_plan(profile: str) -> Mapping[str, Plan]:
    """Return two controls and four estimators, with one switch turned at a time."""
    every = CONTROLS | estimators(BASES)
    metrics = tuple(VARIANTS.values())
    if profile == "smoke":
        metrics = tuple(Choice(m.name, {**m.params, "levels": "0.9"}, m.alias) for m in metrics)
    names = ("random", "random[blurred]", "gradient", "gradient[squared]", "gradient[vargrad]", "integrated_gradients")
    return _plan(profile, tuple(every[name] for name in names), metrics)


OWN = {
    "smoke": Profile("smoke", Sizes(train=60, validation=20, test=30), max_epochs=2, n_seeds=1),
    "quick": Profile("quick", Sizes(train=900, validation=100, test=300), max_epochs=EPOCHS, n_seeds=2),
    "paper": Profile("paper", Sizes(train=6000, validation=500, test=2000), max_epochs=EPOCHS, n_seeds=5),
}
"""Smaller than the paper's: two core-hours would not train one ResNet-50."""

ROAR_MNIST = Study(
    "roar_mnist", "Which estimators beat a random ranking once the network is trained again?", plan, own=OWN
)
ROAR_CONTROLS = Study("roar_controls", "What does remove and retrain reward?", controls_plan, most_seeds=3, own=OWN)
