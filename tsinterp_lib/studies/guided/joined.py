"""Joins the rows of guided training with those of the same models trained traditionally."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.studies.guided.plan import EXPLAINERS, FIXED, PROTOCOL, share
from tsinterp_lib.tables import select


def joined(profile: str = "paper", gated: bool = True) -> pd.DataFrame:
    """Return rows of this study and, as trainer ``standard``, those of the same models of *benchmark*.

    Only pairs of network and layout that have guided rows are taken, and only what this study measures. Where the
    published k is the fixed one, its rows stand under both labels, for the networks and seeds of which the fixed one is
    computed elsewhere. Raises as :func:`~tsinterp_lib.tables.select.rows` does.
    """
    ours, theirs = (select.rows(study, profile, gated=gated) for study in ("guided", "benchmark"))
    fixed = ours[ours["trainer"] == "guided_fixed"][["model", "seed"]].drop_duplicates()
    same = ours[(ours["trainer"] == "guided") & ~differs(ours)].merge(fixed).assign(trainer="guided_fixed")
    theirs = theirs[
        (theirs["protocol"] == PROTOCOL)
        & theirs["explainer"].isin(("", *EXPLAINERS))
        & theirs["metric"].isin(set(ours["metric"]))
    ].merge(ours[["model", "dataset", "seed"]].drop_duplicates())
    return pd.concat([theirs, ours, same], ignore_index=True)


def differs(rows: pd.DataFrame) -> pd.Series:
    """Say whether the published k of each row's network and layout is another than the fixed one."""
    pairs = zip(rows["model"], rows["dataset"], strict=True)
    return pd.Series([share(m, d.split("/")[0]) != FIXED / 100 for m, d in pairs], index=rows.index, dtype=bool)
