"""List the metrics, which say how good an explanation is; :data:`CARDS` says what each means."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tsinterp_lib.metrics.areas import AUP, AUPR, AUR
from tsinterp_lib.metrics.auroc import AUROC
from tsinterp_lib.metrics.average_precision import AveragePrecision
from tsinterp_lib.metrics.card_index import CARDS
from tsinterp_lib.metrics.cards import Card
from tsinterp_lib.metrics.complexity import Entropy, Information
from tsinterp_lib.metrics.map_distance import EuclideanDistance, WeightedJaccard
from tsinterp_lib.metrics.masked_accuracy import MaskedAccuracy, MaskedAccuracyArea
from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.metrics.roar import RemoveAndRetrain
from tsinterp_lib.metrics.saliency_distribution import SaliencyDistribution
from tsinterp_lib.metrics.saliency_profile import SaliencyProfile
from tsinterp_lib.metrics.saliency_share import SaliencyShare
from tsinterp_lib.metrics.threshold import AUPThreshold, AURThreshold
from tsinterp_lib.types import Metric

METRICS: dict[str, Callable[..., Metric]] = {
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
    "aup_threshold": AUPThreshold,
    "aur_threshold": AURThreshold,
    "auroc": AUROC,
    "average_precision": AveragePrecision,
    "masked_accuracy_mass": partial(MaskedAccuracy, cut="mass"),
    "masked_accuracy_count": partial(MaskedAccuracy, cut="count"),
    "masked_accuracy_area_mass": partial(MaskedAccuracyArea, cut="mass"),
    "masked_accuracy_area_count": partial(MaskedAccuracyArea, cut="count"),
    "aup_mass_time": partial(AUP, cut="mass", unit="time"),
    "aur_mass_time": partial(AUR, cut="mass", unit="time"),
    "aup_count_time": partial(AUP, cut="count", unit="time"),
    "aur_count_time": partial(AUR, cut="count", unit="time"),
    "aup_mass_feature": partial(AUP, cut="mass", unit="feature"),
    "aur_mass_feature": partial(AUR, cut="mass", unit="feature"),
    "aup_count_feature": partial(AUP, cut="count", unit="feature"),
    "aur_count_feature": partial(AUR, cut="count", unit="feature"),
    "aup_mass_time_as_released": partial(AUP, cut="mass", unit="time", weights="released"),
    "aur_mass_time_as_released": partial(AUR, cut="mass", unit="time", weights="released"),
    "aup_count_time_as_released": partial(AUP, cut="count", unit="time", weights="released"),
    "aur_count_time_as_released": partial(AUR, cut="count", unit="time", weights="released"),
    "aup_mass_feature_as_released": partial(AUP, cut="mass", unit="feature", weights="released"),
    "aur_mass_feature_as_released": partial(AUR, cut="mass", unit="feature", weights="released"),
    "aup_count_feature_as_released": partial(AUP, cut="count", unit="feature", weights="released"),
    "aur_count_feature_as_released": partial(AUR, cut="count", unit="feature", weights="released"),
    "information": Information,
    "entropy": Entropy,
    "saliency_distribution": SaliencyDistribution,
    "saliency_share": SaliencyShare,
    "saliency_profile": SaliencyProfile,
    "weighted_jaccard": WeightedJaccard,
    "euclidean_distance": EuclideanDistance,
    "roar": RemoveAndRetrain,
    "kar": partial(RemoveAndRetrain, keep=True),
}
"""Every :class:`~tsinterp_lib.types.Metric` by name, with the settings that the name stands for."""


__all__ = ["CARDS", "METRICS", "Card"]
