"""Tables of the audit of masks: what each switch of study *rare_audit* does to the scores."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.statistics.means import interval
from tsinterp_lib.studies.rare.audit_plan import AREAS, MASKS, OWN_FEATURES
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

SCORES = {
    "aup_threshold": "AUP (threshold, pooled)",
    "aur_threshold": "AUR (threshold, pooled)",
    **words.metrics("auroc", "average_precision"),
}
MISSING = words.not_computed("rare_audit")


def of_masks(rows: pd.DataFrame) -> pd.DataFrame | Prose:
    """Return Dynamask as released, and what each switch of its fit adds, paired by seed: mean and 95 % interval."""
    wide = _wide(rows, "as_released")
    if wide is None or "dynamask" not in wide.columns.get_level_values("explainer"):
        return MISSING
    table: dict[str, dict[str, str]] = {"as released": {}}
    for metric, printed in SCORES.items():
        if (metric, "dynamask") not in wide.columns:
            continue
        released = wide[(metric, "dynamask")]
        table["as released"][printed] = f"{released.mean():.3f}"
        for name in MASKS:
            if (metric, f"dynamask[{name}]") in wide.columns:
                changed = (wide[(metric, f"dynamask[{name}]")] - released).dropna()
                table.setdefault(name, {})[printed] = _signed(changed)
    return pd.DataFrame(table).T


def of_areas(rows: pd.DataFrame, area: str) -> pd.DataFrame | Prose:
    """Return one area over the threshold, as released and with each choice changed: methods × choices, means over
    seeds.
    """
    wide = _wide(rows, "as_released")
    if wide is None:
        return MISSING
    mean = wide.mean()
    columns = {"as released": area, **{name: f"{area}[{name}]" for name in AREAS}}
    names = [e for e in wide.columns.get_level_values("explainer").unique() if "[" not in str(e)]
    names = [e for e in words.METHODS if e in names]
    return pd.DataFrame({c: {words.printed(e): mean.get((m, e)) for e in names} for c, m in columns.items()}).round(3)


def of_features(rows: pd.DataFrame) -> pd.DataFrame | Prose:
    """Return Dynamask where the series of a run share their important features, as released, and where each has its
    own.
    """
    table: dict[str, dict[str, str]] = {}
    for protocol, name in (("as_released", "shared, as released"), (OWN_FEATURES, "own features")):
        wide = _wide(rows, protocol)
        if wide is None or ("auroc", "dynamask") not in wide.columns:
            continue
        table[name] = {printed: _plain(wide[(metric, "dynamask")]) for metric, printed in SCORES.items()}
    return pd.DataFrame(table).T if table else MISSING


def _wide(rows: pd.DataFrame, protocol: str) -> pd.DataFrame | None:
    part = rows[(rows["protocol"] == protocol) & (rows["explainer"] != "")]
    if part.empty:
        return None
    return part.pivot_table(index="seed", columns=["metric", "explainer"], values="value")


def _signed(values: pd.Series) -> str:
    found = interval(values)
    return words.interval(found["mean"], found["low"], found["high"], sign=True)


def _plain(values: pd.Series) -> str:
    found = interval(values.dropna())
    return words.interval(found["mean"], found["low"], found["high"])
