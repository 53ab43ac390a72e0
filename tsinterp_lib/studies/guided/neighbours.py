"""Puts the neighbours of raw NARMA noise beside print, as *which data* puts the three readings."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.studies.guided import data_page, printed
from tsinterp_lib.studies.guided.neighbours_plan import LAYOUTS, NEIGHBOURS, NETWORKS
from tsinterp_lib.tables import select

NAMES = {
    "noise_025_03": "raw noise N(0.25, 0.3²)",
    "noise_01_02": "raw noise N(0.1, 0.2²)",
    "raw_car": "car, raw",
    "standard_narma": "NARMA, standardised",
    "zero_baseline": "NARMA, raw; zero baseline",
    "mean_baseline": "NARMA, raw; mean baseline",
}
"""The neighbours as a reader sees them."""


def cells(profile: str = "paper", gated: bool = True) -> pd.DataFrame:
    """As :func:`~tsinterp_lib.studies.guided.data_page.cells`, of each neighbour and, on the same layouts, networks
    and seeds, of the readings it stands beside; empty where no neighbour is computed.
    """
    try:
        table = select.rows("guided_neighbours", profile, gated=gated)
    except MissingRows:  # a study that is not computed yet: the page says so
        return data_page.cells({})
    seeds = table["seed"].unique()
    found = {name: rows[rows["seed"].isin(seeds)] for name, rows in data_page.readings(profile, gated).items()}
    found |= {NAMES[name]: table[table["protocol"] == name] for name in NEIGHBOURS}
    beside = data_page.cells(found)
    return beside[beside["dataset"].isin(LAYOUTS) & beside["model"].isin(NETWORKS)]


def distances(found: pd.DataFrame) -> pd.DataFrame:
    """Return distance and bias of Diff(AUP) from print, setting × (network, training): lower is closer.

    Settings of the baseline are of the two methods that have one, and networks below their gate lack cells:
    only cells that raw NARMA noise has too count, and ``NARMA there`` is its distance on those of a setting. Without
    rows of it all cells count.
    """
    if found.empty:
        return found
    on = ["metric", "dataset", "model", "explainer", "training"]
    narma = found[found["reading"] == printed.RAW_NARMA]
    if len(narma):
        found = found.merge(narma[on], on=on)
    table = data_page.levels(found)
    if len(narma):
        there = found[[*on, "reading"]].merge(narma.drop(columns="reading"), on=on)
        beside = data_page.levels(there).rename(columns={"distance": "NARMA there"})
        keys = ["network", "quantity", "training", "reading"]
        table = table.merge(beside[[*keys, "NARMA there"]], on=keys, how="left")
    part = table[table["quantity"] == data_page.QUANTITIES["diff_aup"]]
    order = list(dict.fromkeys(part["reading"]))
    values = [c for c in ("distance", "NARMA there", "bias", "cells") if c in part]
    grid = part.pivot_table(index="reading", columns=["network", "training"], values=values)
    return grid.reindex(order)
