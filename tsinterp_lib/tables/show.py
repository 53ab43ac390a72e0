"""Readies a table for a page, and names the metrics and methods that pages show."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tsinterp_lib.registry import Choice
from tsinterp_lib.tables import words

RANKING_METRICS = (
    "aup_mass", "aur_mass", "aup_count", "aur_count", "aup_threshold", "aur_threshold", "auroc", "average_precision",
)  # fmt: skip
"""Metrics that compare a map with the planted truth, cell by cell."""


DOMAIN_METRICS = (
    "aup_count_time", "aup_count_feature", "aur_count_time", "aur_count_feature",
    "aup_count_time_as_released", "aup_count_feature_as_released",
)  # fmt: skip
"""The same for time steps alone and for features alone."""


SHOWN = ("gradient", "integrated_gradients", "smoothgrad", "feature_ablation", "occlusion", "random", "oracle")
"""Explainers drawn as curves: one or two of each family, and the controls that bound them."""


MASKED_AREA = Choice("masked_accuracy_area_count", {"fill": "other_samples"}, alias="masked_accuracy_area_count")
"""Masked accuracy where the generating process is unknown: masked cells come from other samples."""


def under(frame: pd.DataFrame, head: Sequence[str]) -> pd.DataFrame:
    """Return the table without row numbers: columns ``head`` lead, names are in words, truth values yes or no."""
    shown = frame.rename(columns=lambda name: str(name).replace("_", " "))
    first = [name.replace("_", " ") for name in head]
    for name in first:
        shown[name] = [words.printed(value) for value in shown[name]]
    for name in shown.select_dtypes(bool).columns:
        shown[name] = ["yes" if value else "no" for value in shown[name]]
    return shown.set_index(first)
