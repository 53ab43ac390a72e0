"""Summarises the rows of any study: means with intervals, accuracies, coverage, cost, ranks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.statistics.means import CONTROLS, difference_from, mean_ranks, summarise
from tsinterp_lib.tables import select


def by_explainer(table: pd.DataFrame, metric: str, protocol: str, minus: str | None = None) -> pd.DataFrame:
    """Return mean and 95 % interval over seeds per network and explainer, layouts averaged; ``minus`` subtracts a
    control.
    """
    part = select.pick(table, metric, protocol)
    part = difference_from(part, minus) if minus else part
    return summarise(part, ["protocol", "profile", "metric", "model", "explainer"])


def curve(table: pd.DataFrame, metric: str, protocol: str) -> pd.DataFrame:
    """Return the same for a curve: a row per network, explainer and level ``at``."""
    return summarise(
        select.pick(table, metric, protocol), ["protocol", "profile", "metric", "model", "explainer", "at"]
    )


def accuracy(table: pd.DataFrame, protocol: str, metric: str = "test_accuracy") -> pd.DataFrame:
    """Return mean of a model-level metric over seeds: layouts × networks."""
    part = select.pick(table, metric, protocol)
    part = part.assign(dataset=select.layout(part["dataset"]))
    grid = part.pivot_table(index="dataset", columns="model", values="value")
    return grid.reindex(index=[name for name in LAYOUTS if name in grid.index], columns=select.in_order(grid.columns))


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """Say how many models stand behind the tables: fitted, and past the gate, by protocol and network."""
    gate = table[table["metric"] == "passed_gate"]
    counts = gate.groupby(["protocol", "model"], sort=False).agg(
        seeds=("seed", "nunique"), layouts=("dataset", "nunique"), models=("value", "size"), passed=("value", "sum")
    )
    return counts.astype(int).reset_index()


def ranks(table: pd.DataFrame, metrics: Mapping[str, bool], protocol: str) -> pd.DataFrame:
    """Return mean rank of each explainer (1 is best) by metric; ``metrics`` says whether higher is better."""
    found = {m: mean_ranks(select.pick(table, m, protocol), higher) for m, higher in metrics.items()}
    return pd.DataFrame(found).sort_values(next(iter(metrics)))


def cost(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Return median seconds and series through the model to explain the test set: explainers × networks."""
    part = table[(table["protocol"] == protocol) & ~table["explainer"].isin(["", *CONTROLS])].drop_duplicates("cell")
    return part.pivot_table(index="explainer", columns="model", values=["seconds", "forward_calls"], aggfunc="median")


def beats(table: pd.DataFrame, metric: str, protocol: str, control: str = "random") -> pd.DataFrame:
    """Say in how many layouts the whole interval of an explainer's difference from a control lies above zero.

    Layouts with a single seed have no interval and are left out.
    """
    part = difference_from(select.pick(table, metric, protocol), control)
    cells = summarise(part, ["protocol", "profile", "metric", "dataset", "model", "explainer"])
    cells = cells.dropna(subset=["low"])
    above = cells.assign(above=cells["low"] > 0, below=cells["high"] < 0)
    counts = above.groupby(["model", "explainer"], sort=False).agg(
        layouts=("above", "size"), above=("above", "sum"), below=("below", "sum")
    )
    return counts.reset_index()


METHOD_RANKS = {
    "auroc": True,
    "average_precision": True,
    "aup_count": True,
    "aur_count": True,
    "aup_mass": True,
    "aur_mass": True,
    "aup_threshold": True,
    "aur_threshold": True,
    "masked_accuracy_area_count": False,
}
"""Metrics by which chapters rank methods, and whether higher is better."""
