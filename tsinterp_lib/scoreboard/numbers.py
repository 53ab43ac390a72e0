"""Puts every printed number beside ours, with one outcome each: what of the literature reproduces here."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.outcome import DIRECTION, NOT_REPRODUCED, NOT_TESTABLE, OUTCOMES, REPRODUCED, SATURATED
from tsinterp_lib.studies import all_printed
from tsinterp_lib.tables import printed
from tsinterp_lib.tables.words import Prose


def scoreboard(profile: str = "paper") -> pd.DataFrame:
    """Return every number of a paper that a study re-tests, a row each; under a second reading of the data another one.

    ``again`` marks the second. Tables whose studies have no rows at ``profile`` are left out; raises
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
    """Say how many numbers of each table, and of each reading of its data where there are several, got which
    outcome.
    """
    table = _with_reading(board).groupby(["paper", "table", "outcome"]).size().unstack(fill_value=0)
    return table.reindex(columns=list(OUTCOMES), fill_value=0)


def expected(board: pd.DataFrame) -> pd.DataFrame:
    """Say how many numbers of each table would be reproduced by ``chance`` and by a perfect ``copy``."""
    return _with_reading(board).groupby(["paper", "table"])[["chance", "copy"]].sum()


def _with_reading(board: pd.DataFrame) -> pd.DataFrame:
    """Return the board with the reading of the data, where it has one, in the name of the table."""
    named = board["table"].where(board["reading"] == "", board["table"] + " (" + board["reading"] + ")")
    return board.assign(table=named)


def say(board: pd.DataFrame) -> Prose:
    """Say how many of the numbers that can be tested are reproduced, beside chance and a perfect copy, and the rest.

    Each number counts once: those judged again under another reading of the data are in :func:`say_readings`.
    """
    board = board[~board["again"]]
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


def say_readings(board: pd.DataFrame) -> Prose:
    """Say what of the numbers judged under two readings of their data is reproduced under each, beside chance.

    By training, as a reading may have been chosen on the numbers of one of them. Areas alone: accuracies hardly differ.
    """
    both = board[board["table"].isin(board[board["again"]]["table"]) & (board["quantity"] != "test accuracy")]
    if not both["again"].any():
        return Prose("*No number is judged under two readings of its data yet.*")
    lines = []
    for reading, part in both.groupby("reading", sort=False):
        each = []
        for training, own in part.groupby("training", sort=False):
            tested = int((own["outcome"] != NOT_TESTABLE).sum())
            found = int((own["outcome"] == REPRODUCED).sum())
            each.append(
                f"{PRINTED_TRAINING.get(str(training), str(training))} {found} of {tested} that can be tested "
                f"({own['chance'].sum():.1f} by chance, {own['copy'].sum():.0f} from a copy)"
            )
        lines.append(f"**{reading}**: {'; '.join(each)}")
    return Prose(
        f"Of the {int((~both['again']).sum())} areas that are judged under two readings of the data, reproduced are, "
        + ". ".join(f"on {line}" for line in lines)
        + "."
    )


PRINTED_TRAINING = {"saliency_guided": "guided"}
"""Trainings as a reader sees them."""
