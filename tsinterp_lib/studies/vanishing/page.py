"""Tables, figures and sentences of the study *vanishing*; each says what is missing where rows are missing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.engine import store
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.figures import vanishing as drawn
from tsinterp_lib.registry import build
from tsinterp_lib.statistics.means import summarise
from tsinterp_lib.studies.vanishing.plan import BOXES, SIDES, box
from tsinterp_lib.tables import papers, select, words
from tsinterp_lib.tables.words import Prose
from tsinterp_lib.types import Dataset, Sizes

WHO: dict[tuple[str, str], str] = {
    ("lstm", "standard"): "LSTM",
    ("lstm", "guided"): "LSTM, guided (signed)",
    ("lstm", "guided_absolute"): "LSTM, guided (absolute)",
    ("lstm_input_cell", "standard"): "input-cell LSTM",
}
"""Network and training as a reader sees them."""

QUANTITIES = ("weighted_jaccard", "euclidean_distance", "test_accuracy")
"""What Table 1 of 2019 prints."""

NOTHING = words.not_computed("vanishing")


def rows(profile: str = "paper", compute: bool = False) -> pd.DataFrame:
    """Return rows of the study with columns ``box``, ``side``, ``who`` and ``passed`` (the gate); empty where there are
    none.

    Networks that failed the gate stay in: the table of 2019 prints them too. Every figure marks them.
    """
    try:
        table = select.rows("vanishing", profile, compute, gated=False)
    except MissingRows:
        table = pd.DataFrame(columns=list(store.COLUMNS))
    on = ["dataset", "model", "trainer", "seed"]
    gate = table[table["metric"] == "passed_gate"][[*on, "value"]].rename(columns={"value": "passed"})
    table = table.merge(gate.assign(passed=gate["passed"] == 1), on=on, how="inner")
    places = table["dataset"].str.split("/", expand=True).reindex(columns=[0, 1])
    who = [WHO[pair] for pair in zip(table["model"], table["trainer"], strict=True)]
    return table.assign(box=places[0], side=places[1].astype("Int64"), who=who)


def data(side: int, seed: int = 0) -> dict[str, Dataset]:
    """Return a few series of each box, as the networks get them, to look at."""
    sizes = Sizes(train=200, validation=1, test=1)
    return {name: build("dataset", box(name, side)).load(sizes, seed) for name in BOXES}


def say(table: pd.DataFrame, explainer: str = "gradient") -> Prose:
    """Say how much of each network's map of an early box lies in the last tenth of the series, and how it ranks the
    box.
    """
    side = _largest(table)
    part = table[(table["box"] == BOXES[0]) & (table["side"] == side) & (table["explainer"] == explainer)]
    if part.empty:
        return NOTHING
    late = _means(part[(part["metric"] == "saliency_profile") & (part["at"] == 1.0)])
    order = _means(part[part["metric"] == "auroc"])
    gate = select.pick(table, "passed_gate", "as_released")
    shares = ", ".join(f"{who} {value:.1%}" for who, value in late.items())
    ranks = ", ".join(f"{who} {value:.2f}" for who, value in order.items())
    return Prose(
        f"With an early box in {side} steps, the last tenth of the steps, where nothing is planted, has this "
        f"share of the {words.method(explainer).lower()} map: {shares}. Ranking the box's cells (AUROC, chance "
        f"0.5): {ranks}. {int(gate['value'].sum())} of {len(gate)} networks pass the accuracy gate."
    )


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """Return networks past the gate, of networks trained, and their mean test accuracy: data sets × network and
    training.
    """
    found = []
    for side, name in product(SIDES, BOXES):
        here = table[(table["box"] == name) & (table["side"] == side)]
        row = {"data": f"{words.layout(name)}, T = {side}"}
        for who in WHO.values():
            part = here[here["who"] == who]
            gate, accuracy = (part[part["metric"] == m]["value"] for m in ("passed_gate", "test_accuracy"))
            known = f"{int(gate.sum())} of {len(gate)} ({accuracy.mean():.2f})"
            row[who] = known if len(gate) else "not computed"
        found.append(row)
    return pd.DataFrame(found).set_index("data")


def profiles(table: pd.DataFrame, side: int, explainer: str = "gradient") -> Figure | Prose:
    """Return the share of a map's mass by tenth of the series, a panel per box."""
    part = table[(table["metric"] == "saliency_profile") & (table["side"] == side) & (table["explainer"] == explainer)]
    return NOTHING if part.empty else drawn.profiles(part, BOXES, tuple(WHO.values()))


def by_box(table: pd.DataFrame, metrics: Mapping[str, str], side: int, explainer: str = "gradient") -> Figure | Prose:
    """Return scores by where the box lies, a panel per metric (name: printed), every seed a dot; random maps as a
    line.
    """
    part = table[table["metric"].isin(list(metrics)) & (table["side"] == side)]
    if part[part["explainer"] == explainer].empty:
        return NOTHING
    return drawn.by_box(part, explainer, metrics, BOXES, tuple(WHO.values()))


def beside(table: pd.DataFrame, side: int = 100) -> pd.DataFrame:
    """Return Table 1 of :cite:t:`ismail2019` for the boxes and networks that are run here: printed, ours, a random map.

    The interval is over seeds, networks that failed the gate included, as in the printed table.
    """
    theirs = papers.table("ismail2019_table1")
    theirs = theirs[theirs["dataset"].isin(BOXES) & theirs["model"].isin({model for model, _ in WHO})]
    traditional = table[(table["trainer"] == "standard") & (table["side"] == side)]
    found = []
    for name, network, metric, value in theirs[["dataset", "model", "metric", "value"]].astype(str).to_numpy().tolist():
        here = traditional[(traditional["box"] == name) & (traditional["metric"] == metric)]
        own = "" if metric == "test_accuracy" else "gradient"
        ours = here[(here["model"] == network) & (here["explainer"] == own)]
        chance = here[here["explainer"] == "random"]["value"]
        found.append(
            {
                "data": words.layout(name),
                "network": words.network(network),
                "quantity": metric.replace("_", " "),
                "published": f"{float(value):.3f}",
                "ours [95 %]": _interval(ours),
                "random map": f"{chance.mean():.3f}" if len(chance) else "–",
            }
        )
    return pd.DataFrame(found).set_index(["data", "network", "quantity"])


def _interval(part: pd.DataFrame) -> str:
    if part.empty:
        return "not computed"
    row = summarise(part, ["metric", "protocol", "profile"]).iloc[0]
    return words.interval(row["mean"], row["low"], row["high"])


def _means(part: pd.DataFrame) -> dict[str, float]:
    mean = part.groupby("who")["value"].mean()
    return {who: float(mean[who]) for who in WHO.values() if who in mean.index}


def _largest(table: pd.DataFrame) -> int:
    """Return the largest series that every network and training has rows of; the largest at all where none is
    complete.
    """
    early = table[table["box"] == BOXES[0]]
    there = {side: early[early["side"] == side]["who"].nunique() for side in SIDES}
    complete = [side for side in SIDES if there[side] == len(WHO)]
    return max(complete or [side for side in SIDES if there[side]] or SIDES)
