"""Puts every printed number beside ours, with one outcome each: what of the literature reproduces here."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.outcome import DIRECTION, NOT_REPRODUCED, NOT_TESTABLE, OUTCOMES, REPRODUCED
from tsinterp_lib.studies import all_printed
from tsinterp_lib.tables import printed
from tsinterp_lib.tables.words import Prose


def scoreboard(profile: str = "paper") -> pd.DataFrame:
    """Every number of a paper that a study re-tests, one row each.

    Tables whose studies have no rows at ``profile`` are left out; raises
    :class:`~tsinterp_lib.errors.MissingRows` where that is all of them.
    """
    found = []
    for table in all_printed():
        try:
            found.append(table.compare(profile))
        except MissingRows:
            continue
    if not found:
        raise MissingRows(f"no printed table has rows of ours at profile {profile!r}: run `tsinterp results`.")
    return pd.concat(found, ignore_index=True)[list(printed.COLUMNS)]


def counts(board: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each table got which outcome."""
    table = board.groupby(["paper", "table", "outcome"]).size().unstack(fill_value=0)
    return table.reindex(columns=list(OUTCOMES), fill_value=0)


def say(board: pd.DataFrame) -> Prose:
    """How many of the numbers that can be tested are reproduced, and how many in direction only."""
    n = board["outcome"].value_counts()
    tested = len(board) - n.get(NOT_TESTABLE, 0)
    return Prose(
        f"Of {len(board)} published numbers {tested} can be tested so far: {n.get(REPRODUCED, 0)} are reproduced, "
        f"{n.get(DIRECTION, 0)} agree in direction only, {n.get(NOT_REPRODUCED, 0)} are not reproduced."
    )
