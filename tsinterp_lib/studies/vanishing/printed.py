"""Table 1 of Ismail et al., NeurIPS 2019: every printed number beside ours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.outcome import NOT_TESTABLE
from tsinterp_lib.studies.vanishing.plan import MOST_EPOCHS
from tsinterp_lib.tables import papers, printed, select

LEARNED = 0.9
"""The accuracy from which a network is said to have learned a box."""


def cause(quantity: str, dataset: str, published: float, ours: float, standardised: float = np.nan) -> str:
    """That our networks do not learn what the printed ones did, where that is so, or nothing."""
    if quantity == "test_accuracy" and ours < LEARNED <= published:
        return f"our networks do not learn it in {MOST_EPOCHS} epochs"
    return ""


def boxes(profile: str) -> pd.DataFrame:
    """Return Table 1 of :cite:t:`ismail2019`: distances of gradient maps from the truth, and accuracies, at 100 steps.

    The printed table keeps networks that did not learn, so ours keeps those that failed the gate. No effect is a
    distance of 1, that of an empty map; the Jaccard index, which starts at 0, and accuracies have no such point.
    """
    theirs = papers.table("ismail2019_table1").rename(columns={"metric": "quantity", "value": "published"})
    keys = ["quantity", "dataset", "model"]
    over = pd.DataFrame(columns=[*keys, "mean", "low", "high", "n"])
    try:
        rows = select.rows("vanishing", profile, gated=False)
    except MissingRows:  # as in `ours`
        rows = pd.DataFrame(columns=["trainer", "explainer", "dataset"], dtype=str)
    rows = rows[(rows["trainer"] == "standard") & rows["explainer"].isin(("", "gradient"))]
    rows = rows[rows["dataset"].str.endswith("/100")]
    if len(rows):
        over = printed.over_seeds(rows.assign(quantity=rows["metric"], dataset=select.layout(rows["dataset"])), keys)
    found = theirs.merge(over, on=keys, how="left").assign(training="traditional")
    found = found.assign(explainer=np.where(found["quantity"] == "test_accuracy", "", "gradient"))
    distances = found["quantity"] == "euclidean_distance"
    parts = ((found[distances], 1.0), (found[~distances], None))
    board = pd.concat(
        [printed.scored(part, "vanishing_saliency", 3, zero, cause, ceiling=1.0) for part, zero in parts],
        ignore_index=True,
    )
    board = _only_of_networks_that_learned(board)
    return board.replace({"quantity": {"test_accuracy": "test accuracy"}})


def _only_of_networks_that_learned(board: pd.DataFrame) -> pd.DataFrame:
    """Return maps of ours that did not learn what the printed network did are maps of another network: not testable."""
    accuracy = board[board["quantity"] == "test_accuracy"].set_index(["dataset", "model"])
    failed = accuracy.index[(accuracy["ours"] < LEARNED) & (accuracy["published"] >= LEARNED)]
    maps = board["quantity"] != "test_accuracy"
    other = maps & pd.MultiIndex.from_frame(board[["dataset", "model"]]).isin(failed)
    why = "our network did not learn this box: its map is that of another network"
    texts = {"outcome": board["outcome"].mask(other, NOT_TESTABLE), "reason": board["reason"].mask(other, why)}
    return board.assign(**texts, chance=board["chance"].mask(other, 0.0), copy=board["copy"].mask(other, 0.0))
