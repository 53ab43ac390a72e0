"""Every published number beside ours, with one verdict each: what of the literature reproduces here."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from IPython.display import Markdown

from tsinterp_lib.statistics.outcome import DIRECTION, NOT_REPRODUCED, NOT_TESTABLE, OUTCOMES, REPRODUCED
from tsinterp_lib.studies.guided.printed import accuracies, means, per_layout
from tsinterp_lib.studies.vanishing.printed import boxes
from tsinterp_lib.tables import printed

SOURCES: dict[str, Callable[[str], pd.DataFrame]] = {
    "ismail2021 Table 2": means,
    "ismail2021 Table 7": accuracies,
    "ismail2021 Tables 8 to 11": per_layout,
    "ismail2019 Table 1": boxes,
}
"""What the scoreboard holds: a name and a function from a profile to rows with ``COLUMNS``; a study adds a line."""


def scoreboard(profile: str = "paper") -> pd.DataFrame:
    """Every published number that :data:`SOURCES` knows, one row each."""
    return pd.concat([make(profile) for make in SOURCES.values()], ignore_index=True)[list(printed.COLUMNS)]


def counts(board: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each table got which verdict."""
    table = board.groupby(["paper", "table", "verdict"]).size().unstack(fill_value=0)
    return table.reindex(columns=list(OUTCOMES), fill_value=0)


def say(board: pd.DataFrame) -> Markdown:
    """How many of the numbers that can be tested are reproduced, and how many in direction only."""
    n = board["verdict"].value_counts()
    tested = len(board) - n.get(NOT_TESTABLE, 0)
    return Markdown(
        f"Of {len(board)} published numbers {tested} can be tested so far: {n.get(REPRODUCED, 0)} are reproduced, "
        f"{n.get(DIRECTION, 0)} agree in direction only, {n.get(NOT_REPRODUCED, 0)} are not reproduced."
    )
