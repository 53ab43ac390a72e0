"""Studies *mnist_series* and *mnist_views*: digits as an image and as series, before and after rescaling.

After Figures 8 and 9 of Ismail et al., "Benchmarking Deep Learning Interpretability in Time Series Predictions",
NeurIPS 2020. The first explains a CNN, which sees the image, and the four networks that read it column by column; the
second one digit as a series of 14, two and one features. Nothing is planted: maps are judged by masked accuracy and
by the share of their mass near the ink. Profiles ``smoke`` and ``quick`` take scikit-learn's digits: no download.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets.digit_views import VIEWS
from tsinterp_lib.experiments.cells import Plan, Study
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

SHOWN = ("gradient", "input_x_gradient", "integrated_gradients", "deep_lift", "gradient_shap", "feature_ablation")
METHODS: tuple[Choice, ...] = (
    *(CORRECTED[name] for name in SHOWN),
    # A tenth of the range of normalised pixels, which is 3.2.
    Choice("smoothgrad", {"n_samples": 25, "noise_std": 0.3}, alias="smoothgrad"),
    CORRECTED["occlusion"],
    CORRECTED["random"],
)

RESCALED = ("gradient", "input_x_gradient", "deep_lift")
"""Methods that are rescaled on all explained images; each rescaled map costs hundreds of maps."""


def rescaled(base: str) -> str:
    """The label of a method after temporal saliency rescaling."""
    return f"rescaled_{base}"


TRAINER = Choice(
    "standard",
    {"protocol": "corrected", "learning_rate": 2e-3, "batch_size": 64, "stop_accuracy": 0.97},
    alias="standard",
)
"""Rate and batch of the authors' code; the validation digits select and stop, not the test digits."""


def scores(side: int) -> tuple[Choice, ...]:
    """Masked accuracy with cells of other digits, and the share of mass in each group of cells of the image."""
    fill: dict[str, Scalar] = {"fill": "other_samples"}
    masked = ("masked_accuracy_count", "masked_accuracy_area_count")
    shares = (Choice("saliency_share", {"group": g, "side": side}, alias=f"saliency_share_{g}") for g in GROUPS)
    return (*(Choice(name, fill, alias=name) for name in masked), *shares)


def digits(profile: str, view: str, pool: int = 1) -> tuple[Choice, int]:
    """The data of a view and the side of its images."""
    source, side = ("scikit_learn", 8) if profile in OFFLINE else ("mnist", 28)
    choice = Choice("digit_views", {"source": source, "view": view, "pool": pool}, alias=f"{view}_{side // pool}")
    return choice, side // pool


def series_plan(profile: str) -> Mapping[str, Plan]:
    """Five networks on whole digits."""
    data, side = digits(profile, "multivariate")
    return {"corrected": _plan((data,), NETWORKS_AT.get(profile, NETWORKS), side, {})}


def views_plan(profile: str) -> Mapping[str, Plan]:
    """A TCN on three views of digits of half the side, and a CNN that folds each back into the image."""
    views = [digits(profile, view, pool=2 if profile not in OFFLINE else 1) for view in VIEWS]
    side = views[0][1]
    return {"corrected": _plan(tuple(data for data, _ in views), ("cnn", "tcn"), side, {"cnn": {"side": side}})}


def _plan(
    datasets: tuple[Choice, ...], networks: tuple[str, ...], side: int, more: Mapping[str, dict[str, int]]
) -> Plan:
    return Plan(
        datasets=datasets,
        models=tuple(Choice(n, {**MNIST_SIZES[n], **more.get(n, {}), "output": "logits"}, alias=n) for n in networks),
        trainers=(TRAINER,),
        explainers=METHODS,
        metrics=scores(side),
        samples=SAMPLES,
    )


MNIST_SERIES = Study(
    "mnist_series", "Are maps of an image better than maps of the same image as a series?", series_plan
)
MNIST_VIEWS = Study("mnist_views", "Does the number of features of a series change its maps?", views_plan)

DRAWN: dict[str, tuple[Choice, ...]] = {
    "mnist_series": tuple(c for c in METHODS if c.name not in ("occlusion", "random")),
    "mnist_views": tuple(c for c in METHODS if c.name in RESCALED),
}
"""The explainers whose maps are kept for pages, by study."""
