"""Metrics: how good an explanation is. The index of all of them; :data:`CARDS` says what each means."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tsinterp_lib.metrics.areas import AUP, AUPR, AUR
from tsinterp_lib.metrics.auroc import AUROC
from tsinterp_lib.metrics.average_precision import AveragePrecision
from tsinterp_lib.metrics.masked_accuracy import MaskedAccuracy, MaskedAccuracyArea
from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.types import Curve, Metric

METRICS: dict[str, Callable[..., Metric | Curve]] = {
    "precision_mass": partial(Precision, cut="mass"),
    "recall_mass": partial(Recall, cut="mass"),
    "precision_count": partial(Precision, cut="count"),
    "recall_count": partial(Recall, cut="count"),
    "aup_mass": partial(AUP, cut="mass"),
    "aur_mass": partial(AUR, cut="mass"),
    "aupr_mass": partial(AUPR, cut="mass"),
    "aup_count": partial(AUP, cut="count"),
    "aur_count": partial(AUR, cut="count"),
    "aupr_count": partial(AUPR, cut="count"),
    "auroc": AUROC,
    "average_precision": AveragePrecision,
    "masked_accuracy_mass": partial(MaskedAccuracy, cut="mass"),
    "masked_accuracy_count": partial(MaskedAccuracy, cut="count"),
    "masked_accuracy_area_mass": partial(MaskedAccuracyArea, cut="mass"),
    "masked_accuracy_area_count": partial(MaskedAccuracyArea, cut="count"),
}
"""Every metric by name: a :class:`~tsinterp_lib.types.Metric` (one score per sample) or a
:class:`~tsinterp_lib.types.Curve` (a score per sample and level)."""
