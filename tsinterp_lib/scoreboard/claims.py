"""Gathers the claims of the papers, with one verdict each."""

from __future__ import annotations

import html
from dataclasses import asdict

import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED
from tsinterp_lib.studies import all_claims
from tsinterp_lib.tables import words
from tsinterp_lib.tables.papers import Claims
from tsinterp_lib.tables.words import Html, Prose

WORDS = (CONFIRMED, REFUTED, UNDECIDED)


def judged(profile: str = "paper") -> pd.DataFrame:
    """Every claim that a study judges, by year of its paper: paper, chapter, verdict, effect, interval.

    ``n`` is 0 without rows; claims whose study has no rows at ``profile`` are left out.
    """
    found: list[dict[str, object]] = []
    for source in (source for sources in papers().values() for source in sources):
        try:
            verdicts = source.judge(profile)
        except MissingRows:
            continue
        found += [{"paper": source.paper, "chapter": source.chapter, **asdict(v)} for v in verdicts]
    return pd.DataFrame(found)


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper got which verdict."""
    grid = table.groupby(["paper", "verdict"], sort=False).size().unstack(fill_value=0)
    return grid.reindex(index=list(dict.fromkeys(table["paper"])), columns=list(WORDS), fill_value=0)


def say(table: pd.DataFrame) -> Prose:
    """How many claims hold, fail, or stay open, and how many of the open ones have too few seeds to say."""
    n = table["verdict"].value_counts()
    bare = int(((table["verdict"] == UNDECIDED) & (table["n"] < 2)).sum())
    return Prose(
        f"Of {len(table)} claims of {table['paper'].nunique()} papers {n.get(CONFIRMED, 0)} are confirmed, "
        f"{n.get(REFUTED, 0)} refuted and {n.get(UNDECIDED, 0)} undecided; {bare} of the undecided have fewer than two "
        "seeds so far."
    )


def of_paper(table: pd.DataFrame, paper: str) -> Html | Prose:
    """The claims of one paper: verdict, effect with its interval, repetitions, and the page that tells more."""
    part = table[table["paper"] == paper] if len(table) else table
    if part.empty:
        return words.not_computed()
    lines = []
    for row in part.to_dict("records"):
        effect = words.interval(row["effect"], row["low"], row["high"], sign=True)
        chapter = str(row["chapter"])
        lines.append(
            {
                "verdict": f"<b>{row['verdict']}</b>",
                "claim": html.escape(str(row["claim"])),
                "effect [95 %]": effect,
                "n": row["n"],
                "page": f"<a href='{chapter}.html'>{chapter.replace('_', ' ')}</a>",
            }
        )
    # Not Prose: the book's parser of outputs knows no tables.
    return Html(pd.DataFrame(lines).to_html(index=False, escape=False, border=0, justify="left"))


def by_paper(table: pd.DataFrame) -> Html:
    """The claims of every paper that a study judges, a heading each: what they are about, how judged, the verdicts."""
    parts = []
    for paper, sources in papers().items():
        about = ", ".join(dict.fromkeys(s.about for s in sources if s.about))
        notes = " ".join(dict.fromkeys(s.note for s in sources if s.note))
        found = of_paper(table, paper)
        parts += [
            f"<h3>{html.escape(words.paper(paper) + (f': {about}' if about else ''))}</h3>",
            f"<p>{html.escape(notes)}</p>" if notes else "",
            found if isinstance(found, Html) else f"<p>{html.escape(found.strip('*'))}</p>",
        ]
    return Html("\n".join(part for part in parts if part))


def papers() -> dict[str, list[Claims]]:
    """What the studies judge, by paper and by the year of each."""
    found: dict[str, list[Claims]] = {}
    for source in sorted(all_claims(), key=lambda claims: claims.paper[-4:]):
        found.setdefault(source.paper, []).append(source)
    return found
