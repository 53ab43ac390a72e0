"""Studies *mnist_series*, *mnist_rescaled*, *mnist_views*: digits as an image and as series, rescaled or not.

After Figures 8 and 9 of Ismail et al., "Benchmarking Deep Learning Interpretability in Time Series Predictions",
NeurIPS 2020. The first explains a CNN, which sees the image, and the four networks that read it column by column; the
second rescales their maps, on fewer digits; the third explains one digit as a series of 14, two and one features.
Nothing is planted: maps are judged by masked accuracy and by the share of their mass near the ink. Profiles ``smoke``
and ``quick`` take scikit-learn's digits: no download.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets.digit_views import VIEWS
from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.explainers import CORRECTED
from tsinterp_lib.metrics.saliency_share import GROUPS
from tsinterp_lib.models import MNIST_SIZES
from tsinterp_lib.registry import Choice, Scalar

NETWORKS = ("cnn", "lstm", "lstm_input_cell", "tcn", "transformer")
NETWORKS_AT = {"smoke": ("cnn", "lstm", "tcn")}
OFFLINE = ("smoke", "quick")
"""Profiles that need no download."""

SAMPLES = 100
"""Test images explained, the first ones: the digits shown, the first of each class, are among them."""

RESCALED_SAMPLES = 30
"""The same where maps are rescaled: each then costs about a hundred maps."""

SHOWN = ("gradient", "input_x_gradient", "integrated_gradients", "deep_lift", "gradient_shap", "feature_ablation")
METHODS: tuple[Choice, ...] = (
    *(CORRECTED[name] for name in SHOWN),
    # A tenth of the range of normalised pixels, which is 3.2.
    Choice("smoothgrad", {"n_samples": 25, "noise_std": 0.3}, alias="smoothgrad"),
    CORRECTED["occlusion"],
    CORRECTED["random"],
)

RESCALED = ("gradient", "input_x_gradient", "deep_lift")
"""Methods that are rescaled."""


def rescaled(base: str) -> str:
    """Return the label of a method after temporal saliency rescaling."""
    return f"rescaled_{base}"


def rescaling(base: str, value: str = "first") -> Choice:
    """Return a method rescaled as the released code does, cells set to the first pixel of the image, which is
    background.

    A background cell that is set to the background changes nothing, so it scores zero whatever the method: ``mean``
    sets cells to the mean pixel instead, which changes all of them, and shows how much of the repair that explains.
    """
    settings: dict[str, Scalar | Choice] = {"base": method(base)} | ({} if value == "first" else {"value": value})
    alias = rescaled(base) if value == "first" else f"{rescaled(base)}_by_{value}"
    return Choice("temporal_saliency_rescaling", settings, alias=alias)


TRAINER = Choice(
    "standard",
    {"protocol": "corrected", "learning_rate": 2e-3, "batch_size": 64, "stop_accuracy": 0.97},
    alias="standard",
)
"""Rate and batch of the authors' code; the validation digits select and stop, not the test digits."""


def scores(side: int) -> tuple[Choice, ...]:
    """Return masked accuracy with cells of other digits, and the share of mass in each group of cells of the image."""
    fill: dict[str, Scalar] = {"fill": "other_samples"}
    masked = ("masked_accuracy_count", "masked_accuracy_area_count")
    shares = (Choice("saliency_share", {"group": g, "side": side}, alias=f"saliency_share_{g}") for g in GROUPS)
    return (*(Choice(name, fill, alias=name) for name in masked), *shares)


def digits(profile: str, view: str, pool: int = 1) -> tuple[Choice, int]:
    """Return the data of a view and the side of its images."""
    source, side = ("scikit_learn", 8) if profile in OFFLINE else ("mnist", 28)
    choice = Choice("digit_views", {"source": source, "view": view, "pool": pool}, alias=f"{view}_{side // pool}")
    return choice, side // pool


def series_plan(profile: str) -> Mapping[str, Plan]:
    """Return five networks on whole digits."""
    data, side = digits(profile, "multivariate")
    return {"corrected": _plan((data,), NETWORKS_AT.get(profile, NETWORKS), side, METHODS, SAMPLES)}


def rescaled_plan(profile: str) -> Mapping[str, Plan]:
    """Return the same networks, before and after rescaling."""
    data, side = digits(profile, "multivariate")
    methods = _compared(RESCALED)
    return {"corrected": _plan((data,), NETWORKS_AT.get(profile, NETWORKS), side, methods, RESCALED_SAMPLES)}


def views_plan(profile: str) -> Mapping[str, Plan]:
    """Return a TCN on three views of digits of half the side, and a CNN that folds each back into the image."""
    views = [digits(profile, view, pool=2 if profile not in OFFLINE else 1) for view in VIEWS]
    data, side = tuple(data for data, _ in views), views[0][1]
    methods = (*_compared(RESCALED[:2]), CORRECTED["integrated_gradients"])
    return {"corrected": _plan(data, ("cnn", "tcn"), side, methods, RESCALED_SAMPLES, {"cnn": {"side": side}})}


def method(label: str) -> Choice:
    """Return one of ``METHODS`` by its label."""
    return next(choice for choice in METHODS if choice.label == label)


def _compared(bases: tuple[str, ...]) -> tuple[Choice, ...]:
    """Return methods, the same rescaled, one rescaled by the mean pixel, and chance."""
    pairs = (choice for base in bases for choice in (method(base), rescaling(base)))
    return (*pairs, rescaling("gradient", "mean"), method("random"))


def _plan(
    datasets: tuple[Choice, ...],
    networks: tuple[str, ...],
    side: int,
    methods: tuple[Choice, ...],
    samples: int,
    more: Mapping[str, dict[str, int]] | None = None,
) -> Plan:
    sizes = {n: {**MNIST_SIZES[n], **(more or {}).get(n, {}), "output": "logits"} for n in networks}
    return Plan(
        datasets=datasets,
        models=tuple(Choice(name, size, alias=name) for name, size in sizes.items()),
        trainers=(TRAINER,),
        explainers=methods,
        metrics=scores(side),
        samples=samples,
    )


MNIST_SERIES = Study(
    "mnist_series",
    "Are maps of an image better than maps of the same image as a series?",
    series_plan,
    profiles=("mnist_full", "mnist_10k"),
    drawn=(*_compared(RESCALED)[:-1], method("integrated_gradients"), method("smoothgrad")),
)
MNIST_RESCALED = Study(
    "mnist_rescaled", "Does rescaling mend the maps of series?", rescaled_plan, profiles=("mnist_full", "mnist_10k")
)
MNIST_VIEWS = Study(
    "mnist_views",
    "Does the number of features of a series change its maps?",
    views_plan,
    profiles=("mnist_3k",),
    drawn=_compared(RESCALED[:2])[:-2],
)
