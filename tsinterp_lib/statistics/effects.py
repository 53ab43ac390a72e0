"""Measures what one change does: a paired difference with an interval, and the verdict on a claim about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.statistics.means import stratified
from tsinterp_lib.statistics.verdict import NEGLIGIBLE, UNDECIDED, Verdict, verdict


def judged(claim: str, found: Effect) -> Verdict:
    if not np.isfinite(found.low):
        why = "one seed: there is a value and no interval"
        return Verdict(claim, UNDECIDED, found.effect, np.nan, np.nan, found.blocks, why, BLOCKS)
    return verdict(claim, found.effect, found.low, found.high, found.blocks, negligible=NEGLIGIBLE, of=BLOCKS)


BLOCKS = "layouts × seeds"
"""What an effect counts."""

PAIRED_ON = ("dataset", "model", "seed", "explainer")


@dataclass(frozen=True)
class Effect:
    """Holds the mean of ``with the change − as released`` of a quantity, with its interval.

    It stands on ``blocks`` (layout, seed) repetitions, each the mean of several pairs of cells.
    """

    choice: str
    changed_to: str
    quantity: str
    effect: float
    low: float
    high: float
    blocks: int


def effect(
    choice: str,
    changed_to: str,
    quantity: str,
    changed: pd.DataFrame,
    released: pd.DataFrame,
    on: Sequence[str] = PAIRED_ON,
) -> Effect:
    """Pair rows on data set, network, seed and method, average methods and networks, keep layouts as strata.

    ``on`` names other axes to pair on (two networks are paired without ``model``). Raises :class:`InvalidInput` where
    the two have no cell in common.
    """
    on = list(on)
    both = changed[[*on, "value"]].merge(released[[*on, "value"]], on=on, suffixes=("", "_released"))
    both = both.dropna(subset=["value", "value_released"])
    if both.empty:
        raise InvalidInput(f"{choice}: the changed and the released rows share no cell; compute both.")
    difference = (both["value"] - both["value_released"]).groupby([both["dataset"], both["seed"]]).mean()
    where = difference.index.get_level_values("dataset").to_series()
    return Effect(choice, changed_to, quantity, *stratified(difference, where), len(difference))


def table(effects: Iterable[Effect]) -> pd.DataFrame:
    """Effects as a table; ``moves`` says whether the interval leaves zero out, and is empty without an interval."""
    frame = pd.DataFrame([asdict(e) for e in effects])
    clear = (frame["low"] > 0) | (frame["high"] < 0)
    frame["moves"] = np.where(frame["low"].isna(), "", np.where(clear, "yes", "no"))
    return frame
