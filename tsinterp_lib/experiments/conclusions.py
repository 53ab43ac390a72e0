"""What holds: the claims of the papers with one verdict each, and what a map is worth on each network."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.experiments import claims, guided, guided_verdicts, mask_claims, report, rescaled, so_far
from tsinterp_lib.experiments import vanishing_tables as vanishing
from tsinterp_lib.experiments.statistics import CONTROLS, interval
from tsinterp_lib.experiments.verdict import CONFIRMED, REFUTED, UNDECIDED, Verdict, verdict
from tsinterp_lib.figures import style

WORDS = (CONFIRMED, REFUTED, UNDECIDED)


@dataclass(frozen=True)
class Source:
    """Claims of one paper that one chapter judges; ``claims`` takes a profile and gives a verdict on each."""

    paper: str
    chapter: str
    claims: Callable[[str], list[Verdict]]


def _benchmark(profile: str) -> list[Verdict]:
    return claims.of_benchmark(report.rows("benchmark", profile), "as_released")


def _rescaling(profile: str) -> list[Verdict]:
    return rescaled.verdicts(report.rows("rescaling", profile))


def _images(_: str) -> list[Verdict]:
    return claims.images_over_series(so_far.rows("mnist_series"))


def _masks_on_state(profile: str) -> list[Verdict]:
    return mask_claims.of_masks_on_state(so_far.rows("state_masks", _or_largest(profile)))


def _fit_on_state(profile: str) -> list[Verdict]:
    return mask_claims.of_fit_on_state(so_far.rows("state", _or_largest(profile)))


def _or_largest(profile: str) -> str:
    return so_far.LARGEST if profile == "paper" else profile


def of_vanishing(profile: str) -> list[Verdict]:
    """Ismail et al. 2019, as in their table on networks whether they learned or not: an early box in 100 steps."""
    table = vanishing.rows(profile)
    early = table[(table["box"] == "early_box") & (table["side"] == 100) & (table["explainer"] == "gradient")]
    early = early[early["trainer"] == "standard"]
    late = early[(early["metric"] == "saliency_profile") & (early["at"] == 1.0) & (early["model"] == "lstm")]
    order = early[early["metric"] == "auroc"].pivot_table(index="seed", columns="model", values="value")
    found = [_mean("LSTM, early box: the map lies at the end, in the last tenth of the steps", late["value"] - 0.1)]
    if {"lstm", "lstm_input_cell"} <= set(order):
        better = "early box: input-cell attention ranks the planted cells better than an LSTM"
        found.append(_mean(better, (order["lstm_input_cell"] - order["lstm"]).dropna()))
    return found


SOURCES = (
    Source("ismail2019", "17_vanishing_saliency", of_vanishing),
    Source("ismail2020", "11_audit", _benchmark),
    Source("ismail2020", "10_temporal_saliency_rescaling", _rescaling),
    Source("ismail2020", "09_image_versus_series", _images),
    Source("ismail2021", "12_guided_training", lambda profile: guided_verdicts.of_paper(guided.joined(profile))),
    Source("crabbe2021", "22_mask_audit", lambda _: mask_claims.of_rare(so_far.rows("rare"))),
    Source("crabbe2021", "15_state", _masks_on_state),
    Source("tonekaboni2020", "15_state", _fit_on_state),
    Source("tonekaboni2020", "20_fit_simulated", lambda _: mask_claims.of_fit(so_far.rows("fit_simulated"))),
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


def worth(rows: pd.DataFrame, protocol: str = "corrected") -> pd.DataFrame:
    """What a map is worth by network: the best and the worst method's AUROC, and those of the controls."""
    shared, _ = report.on_shared_layouts(rows, protocol)
    found = report.by_explainer(shared, "auroc", protocol)
    table = {}
    for network in report.in_order(found["model"].unique()):
        own = found[found["model"] == network].set_index("explainer")
        methods = own.drop(index=[c for c in CONTROLS if c in own.index]).sort_values("mean", ascending=False)
        best, worst = methods.iloc[0], methods.iloc[-1]
        table[style.network(network)] = {
            "best method": style.printed(str(methods.index[0])),
            "its AUROC": _with_bounds(best),
            "worst method": style.printed(str(methods.index[-1])),
            "AUROC of that": _with_bounds(worst),
            "position only": ", ".join(_with_bounds(row) for _, row in own[own.index == "position_only"].iterrows()),
        }
    return pd.DataFrame(table).T


def say_worth(rows: pd.DataFrame, protocol: str = "corrected") -> Markdown:
    """Whether any method ranks the planted cells better than knowing where signals tend to be."""
    shared, layouts = report.on_shared_layouts(rows, protocol)
    found = report.by_explainer(shared, "auroc", protocol).pivot_table(
        index="explainer", columns="model", values="mean"
    )
    methods = found.drop(index=[c for c in CONTROLS if c in found.index]).dropna()
    position, top = found.loc["position_only"], methods.max()
    spread = {"network": methods.mean(axis=0), "method": methods.mean(axis=1)}
    more, less = sorted(spread, key=lambda axis: float(np.ptp(spread[axis])), reverse=True)
    best, worst = str(top.idxmax()), str(top.idxmin())
    beyond = [style.network(str(n)) for n in top.index[top > position.reindex(top.index)]]
    exceeds = f"a method exceeds it on the {' and the '.join(beyond)}" if beyond else "no method exceeds it anywhere"
    return Markdown(
        f"**It depends on the {more} more than on the {less}**: mean AUROC differs by {np.ptp(spread[more]):.2f} "
        f"between {more}s and by {np.ptp(spread[less]):.2f} between {less}s. On {layouts} planted layouts, with the "
        f"{len(methods)} methods that every network has, the best map reaches {top[best]:.2f} on the "
        f"{style.network(best)} ({style.printed(methods[best].idxmax())}) and {top[worst]:.2f} on the "
        f"{style.network(worst)}. A map that knows only where signals tend to be, and has seen neither network nor "
        f"series, has {position.mean():.2f}: {exceeds}."
    )


def _with_bounds(row: pd.Series) -> str:
    return f"{row['mean']:.2f}" + ("" if np.isnan(row["low"]) else f" [{row['low']:.2f}, {row['high']:.2f}]")


def _mean(claim: str, values: pd.Series) -> Verdict:
    found = interval(values)
    n = int(found["n"])
    if n < 2:
        why = "one seed, no interval" if n else "rows are missing"
        return Verdict(claim, UNDECIDED, float(found["mean"]), np.nan, np.nan, n, why)
    return verdict(claim, found["mean"], found["low"], found["high"], n, negligible=claims.NEGLIGIBLE)
