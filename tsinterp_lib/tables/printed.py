"""Puts ours beside printed numbers: an outcome each, a known cause beside a gap, and what this book does not have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tsinterp_lib.datasets import BOXES, LAYOUTS
from tsinterp_lib.models import MODELS
from tsinterp_lib.statistics.agreement import expected
from tsinterp_lib.statistics.means import summarise
from tsinterp_lib.statistics.outcome import DIRECTION, NOT_REPRODUCED, outcome

COLUMNS = (
    "paper", "table", "quantity", "dataset", "model", "method", "training",
    "published", "ours", "low", "high", "n", "outcome", "reason", "chapter", "chance", "copy", "reading", "again",
)  # fmt: skip
"""``chance`` and ``copy`` are the probabilities to be *reproduced* by chance and by a perfect copy; ``reading`` is how
ours reads what the paper does not name of its data, or empty; ``again`` marks numbers that stand on the board already,
judged once more under another reading."""


KIND = ("paper", "table", "quantity", "model", "training")
"""What printed numbers of one kind share: they are told apart from each other, and shuffled among each other."""

OURS = ("mean", "low", "high", "n")
"""What ours is beside a printed number."""

ALL = "all layouts"
"""The data set of a number that is a mean over layouts."""

Cause = Callable[..., str]
"""From quantity, data set, published, ours, ours on standardised inputs (NaN without) to a known cause, or nothing."""


def absent(dataset: str, model: str) -> str:
    """Say why there can be no number of ours for a data set and a network: this book has none of it; or nothing."""
    if model not in MODELS:
        return "a network this book does not build"
    if dataset not in (ALL, *LAYOUTS, *(name.rpartition("_")[0] for name in BOXES)):
        return "data this book does not make"
    return ""


def over_seeds(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return mean and interval over seeds by ``keys``: columns of these, mean, low, high and n; empty where rows
    are.
    """
    if rows.empty:
        return pd.DataFrame(columns=[*keys, *OURS]).astype(dict.fromkeys(keys, str))
    return summarise(rows.assign(metric="one"), ["metric", "protocol", "profile", *keys])[[*keys, *OURS]]


def _reason(word: str, why: str, known: str, lacking: str) -> str:
    if lacking:
        return lacking
    return f"{why}; {known}" if known and word in (DIRECTION, NOT_REPRODUCED) else why


def scored(
    found: pd.DataFrame,
    chapter: str,
    decimals: int,
    zero: float | None,
    cause: Cause,
    runs: float = np.inf,
    ceiling: float = np.inf,
) -> pd.DataFrame:
    """Return printed numbers with ours (mean, low, high, n) as rows with ``COLUMNS``: an outcome and a reason each.

    ``decimals`` are those printed, ``zero`` is the value of no effect or None, ``cause`` names a known cause of a gap;
    ``runs`` is how many runs a printed number is the mean of, infinite where that is not printed, ``ceiling`` the end
    of the scale. Numbers are of one kind that share ``KIND``.
    """
    found = found.assign(n=found["n"].fillna(0).astype(int))
    found = found if "standardised" in found else found.assign(standardised=np.nan)
    source = found["source"].str.split(" ", n=1)
    found = found.assign(paper=source.str[0], table=source.str[1])
    found = pd.concat(
        [
            _judged(kind, decimals, zero, runs, ceiling)
            for _, kind in found.groupby(list(KIND), sort=False, dropna=False)
        ]
    ).loc[found.index]
    causes = [
        cause(*row)
        for row in found[["quantity", "dataset", "published", "mean", "standardised"]].itertuples(index=False)
    ]
    lacking = [absent(*row) for row in found[["dataset", "model"]].itertuples(index=False)]
    judged = found[["outcome", "reason"]].itertuples(index=False)
    return found.assign(
        method=found["explainer"],
        ours=found["mean"],
        reason=[_reason(*why, *more) for why, *more in zip(judged, causes, lacking, strict=True)],
        chapter=chapter,
        reading="",
        again=False,
    )[list(COLUMNS)]


def _judged(kind: pd.DataFrame, decimals: int, zero: float | None, runs: float, ceiling: float) -> pd.DataFrame:
    """Return printed numbers of one kind, with outcome, reason, and the probabilities by chance and by a copy."""
    published, low, high, n = (kind[c].to_numpy(dtype=float) for c in ("published", "low", "high", "n"))
    # Accuracies crowd at their ceiling: their spread says nothing of how exactly one is known.
    spread = float(np.std(published, ddof=1)) if zero is not None and len(published) > 2 else np.inf
    judged = [
        outcome(p, decimals, a, b, int(k), zero, spread, runs, ceiling)
        for p, a, b, k in zip(published, low, high, n, strict=True)
    ]
    chance, copy = expected(published, low, high, n, decimals, zero, spread, runs, ceiling)
    words = {"outcome": [word for word, _ in judged], "reason": [why for _, why in judged]}
    return kind.assign(**words, chance=chance, copy=copy)
