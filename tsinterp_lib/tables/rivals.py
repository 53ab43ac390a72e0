"""Judges one method against the best of others, or against a level: an effect, an interval over seeds, a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import CONTROLS, stratified
from tsinterp_lib.statistics.verdict import CONFIRMED, NEGLIGIBLE, UNDECIDED, Verdict, verdict
from tsinterp_lib.tables import select, words

FAIR = ("random", "position_only", "oracle")
"""The controls that a winner and its measure are held against."""

TIED = 1e-6
"""By how much a mean may exceed another and still be the same: rounding."""

GRADIENTS = ("gradient", "integrated_gradients", "gradient_shap", "deep_lift")


def others(rows: pd.DataFrame) -> list[str]:
    """Return methods that are neither Dynamask, nor a variant, nor a control."""
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
    """Return one method minus the best of others (by its mean over seeds), paired by seed; ``beyond`` is what it must
    exceed.

    The best is chosen by the values it is then compared with, which is to the disadvantage of the claim.
    """
    wide = select.pick(rows, metric, protocol).pivot_table(index="seed", columns="explainer", values="value")
    rivals = [e for e in best_of if e in wide.columns]
    if one not in wide.columns or not rivals:
        return _missing(claim)
    rival = str(wide[rivals].mean().idxmax())
    found = _judged(claim, (wide[one] - wide[rival]).dropna(), beyond, f"against {words.printed(rival)}")
    return fair(found, wide[one], {e: wide[e] for e in FAIR if e in wide and e != rival})


def level(claim: str, rows: pd.DataFrame, metric: str, one: str, beyond: float) -> Verdict:
    """Return the score of one method, as released, against a level; the effect is what it lies above it."""
    part = select.pick(rows, metric, "as_released")
    wide = part.pivot_table(index="seed", columns="explainer", values="value")
    if one not in wide:
        return _missing(claim)
    found = _judged(claim, wide[one].dropna(), beyond, f"against {beyond:g}")
    return fair(found, wide[one], {e: wide[e] for e in FAIR if e in wide})


def fair(found: Verdict, winner: pd.Series, controls: Mapping[str, pd.Series]) -> Verdict:
    """Return a verdict as it is, or *undecided* where its measure or its winner is worth nothing.

    ``winner`` and the ``controls`` (of ``FAIR``, those there are) are scores of the same measure, higher is better, by
    seed or by data set and seed. A measure that scores any map above the oracle, the perfect one, decides nothing. And
    to be confirmed, a winner must lie above a random map and above one that knows positions alone, with its whole
    interval; the latter not on a data set where it is as good as the oracle, as on a block that never
    moves.
    """
    best = controls.get("oracle")
    if best is not None and found.verdict != UNDECIDED:
        both = pd.concat([winner, best], axis=1).dropna().mean()
        if both.iloc[0] > both.iloc[1] + TIED:
            why = f"{found.why}; the measure scores the perfect map {both.iloc[1]:.2f}, below {both.iloc[0]:.2f}"
            return replace(found, verdict=UNDECIDED, why=f"{why}: it decides nothing alone")
    if found.verdict != CONFIRMED:
        return found
    for name in ("random", "position_only"):
        control = controls.get(name)
        if control is None:
            continue
        gain = (winner - control).dropna()
        data = np.zeros(len(gain))
        if "dataset" in gain.index.names:
            data = gain.index.get_level_values("dataset").to_numpy()
        if best is not None and name != "random":
            short = (best - control).reindex(gain.index).groupby(data).mean()
            beatable = ~np.isin(data, short.index[short <= TIED])
            gain, data = gain[beatable], data[beatable]
        if gain.empty:
            continue
        effect, low, high = stratified(gain, pd.Series(data))
        if not low > 0:
            above = words.interval(effect, low, high, sign=True)
            return replace(found, verdict=UNDECIDED, why=f"{found.why}; not above {words.printed(name)}: {above}")
    return found


def _judged(claim: str, values: pd.Series, beyond: float, against: str) -> Verdict:
    if values.empty:
        return _missing(claim)
    effect, low, high = stratified(values, pd.Series(0, index=values.index))
    if not np.isfinite(low):
        return Verdict(claim, UNDECIDED, effect, np.nan, np.nan, len(values), f"{against}; one seed, no interval")
    found = verdict(claim, effect - beyond, low - beyond, high - beyond, len(values), negligible=NEGLIGIBLE)
    why = f"{against}; {_over(found.why, beyond)}"
    return Verdict(claim, found.verdict, effect, low, high, found.n, why, zero=beyond)


def _over(why: str, beyond: float) -> str:
    return why.replace("zero", f"{beyond:g}") if beyond else why


def _missing(claim: str) -> Verdict:
    return Verdict(claim, UNDECIDED, np.nan, np.nan, np.nan, 0, "rows are missing")
