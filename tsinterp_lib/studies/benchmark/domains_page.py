"""Time steps against features: how well each is found, and what the exchanged weights of the released code change."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.figures.spread import TIME_ONLY
from tsinterp_lib.models import MODELS
from tsinterp_lib.statistics.means import CONTROLS, difference_from, summarise
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose


def domains(table: pd.DataFrame, protocol: str, area: str = "aup", weights: str = "") -> pd.DataFrame:
    """Return mean and interval, per network and explainer, of an area at the level of cells, time steps and
    features.
    """
    names = {
        "cells": f"{area}_count",
        "time": f"{area}_count_time{weights}",
        "features": f"{area}_count_feature{weights}",
    }
    parts = [
        select.pick(table, metric, protocol).assign(metric=f"{area}_count", domain=domain)
        for domain, metric in names.items()
    ]
    rows = difference_from_random(pd.concat(parts, ignore_index=True))
    return summarise(rows, ["protocol", "profile", "metric", "domain", "model", "explainer"])


def released_weights(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Return layouts × (network, domain): AUP with the released weights of a step or feature, minus with the meant
    ones.
    """
    parts = []
    for domain in ("time", "feature"):
        meant, released = (select.pick(table, f"aup_count_{domain}{s}", protocol) for s in ("", "_as_released"))
        on = ["dataset", "model", "explainer", "seed"]
        both = meant.merge(released, on=on, suffixes=("", "_released"))
        both = both[~both["explainer"].isin(CONTROLS)]
        parts.append(both.assign(value=both["value_released"] - both["value"], domain=domain))
    rows = pd.concat(parts)
    rows["column"] = rows["model"].map(words.network) + ", " + rows["domain"]
    rows["layout"] = select.layout(rows["dataset"])
    grid = rows.pivot_table(index="layout", columns="column", values="value")
    order = [f"{words.network(m)}, {d}" for m in MODELS for d in ("time", "feature")]
    return grid.reindex(index=[name for name in LAYOUTS if name in grid.index], columns=[c for c in order if c in grid])


def difference_from_random(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of several domains minus the random control of the same model and domain."""
    parts = [difference_from(part) for _, part in rows.groupby("domain", sort=False)]
    return pd.concat(parts, ignore_index=True)


def say_domains(rows: pd.DataFrame, protocol: str) -> Prose:
    """Say for how many methods that could see features the time steps are found better."""
    found = domains(rows, protocol)
    found = found[~found["explainer"].isin((*CONTROLS, *TIME_ONLY))]
    lines = []
    for network, part in found.groupby("model", sort=False):
        wide = part.pivot_table(index="explainer", columns="domain", values="mean")
        better = int((wide["time"] > wide["features"]).sum())
        lines.append(
            f"{words.network(str(network))}: time is found better than features by {better} of {len(wide)} methods "
            f"that could see both (mean gain over chance {wide['time'].mean():+.2f} against "
            f"{wide['features'].mean():+.2f})."
        )
    return Prose(" ".join(lines))
