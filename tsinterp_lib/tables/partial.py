"""Reads what there is of a study, for pages that are also made while it is being computed."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.engine import store
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.registry import find
from tsinterp_lib.tables import select

LARGEST = "largest"


def rows(study: str, profile: str = LARGEST, compute: bool = False, gated: bool = True) -> pd.DataFrame:
    """Return the rows of :func:`~tsinterp_lib.tables.select.rows`, or an empty table where there are none.

    ``profile="largest"`` (default) is the largest one that has rows, or ``paper``.
    """
    find("study", study)
    try:
        return select.rows(study, largest(study) if profile == LARGEST else profile, compute, gated)
    except MissingRows:
        return pd.DataFrame(columns=list(store.COLUMNS))


def largest(study: str) -> str:
    """Return the largest profile of which a study has rows, or ``paper`` where it has none."""
    if not store.file_of(study).exists():
        return "paper"
    present = set(store.read(study)["profile"])
    return [name for name in PROFILES if name in present][-1]


def coverage(table: pd.DataFrame, study: str) -> pd.DataFrame:
    """Say what is computed of what is planned: seeds and maps by data set and protocol, at the profile of the rows."""
    profile = str(table["profile"].iloc[0]) if len(table) else "paper"
    plan = pd.DataFrame(
        [
            {"data": c.dataset.label, "protocol": c.protocol, "seed": c.seed, "map": c.explainer is not None}
            | {"done": c.key() in set(table["cell"])}
            for c in find("study", study).cells(PROFILES[profile])
        ]
    )
    groups = plan[plan["map"]].groupby(["data", "protocol"], sort=False)
    found = pd.DataFrame(
        {
            "profile": profile,
            "seeds": plan[plan["done"]].groupby(["data", "protocol"])["seed"].nunique(),
            "of seeds": groups["seed"].nunique(),
            "maps": groups["done"].sum(),
            "of maps": groups["done"].size(),
        }
    )
    return found.fillna({"seeds": 0, "profile": profile}).astype({"seeds": int}).reindex(groups.size().index)
