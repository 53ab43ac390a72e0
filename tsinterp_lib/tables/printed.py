"""Puts ours beside printed numbers: an outcome each, a known cause beside a gap, and what this book does not have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tsinterp_lib.datasets import BOXES, LAYOUTS
from tsinterp_lib.models import MODELS
from tsinterp_lib.statistics.means import summarise
from tsinterp_lib.statistics.outcome import DIRECTION, NOT_REPRODUCED, outcome

COLUMNS = (
    "paper", "table", "quantity", "dataset", "model", "method", "training",
    "published", "ours", "low", "high", "n", "outcome", "reason", "chapter",
)  # fmt: skip


ALL = "all layouts"
"""The data set of a number that is a mean over layouts."""

Cause = Callable[..., str]
"""From quantity, data set, published, ours, ours on standardised inputs (NaN without) to a known cause, or nothing."""


def absent(dataset: str, model: str) -> str:
    """Why there can be no number of ours for a data set and a network: this book has none of it; or nothing."""
    if model not in MODELS:
        return "a network this book does not build"
    if dataset not in (ALL, *LAYOUTS, *(name.rpartition("_")[0] for name in BOXES)):
        return "data this book does not make"
    return ""


def over_seeds(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Mean and interval over seeds by ``keys``: columns of these, mean, low, high and n; empty where rows are."""
    if rows.empty:
        return pd.DataFrame(columns=[*keys, "mean", "low", "high", "n"]).astype(dict.fromkeys(keys, str))
    return summarise(rows.assign(metric="one"), ["metric", "protocol", "profile", *keys])[
        [*keys, "mean", "low", "high", "n"]
    ]


def _reason(word: str, why: str, known: str, lacking: str) -> str:
    if lacking:
        return lacking
    return f"{why}; {known}" if known and word in (DIRECTION, NOT_REPRODUCED) else why


def scored(found: pd.DataFrame, chapter: str, decimals: int, zero: float | None, cause: Cause) -> pd.DataFrame:
    """Printed numbers with ours (mean, low, high, n) as rows with ``COLUMNS``: an outcome and a reason each.

    ``decimals`` are those printed, ``zero`` is the value of no effect or None, ``cause`` names a known cause of a gap.
    """
    found = found.assign(n=found["n"].fillna(0).astype(int))
    found = found if "standardised" in found else found.assign(standardised=np.nan)
    numbers = (found[c].tolist() for c in ("published", "low", "high", "n"))
    judged = [outcome(value, decimals, low, high, n, zero) for value, low, high, n in zip(*numbers, strict=True)]
    causes = [
        cause(*row)
        for row in found[["quantity", "dataset", "published", "mean", "standardised"]].itertuples(index=False)
    ]
    lacking = [absent(*row) for row in found[["dataset", "model"]].itertuples(index=False)]
    source = found["source"].str.split(" ", n=1)
    return found.assign(
        paper=source.str[0],
        table=source.str[1],
        method=found["explainer"],
        ours=found["mean"],
        outcome=[word for word, _ in judged],
        reason=[_reason(*why, *more) for why, *more in zip(judged, causes, lacking, strict=True)],
        chapter=chapter,
    )[list(COLUMNS)]
