"""What papers print and claim: their numbers from ``results/papers``, and how a study names what it re-tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib import paths
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.registry import known
from tsinterp_lib.statistics.verdict import Verdict


@dataclass(frozen=True)
class Claims:
    """Names the claims of one paper that one chapter judges.

    ===========  ==================================================================================================
    field        what it holds
    ===========  ==================================================================================================
    ``paper``    its key in the bibliography, ``ismail2020``
    ``chapter``  the notebook that shows the evidence
    ``judge``    from a profile to a verdict on each claim; raises :class:`~tsinterp_lib.errors.MissingRows` where
                 nothing is computed
    ``about``    what the claims are about, for a heading: ``rescaling``
    ``note``     a sentence on how they were judged, or nothing
    ``without``  from a profile to the verdicts by claim with one seed left out, a mapping for each seed; or None
    ``varied``   from a profile to the verdicts by claim with one setting changed, by its printed name: how the data
                 are read, the ranking, the dialect of a score, no gate; or None
    ===========  ==================================================================================================
    """

    paper: str
    chapter: str
    judge: Callable[[str], list[Verdict]]
    about: str = ""
    note: str = ""
    without: Callable[[str], list[dict[str, str]]] | None = None
    varied: Callable[[str], dict[str, dict[str, str]]] | None = None


Varied = Mapping[str, Callable[[str], list[Verdict]]]
"""From the printed name of a changed setting to the verdicts at a profile."""


def from_rows(
    paper: str,
    chapter: str,
    read: Callable[[str], pd.DataFrame],
    judge: Callable[[pd.DataFrame], list[Verdict]],
    varied: Varied | None = None,
    about: str = "",
    note: str = "",
) -> Claims:
    """Return claims that are judged from the rows that ``read`` gives, with and without each of their seeds.

    ``varied`` judges the same claims with one setting changed; one without rows at a profile is left out.
    """

    def without(profile: str) -> list[dict[str, str]]:
        rows = read(profile)
        seeds = sorted(rows["seed"].unique()) if len(rows) else []
        # Of two seeds one is left, which decides nothing: that is no other verdict.
        return [_words(judge(rows[rows["seed"] != s])) for s in seeds] if len(seeds) > 2 else []

    def changed(profile: str) -> dict[str, dict[str, str]]:
        found = {}
        for name, again in (varied or {}).items():
            try:
                found[name] = _words(again(profile))
            except MissingRows:
                continue
        return found

    return Claims(
        paper, chapter, lambda profile: judge(read(profile)), about, note, without, changed if varied else None
    )


def _words(verdicts: list[Verdict]) -> dict[str, str]:
    """Return the verdict on each claim that was judged by two repetitions or more: fewer are no other verdict."""
    return {v.claim: v.verdict for v in verdicts if v.n >= 2}


@dataclass(frozen=True)
class Printed:
    """Names one table of printed numbers and puts ours beside them.

    ===========  ==================================================================================================
    field        what it holds
    ===========  ==================================================================================================
    ``source``   paper and table, ``ismail2021 Table 2``
    ``studies``  whose rows are compared with it
    ``compare``  from a profile to a row per printed number with the columns of
                 ``tables.printed.COLUMNS``
    ===========  ==================================================================================================
    """

    source: str
    studies: tuple[str, ...]
    compare: Callable[[str], pd.DataFrame]


@dataclass(frozen=True)
class Picture:
    """Names a picture of the first page, the studies whose rows it shows, and the function that draws it."""

    name: str
    studies: tuple[str, ...]
    draw: Callable[[], Figure]


def table(name: str) -> pd.DataFrame:
    """Return the numbers of a table of ``results/papers``, as printed there; the column ``source`` names paper and
    table.
    """
    folder = paths.results() / "papers"
    if not folder.exists():
        folder = paths.root() / "results" / "papers"
    return pd.read_csv(folder / f"{known(name, [p.stem for p in folder.glob('*.csv')], 'table of a paper')}.csv")
