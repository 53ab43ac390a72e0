"""One digit as a series of many, two or one features: what study *mnist_views* has so far, and what it lacks."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib import figures
from tsinterp_lib.engine.maps import load
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.studies.digits import page
from tsinterp_lib.studies.digits.plan import views_plan
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

STUDY = "mnist_views"


def missing(rows: pd.DataFrame, profile: str) -> list[str]:
    """Return the pairs of network and view that the study plans and the rows lack, in words."""
    there = set(zip(rows["model"], rows["dataset"], strict=True))
    plan = views_plan(profile)["corrected"]
    pairs = [(m.label, d.label) for m in plan.models for d in plan.datasets]
    return [f"{words.network(m)} on {d.split('_')[0]}" for m, d in pairs if (m, d) not in there]


def say(profile: str, compute: bool = False) -> Prose:
    """Return the mass on the ink by view, for the image network and the series network, and what is missing."""
    try:
        rows = select.rows(STUDY, profile, compute, gated=False)
    except MissingRows:
        return _absent(profile)
    ink = _enrichment(rows)
    parts = []
    for name in map(str, ink.columns):
        before, after = (float(ink[name][e]) for e in ("gradient", "rescaled_gradient"))
        parts.append(f"{name}: {before:.1f}" + ("" if math.isnan(after) else f", rescaled {after:.1f}"))
    text = "Mass of the gradient on the ink, in multiples of that of a random map: " + "; ".join(parts) + "."
    if ink.loc["rescaled_gradient"].isna().any():
        text += " A series of one feature keeps no mass when rescaled as released: its one score is scaled to 0."
    lacking = missing(rows, profile)
    return Prose(text + (f" {words.not_computed(STUDY, ', '.join(lacking), profile=profile)}" if lacking else ""))


def accuracy(profile: str, compute: bool = False) -> pd.DataFrame | Prose:
    """Test accuracy of every network on every view, or a note that says what to run."""
    try:
        return page.accuracy_table(select.rows(STUDY, profile, compute, gated=False))
    except MissingRows:
        return _absent(profile)


def ink(profile: str, compute: bool = False) -> Figure | Prose:
    """Return a method per row, a network and view per column: the mass on the ink over that of a random map."""
    try:
        rows = select.rows(STUDY, profile, compute, gated=False)
    except MissingRows:
        return _absent(profile)
    return figures.heat(_enrichment(rows), "mass on the ink / that of a random map", centre=1.0)


def maps(explainer: str) -> Figure | Prose:
    """Return the kept maps of ten digits in each view, before and after rescaling, or a note that says what to run."""
    try:
        kept = load(STUDY)
    except MissingRows:
        return words.not_computed(STUDY, "the maps", "maps")
    return figures.digit_views(page.view_maps(kept, explainer), kept.labels)


def _enrichment(rows: pd.DataFrame) -> pd.DataFrame:
    grid = page.grid(rows, f"{page.SHARE}cells")
    return grid.drop(index="random") / grid.loc["random"]


def _absent(profile: str) -> Prose:
    return words.not_computed(STUDY, profile=profile)
