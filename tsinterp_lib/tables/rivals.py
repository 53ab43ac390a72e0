"""Judges one method against the best of others, or against a level: an effect, an interval over seeds, a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import CONTROLS, stratified
from tsinterp_lib.statistics.verdict import NEGLIGIBLE, UNDECIDED, Verdict, verdict
from tsinterp_lib.tables import select, words

GRADIENTS = ("gradient", "integrated_gradients", "gradient_shap", "deep_lift")


def others(rows: pd.DataFrame) -> list[str]:
    """Methods that are neither Dynamask, nor a variant, nor a control."""
    named = rows["explainer"].unique()
    return [e for e in named if e and not e.startswith("dynamask") and "[" not in e and e not in CONTROLS]


def gap(
    claim: str,
    rows: pd.DataFrame,
    metric: str,
    protocol: str,
    one: str,
    best_of: Sequence[str],
    beyond: float = 0.0,
) -> Verdict:
    """One method minus the best of others (by its mean over seeds), paired by seed; ``beyond`` is what it must exceed.

    The best is chosen by the values it is then compared with, which is to the disadvantage of the claim.
    """
    wide = select.pick(rows, metric, protocol).pivot_table(index="seed", columns="explainer", values="value")
    rivals = [e for e in best_of if e in wide.columns]
    if one not in wide.columns or not rivals:
        return _missing(claim)
    rival = str(wide[rivals].mean().idxmax())
    return _judged(claim, (wide[one] - wide[rival]).dropna(), beyond, f"against {words.printed(rival)}")


def level(claim: str, rows: pd.DataFrame, metric: str, one: str, beyond: float) -> Verdict:
    """The score of one method, as released, against a level; the effect is what it lies above it."""
    part = select.pick(rows, metric, "as_released")
    values = part[part["explainer"] == one].groupby("seed")["value"].mean()
    return _judged(claim, values, beyond, f"against {beyond:g}") if len(values) else _missing(claim)


def _judged(claim: str, values: pd.Series, beyond: float, against: str) -> Verdict:
    if values.empty:
        return _missing(claim)
    effect, low, high = stratified(values, pd.Series(0, index=values.index))
    if not np.isfinite(low):
        return Verdict(claim, UNDECIDED, effect, np.nan, np.nan, len(values), f"{against}; one seed, no interval")
    found = verdict(claim, effect - beyond, low - beyond, high - beyond, len(values), negligible=NEGLIGIBLE)
    return Verdict(claim, found.verdict, effect, low, high, found.n, f"{against}; {_over(found.why, beyond)}")


def _over(why: str, beyond: float) -> str:
    return why.replace("zero", f"{beyond:g}") if beyond else why


def _missing(claim: str) -> Verdict:
    return Verdict(claim, UNDECIDED, np.nan, np.nan, np.nan, 0, "rows are missing")
