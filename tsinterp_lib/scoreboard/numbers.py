"""Puts every printed number beside ours, with one outcome each: what of the literature reproduces here."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.outcome import DIRECTION, NOT_REPRODUCED, NOT_TESTABLE, OUTCOMES, REPRODUCED, SATURATED
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
    board = pd.concat(found, ignore_index=True)[list(printed.COLUMNS)]
    return board.assign(**{c: pd.to_numeric(board[c], errors="coerce").fillna(0.0) for c in ("chance", "copy")})


def counts(board: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each table got which outcome."""
    table = board.groupby(["paper", "table", "outcome"]).size().unstack(fill_value=0)
    return table.reindex(columns=list(OUTCOMES), fill_value=0)


def expected(board: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each table would be reproduced by ``chance`` and by a perfect ``copy``."""
    return board.groupby(["paper", "table"])[["chance", "copy"]].sum()


def say(board: pd.DataFrame) -> Prose:
    """How many of the numbers that can be tested are reproduced, beside chance and a perfect copy, and the rest."""
    n = board["outcome"].value_counts()
    maps = board[board["quantity"] != "test accuracy"]
    of_maps = int((maps["outcome"] == REPRODUCED).sum())
    tested = len(board) - n.get(NOT_TESTABLE, 0)
    return Prose(
        f"Of {len(board)} published numbers {tested} can be tested so far. **{n.get(REPRODUCED, 0)} reproduce, "
        f"{board['chance'].sum():.0f} expected by chance**, {board['copy'].sum():.0f} if a copy of our experiment had "
        f"been printed; of the {len(maps)} that are not accuracies {of_maps}, {maps['chance'].sum():.1f} expected by "
        f"chance, {maps['copy'].sum():.0f} from a copy. {n.get(SATURATED, 0)} more are at the ceiling, "
        "where every network that learns lies. "
        f"{n.get(DIRECTION, 0)} agree in direction only, {n.get(NOT_REPRODUCED, 0)} are not reproduced."
    )
