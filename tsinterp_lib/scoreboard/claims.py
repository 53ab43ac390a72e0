"""What holds: the claims of the papers with one verdict each, and what a map is worth on each network."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED, Verdict
from tsinterp_lib.studies.benchmark import claims as benchmark
from tsinterp_lib.studies.digits import claims as digits
from tsinterp_lib.studies.fit_simulated import claims as fit_simulated
from tsinterp_lib.studies.guided import claims as guided
from tsinterp_lib.studies.guided.joined import joined
from tsinterp_lib.studies.rare import claims as rare
from tsinterp_lib.studies.rescaling import claims as rescaling
from tsinterp_lib.studies.state import claims as state
from tsinterp_lib.studies.vanishing.claims import of_vanishing
from tsinterp_lib.tables import partial, select

WORDS = (CONFIRMED, REFUTED, UNDECIDED)


@dataclass(frozen=True)
class Source:
    """Claims of one paper that one chapter judges; ``claims`` takes a profile and gives a verdict on each."""

    paper: str
    chapter: str
    claims: Callable[[str], list[Verdict]]


def _benchmark(profile: str) -> list[Verdict]:
    return benchmark.of_benchmark(select.rows("benchmark", profile), "as_released")


def _rescaling(profile: str) -> list[Verdict]:
    return rescaling.verdicts(select.rows("rescaling", profile))


def _images(_: str) -> list[Verdict]:
    return digits.images_over_series(partial.rows("mnist_series"))


def _masks_on_state(profile: str) -> list[Verdict]:
    return state.of_masks_on_state(partial.rows("state_masks", _or_largest(profile)))


def _fit_on_state(profile: str) -> list[Verdict]:
    return state.of_fit_on_state(partial.rows("state", _or_largest(profile)))


def _or_largest(profile: str) -> str:
    return partial.LARGEST if profile == "paper" else profile


SOURCES = (
    Source("ismail2019", "17_vanishing_saliency", of_vanishing),
    Source("ismail2020", "11_audit", _benchmark),
    Source("ismail2020", "10_temporal_saliency_rescaling", _rescaling),
    Source("ismail2020", "09_image_versus_series", _images),
    Source("ismail2021", "12_guided_training", lambda profile: guided.of_paper(joined(profile))),
    Source("crabbe2021", "22_mask_audit", lambda _: rare.of_rare(partial.rows("rare"))),
    Source("crabbe2021", "15_state", _masks_on_state),
    Source("tonekaboni2020", "15_state", _fit_on_state),
    Source("tonekaboni2020", "20_fit_simulated", lambda _: fit_simulated.of_fit(partial.rows("fit_simulated"))),
)
"""Where the verdicts come from; a study with claims adds a line."""


def judged(profile: str = "paper") -> pd.DataFrame:
    """Every claim of :data:`SOURCES` with its paper, chapter, verdict, effect and interval; n is 0 without rows.

    A source whose study has no rows at ``profile`` gives nothing.
    """
    found: list[dict[str, object]] = []
    for source in SOURCES:
        try:
            verdicts = source.claims(profile)
        except MissingRows:
            continue
        found += [{"paper": source.paper, "chapter": source.chapter, **asdict(v)} for v in verdicts]
    return pd.DataFrame(found)


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper got which verdict."""
    grid = table.groupby(["paper", "verdict"], sort=False).size().unstack(fill_value=0)
    return grid.reindex(index=list(dict.fromkeys(table["paper"])), columns=list(WORDS), fill_value=0)


def say(table: pd.DataFrame) -> Markdown:
    """How many claims hold, fail, or stay open, and how many of the open ones have too few seeds to say."""
    n = table["verdict"].value_counts()
    bare = int(((table["verdict"] == UNDECIDED) & (table["n"] < 2)).sum())
    return Markdown(
        f"Of {len(table)} claims of {table['paper'].nunique()} papers {n.get(CONFIRMED, 0)} are confirmed, "
        f"{n.get(REFUTED, 0)} refuted and {n.get(UNDECIDED, 0)} undecided; {bare} of the undecided have fewer than two "
        "seeds so far."
    )


def of_paper(table: pd.DataFrame, paper: str) -> HTML | Markdown:
    """The claims of one paper: verdict, effect with its interval, repetitions, and the page that tells more."""
    part = table[table["paper"] == paper] if len(table) else table
    if part.empty:
        return Markdown("Nothing of this is computed yet.")
    lines = []
    for row in part.to_dict("records"):
        effect = "–" if np.isnan(row["effect"]) else f"{row['effect']:+.3f}"
        bounds = "" if np.isnan(row["low"]) else f" [{row['low']:+.3f}, {row['high']:+.3f}]"
        chapter = str(row["chapter"])
        lines.append(
            {
                "verdict": f"<b>{row['verdict']}</b>",
                "claim": html.escape(str(row["claim"])),
                "effect [95 %]": effect + bounds,
                "n": row["n"],
                "page": f"<a href='{chapter}.html'>{chapter[:2]}</a>",
            }
        )
    # Not Markdown: the book's parser of outputs knows no tables.
    return HTML(pd.DataFrame(lines).to_html(index=False, escape=False, border=0, justify="left"))
