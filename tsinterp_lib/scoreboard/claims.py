"""Gathers the claims of the papers, with one verdict each."""

from __future__ import annotations

import html
from dataclasses import asdict

import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED, holm, p_value
from tsinterp_lib.studies import all_claims
from tsinterp_lib.tables import words
from tsinterp_lib.tables.papers import Claims
from tsinterp_lib.tables.words import Html, Prose

LEVEL = 0.05

WORDS = (CONFIRMED, REFUTED, UNDECIDED)


def judged(profile: str = "paper", stability: bool = True, paper: str | None = None) -> pd.DataFrame:
    """Return every claim that a study judges, by year of its paper: paper, chapter, the fields of a verdict, p,
    stability.

    ``paper`` leaves only those of one. ``n`` counts ``of``, and is 0 without rows; claims whose study has no rows at
    ``profile`` are left out. ``p`` is that of the effect being none, ``p_holm`` the same corrected for the claims of
    one paper (Holm). ``changes`` counts
    the seeds without which the verdict is another, ``seeds`` how many were left out, one at a time; both 0 without
    ``stability``, or where a source has fewer than two. ``varied`` maps each setting that was changed by itself, as
    the reading of the data or the ranking, to the verdict it gives.
    """
    found: list[dict[str, object]] = []
    chosen = [source for key, sources in papers().items() if paper in (None, key) for source in sources]
    for source in chosen:
        try:
            verdicts = source.judge(profile)
            others = source.without(profile) if stability and source.without else []
            varied = source.varied(profile) if stability and source.varied else {}
        except MissingRows:
            continue
        for v in verdicts:
            words_of = [o[v.claim] for o in others if v.claim in o]
            line = {"paper": source.paper, "chapter": source.chapter, **asdict(v), "p": p_value(v)}
            line |= {"changes": sum(w != v.verdict for w in words_of), "seeds": len(words_of)}
            found.append(line | {"varied": {name: w[v.claim] for name, w in varied.items() if v.claim in w}})
    table = pd.DataFrame(found)
    if len(table):
        table["p_holm"] = table.groupby("paper", sort=False)["p"].transform(lambda p: holm(list(p)))
    return table


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Say how many claims of each paper got which verdict."""
    grid = table.groupby(["paper", "verdict"], sort=False).size().unstack(fill_value=0)
    return grid.reindex(index=list(dict.fromkeys(table["paper"])), columns=list(WORDS), fill_value=0)


def say(table: pd.DataFrame) -> Prose:
    """Say how many claims hold, fail or stay open, how many effects chance would give, and how firm the verdicts
    are.
    """
    n = table["verdict"].value_counts()
    bare = int(((table["verdict"] == UNDECIDED) & (table["n"] < 2)).sum())
    tested = table["p"].notna()
    clear, kept = table["p"] < LEVEL, table["p_holm"] < LEVEL
    decided = table["verdict"] != UNDECIDED
    tried = decided & (table["seeds"] > 0)
    return Prose(
        f"Of {len(table)} claims of {table['paper'].nunique()} papers {n.get(CONFIRMED, 0)} are confirmed, "
        f"{n.get(REFUTED, 0)} refuted and {n.get(UNDECIDED, 0)} undecided; {bare} of the undecided have fewer than two "
        f"seeds so far. Of {int(tested.sum())} intervals {int(clear.sum())} exclude no effect; chance alone would give "
        f"{LEVEL * tested.sum():.0f}. Corrected for the claims of their paper {int(kept.sum())} do. Leaving one seed "
        f"out changes {int((tried & (table['changes'] > 0)).sum())} of {int(tried.sum())} decided verdicts."
        f"{_say_varied(table[decided])}"
    )


def varied(table: pd.DataFrame) -> pd.DataFrame:
    """By paper and changed setting: how many verdicts it changes, of how many that are decided without it."""
    decided = table[table["verdict"] != UNDECIDED]
    lines = [
        {"paper": paper, "setting": name, "changed": word != verdict, "of": 1}
        for paper, verdict, changes in decided[["paper", "verdict", "varied"]].itertuples(index=False)
        for name, word in changes.items()
    ]
    if not lines:
        return pd.DataFrame(columns=["paper", "setting", "changed", "of"])
    return pd.DataFrame(lines).groupby(["paper", "setting"], sort=False, as_index=False).sum()


def _say_varied(decided: pd.DataFrame) -> str:
    found = varied(decided).groupby("setting", sort=False)[["changed", "of"]].sum()
    parts = [f"{name} {changed} of {of}" for name, changed, of in found.itertuples()]
    return f" One setting changed at a time changes as many: {', '.join(parts)}." if parts else ""


def _beside(verdict: str, changes: dict[str, str]) -> str:
    """Say what each changed setting makes of a verdict: those that change it by name, the rest as a count."""
    other = [f"<b>{word}</b>: {name}" for name, word in changes.items() if word != verdict]
    same = len(changes) - len(other)
    return "; ".join([*other, *([f"same: {same} more" if other else f"same in all {same}"] if same else [])]) or "–"


def of_paper(table: pd.DataFrame, paper: str) -> Html | Prose:
    """Return the claims of one paper: verdict, effect with its interval, what n counts, p, stability, reason, page."""
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
                "n": f"{row['n']} {row['of']}" if row["n"] else "0",
                "p (Holm)": "–" if pd.isna(row["p_holm"]) else f"{row['p_holm']:.3f}",
                "stable": f"{row['seeds'] - row['changes']} of {row['seeds']}" if row["seeds"] else "–",
                "with another setting": _beside(row["verdict"], row["varied"]),
                "why": html.escape(str(row["why"])),
                "page": f"<a href='{chapter}.html'>{chapter.replace('_', ' ')}</a>",
            }
        )
    # Not Prose: the book's parser of outputs knows no tables.
    return Html(pd.DataFrame(lines).to_html(index=False, escape=False, border=0, justify="left"))


def by_paper(table: pd.DataFrame) -> Html:
    """Return the claims of every paper that a study judges, a heading each: what they are about, how judged, the
    verdicts.
    """
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
    """Say what the studies judge, by paper and by the year of each."""
    found: dict[str, list[Claims]] = {}
    for source in sorted(all_claims(), key=lambda claims: claims.paper[-4:]):
        found.setdefault(source.paper, []).append(source)
    return found
