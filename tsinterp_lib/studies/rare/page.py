"""Tables and figures of the rare experiments."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.figures import results
from tsinterp_lib.statistics.means import CONTROLS, summarise
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

NAMES = words.metrics("aup_threshold_pooled", "aur_threshold_pooled", "auroc", "average_precision")
METHODS = (*words.METHODS, *words.VARIANTS)
BY = ["protocol", "profile", "metric", "dataset", "explainer"]


def say(rows: pd.DataFrame, protocol: str = "as_released") -> Prose:
    """Return recall area and AUROC of Dynamask and of the best other method, on rare features."""
    part = rows[(rows["dataset"] == "rare_feature") & ~rows["explainer"].isin(("", *CONTROLS))]
    mean = {m: select.pick(part, m, protocol).groupby("explainer")["value"].mean() for m in NAMES}
    recall, order = mean["aur_threshold_pooled"], mean["auroc"]
    other = str(order.drop("dynamask").idxmax())
    return Prose(
        f"As released, on rare features, Dynamask has a recall area of {recall['dynamask']:.2f} and an AUROC of "
        f"{order['dynamask']:.2f}; {words.method(other)} has {recall[other]:.2f} and {order[other]:.2f}."
    )


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """Say how many runs are there, by data set and protocol."""
    return pd.DataFrame(rows.groupby(["dataset", "protocol"])["seed"].nunique().unstack("protocol"))


def grid(rows: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return methods × (protocol, data set, metric): means over runs."""
    part = rows[rows["metric"].isin(metrics) & (rows["explainer"] != "")]
    columns = ["protocol", "dataset", "metric"]
    table = part.pivot_table(index="explainer", columns=columns, values="value")
    return table.reindex([e for e in METHODS if e in table.index]).rename(index=words.printed)


def cost(rows: pd.DataFrame) -> pd.DataFrame:
    """Return median seconds by method, protocol and data set."""
    part = rows[~rows["explainer"].isin(("", *CONTROLS))].drop_duplicates("cell")
    return part.pivot_table(index="explainer", columns=["protocol", "dataset"], values="seconds", aggfunc="median")


def beside(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return ours as released, with intervals, beside a third party's means and deviations."""
    part = rows[(rows["protocol"] == "as_released") & rows["metric"].isin(others["metric"].unique())]
    ours = summarise(part[part["explainer"] != ""], BY).rename(columns={"mean": "ours"})
    both = ours.merge(others.rename(columns={"mean": "theirs", "std": "their deviation"}), on=BY[2:], how="inner")
    both = both.astype({"n": int})
    return both[["dataset", "explainer", "metric", "ours", "low", "high", "n", "theirs", "their deviation"]]


def dots(rows: pd.DataFrame, protocol: str, metrics: Sequence[str]) -> Figure:
    """Mean and interval over runs of every method, a panel per metric; rows of one data set."""
    found = summarise(rows[rows["metric"].isin(metrics) & (rows["protocol"] == protocol)], BY)
    found = found[found["explainer"] != ""]
    panels = {NAMES.get(m, m.replace("_", " ")): found[found["metric"] == m] for m in metrics}
    return results.side_by_side(panels, f"{rows['dataset'].iloc[0].replace('_', ' ')}, {words.PROTOCOLS[protocol]}")
