"""TODO say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import summarise
from tsinterp_lib.statistics.outcome import DIRECTION, NOT_REPRODUCED, outcome
from tsinterp_lib.tables.reasons import absent, cause

COLUMNS = (
    "paper", "table", "quantity", "dataset", "model", "method", "training",
    "published", "ours", "low", "high", "n", "verdict", "reason", "chapter",
)  # fmt: skip


def over_seeds(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return summarise(rows.assign(metric="one"), ["metric", "protocol", "profile", *keys])[
        [*keys, "mean", "low", "high", "n"]
    ]


def _reason(word: str, why: str, known: str, lacking: str) -> str:
    if lacking:
        return lacking
    return f"{why}; {known}" if known and word in (DIRECTION, NOT_REPRODUCED) else why


def scored(found: pd.DataFrame, chapter: str, decimals: int, zero: float | None) -> pd.DataFrame:
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
        verdict=[word for word, _ in judged],
        reason=[_reason(*why, *more) for why, *more in zip(judged, causes, lacking, strict=True)],
        chapter=chapter,
    )[list(COLUMNS)]
