"""What the chapter on remove and retrain shows of the switches of its protocol, from rows of *roar_controls*."""

from __future__ import annotations

import pandas as pd
from scipy import stats

from tsinterp_lib.statistics.means import interval
from tsinterp_lib.studies.roar_mnist.page import NAMES, OURS_ALONE, curves, name
from tsinterp_lib.studies.roar_mnist.plan import CONTROLS
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

SWITCHES = {
    "roar": "removed and retrained",
    "roar_true_class": "maps for the true class",
    "roar_imputed": "imputed from neighbours",
    "roar_redrawn": "masks redrawn at each step",
    "roar_reprocessed": "processed twice",
    "roar_not_retrained": "not retrained",
    "roar_mask_alone": "the mask alone as input",
    "kar": "keep in place of remove",
}
"""The switches of the protocol, in words."""


def switches(controls: pd.DataFrame, removed: pd.DataFrame, at: float = 0.9) -> pd.DataFrame | Prose:
    """Return accuracy in percent at one level with one switch of the protocol turned at a time: estimators by
    switch.
    """
    shared = removed[removed["seed"].isin(set(controls["seed"]))]  # columns stand on the same seeds
    found = pd.concat([shared[shared["metric"] == "roar"], controls], ignore_index=True)
    found = found[(found["at"] == at) & found["explainer"].isin(set(controls["explainer"]))]
    if controls.empty:
        return words.not_computed("roar_controls")
    cells = {
        (name(str(e)), SWITCHES[str(m)]): words.interval(*_three(100 * group["value"]), decimals=1)
        for (e, m), group in found.groupby(["explainer", "metric"])
        if m in SWITCHES
    }
    wide = pd.Series(cells).unstack()
    rows_of = [name(e) for e in (*CONTROLS, *NAMES, *OURS_ALONE) if name(e) in wide.index]
    return wide.reindex(index=list(dict.fromkeys(rows_of)), columns=[s for s in SWITCHES.values() if s in wide]).fillna(
        "–"
    )


def _three(values: pd.Series) -> tuple[float, float, float]:
    found = interval(values)
    return float(found["mean"]), float(found["low"]), float(found["high"])


def _seeds(n: int) -> str:
    return f"{n} seed{'s' * (n != 1)}"


def say_kar(controls: pd.DataFrame, removed: pd.DataFrame) -> Prose:
    """Say whether keeping orders the estimators as removing does: Spearman's correlation at each level, seeds
    averaged.
    """
    shared = removed[removed["seed"].isin(set(controls["seed"]))]
    kept, taken = curves(controls, "kar"), curves(shared, "roar")
    parts = []
    for at, part in kept.groupby("at"):
        both = part.merge(taken[taken["at"] == at], on="explainer", suffixes=("_kept", "_removed"))
        if len(both) > 2:
            rho = float(stats.spearmanr(both["mean_kept"], -both["mean_removed"]).statistic)
            parts.append(f"{rho:+.2f} at {100 * float(str(at)):.0f} %")
    if not parts:
        return words.not_computed("roar_controls")
    return Prose(
        f"Keeping and removing order the {len(set(kept['explainer']))} maps with a rank correlation of "
        f"{', '.join(parts)}, over {_seeds(int(kept['n'].max()))}; the same order would be +1, and no relation 0."
    )


def say_leak(controls: pd.DataFrame) -> Prose:
    """Say how well a network that sees nothing but the mask classifies digits, at half of the pixels or near it."""
    found = curves(controls, "roar_mask_alone")
    if found.empty:
        return words.not_computed("roar_controls")
    at = min(found["at"].unique(), key=lambda level: abs(float(level) - 0.5))
    found = found[found["at"] == at].sort_values("mean")
    random, maps = (
        found[found["explainer"] == "random"],
        found[~found["explainer"].isin((*CONTROLS, "random[blurred]"))],
    )
    if maps.empty or random.empty:
        return words.not_computed("roar_controls")
    low, high = (f"{words.interval_of(r, 0)} for {name(str(r['explainer']))}" for r in (maps.iloc[0], maps.iloc[-1]))
    return Prose(
        f"A network that sees nothing but which pixels were removed ({100 * float(at):.0f} % of them) is right on this "
        f"many percent of the digits: from {low} to {high}; for random masks {words.interval_of(random.iloc[0], 0)}."
    )
