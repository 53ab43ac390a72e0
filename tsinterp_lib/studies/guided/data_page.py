"""Tables and sentences of the chapter that asks which data the printed tables of 2021 come from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from tsinterp_lib import figures
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.studies.guided import tables_page
from tsinterp_lib.studies.guided.page import both_scalings
from tsinterp_lib.studies.guided.plan import PROTOCOL
from tsinterp_lib.studies.guided.printed import GAUSSIAN, RAW_NARMA, STANDARDISED
from tsinterp_lib.tables import papers, select, words
from tsinterp_lib.tables.words import Prose

QUANTITIES = words.metrics("diff_aup", "diff_aur")
AREA = 0.8
"""The levels 0.1 to 0.9, by trapezoids: the area of a score that is one everywhere."""

RECALL_CEILING = 0.244
"""The largest Diff(AUR) under the count cut: 0.8 minus the 0.556 of a uniform random map."""

CELL = ["metric", "model", "dataset", "explainer"]
SHUFFLES = 2000


def readings(profile: str = "paper", gated: bool = True) -> dict[str, pd.DataFrame]:
    """Return rows of traditional and guided training by reading of the data, as far as they are computed."""
    scaled = both_scalings(profile, gated)
    try:
        raw = select.rows("guided_narma", profile, gated=gated)
    except MissingRows:  # a study that is not computed yet: the page says so
        raw = scaled["min–max"].iloc[:0]
    return {GAUSSIAN: scaled["min–max"], STANDARDISED: scaled["standardised"], RAW_NARMA: raw}


def cells(found: Mapping[str, pd.DataFrame], trainer: str = "guided") -> pd.DataFrame:
    """Return a row per printed cell of Tables 8 to 11 and reading that has it: ``reading``, ours (mean, low, high),
    print.
    """
    frames = [
        tables_page.cells(rows.assign(protocol=PROTOCOL), trainer).assign(reading=name)
        for name, rows in found.items()
        if len(rows)
    ]
    both = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*CELL, "reading"])
    return both.dropna(subset=["mean", "published"]) if len(both) else both


def levels(found: pd.DataFrame) -> pd.DataFrame:
    """Say how far ours is from print, by network, quantity, training and reading.

    ``distance`` is the root of the mean squared difference over layouts and methods, ``bias`` the mean of ours minus
    theirs, ``correlation`` that of the cells.
    """
    lines = []
    for (network, metric, training, reading), part in found.groupby(
        ["model", "metric", "training", "reading"], sort=False
    ):
        gap = part["mean"] - part["published"]
        lines.append(
            {
                "network": str(network),
                "quantity": QUANTITIES[str(metric)],
                "training": tables_page.TRAININGS[str(training)],
                "reading": str(reading),
                "distance": float(np.sqrt((gap**2).mean())),
                "bias": float(gap.mean()),
                "correlation": float(np.corrcoef(part["mean"], part["published"])[0, 1]) if len(part) > 2 else np.nan,
                "cells": len(part),
            }
        )
    return pd.DataFrame(lines)


def distances(found: pd.DataFrame) -> pd.DataFrame:
    """Return the distances of :func:`levels` as a grid: (network, quantity, training) × reading."""
    table = levels(found)
    grid = table.pivot_table(index=["network", "quantity", "training"], columns="reading", values="distance")
    order: list[str] = [r for r in (GAUSSIAN, STANDARDISED, RAW_NARMA) if r in grid.columns]
    grid = grid[order].loc[select.in_order(grid.index.get_level_values(0).unique())]
    names = [tuple(map(str, key)) for key in grid.index]
    grid.index = pd.Index([f"{words.network(n)}, {q}, {t}" for n, q, t in names])
    return grid


def gains(found: pd.DataFrame) -> pd.DataFrame:
    """Return guided minus traditional of every cell and reading: ``ours`` and ``published``."""
    wide = found.pivot_table(index=["reading", *CELL], columns="training", values=["mean", "published"]).dropna()
    gain = {name: wide[name]["saliency_guided"] - wide[name]["traditional"] for name in ("mean", "published")}
    return pd.DataFrame(gain).rename(columns={"mean": "ours"}).reset_index()


NAMED = {"model": "network", "explainer": "method"}
"""What the column of :func:`effects` is called."""


def effects(found: pd.DataFrame, by: str = "model") -> pd.DataFrame:
    """Say whether the printed gain of guided training comes back cell by cell, by reading, network and quantity.

    ``by="explainer"``: by method over all networks instead, whose gains are then taken from the mean of each network,
    so that networks that gain more do not pass for agreement.

    ``correlation`` and ``same sign`` compare our gain with the printed one; ``by chance`` beside each is what 95 of 100
    shuffles of the printed gains among the cells stay below.
    """
    lines = []
    for (reading, name, metric), part in gains(found).groupby(["reading", by, "metric"], sort=False):
        ours, theirs = part["ours"].to_numpy(float), part["published"].to_numpy(float)
        seed = seed_from(str(reading), str(name), str(metric))
        shuffled = _shuffled(theirs, seed)
        a, b, null = ours, theirs, shuffled
        if by != "model":
            a, b = (
                (part[c] - part.groupby("model")[c].transform("mean")).to_numpy(float) for c in ("ours", "published")
            )
            null = _shuffled(b, seed)
        lines.append(
            {
                "reading": str(reading),
                NAMED[by]: words.printed(name),
                "quantity": QUANTITIES[str(metric)],
                "our mean gain": float(ours.mean()),
                "printed mean gain": float(theirs.mean()),
                "correlation": _correlation(a, b[None])[0],
                "correlation by chance": float(np.quantile(_correlation(a, null), 0.95)),
                "same sign": float((np.sign(ours) == np.sign(theirs)).mean()),
                "same sign by chance": float(np.quantile((np.sign(ours) == np.sign(shuffled)).mean(1), 0.95)),
                "cells": len(part),
            }
        )
    return pd.DataFrame(lines)


def identities() -> pd.DataFrame:
    """Say what the printed tables say of the score behind them, whatever the data: bounds that every cell keeps or
    touches.

    d is the share of planted cells as the papers state it (15 × 15 in *small middle*).
    """
    theirs = papers.table("ismail2021_tables8_to_11")
    density = theirs["dataset"].map({name: layout.density for name, layout in LAYOUTS.items()})
    precision, recall = (theirs["metric"] == metric for metric in ("diff_aup", "diff_aur"))
    floor = (theirs["value"] + AREA * density)[precision]
    ceiling = (AREA * (1 - density) - theirs["value"])[precision]
    top = RECALL_CEILING - theirs["value"][recall]
    lines = {
        "Diff(AUP) is at least −0.8 d: the reference is a uniform random map": floor,
        "Diff(AUP) is at most 0.8 (1 − d): precision is weighted by saliency": ceiling,
        "Diff(AUR) is at most 0.244: cells are counted, and the reference is uniform": top,
    }
    table = {
        name: {"cells": len(gap), "smallest distance to the bound": float(gap.min())} for name, gap in lines.items()
    }
    return pd.DataFrame(table).T.astype({"cells": int}).rename_axis("what the printed cells show")


def against_print(found: pd.DataFrame, reading: str = RAW_NARMA) -> Figure | Prose:
    """Return ours over print on one reading, a point per layout, method and training; a sentence where none is
    computed.
    """
    part = found[found["reading"] == reading]
    return figures.against_published(part) if len(part) else words.not_computed("guided_narma")


def say(found: pd.DataFrame) -> Prose:
    """Say how far ours is from print on two readings, of traditional training first, as the search saw no other."""
    table = levels(found)
    if RAW_NARMA not in set(table.get("reading", ())):
        return words.not_computed("guided_narma")
    part = table[(table["quantity"] == QUANTITIES["diff_aup"])]
    lines = []
    for training in tables_page.TRAININGS.values():
        grid = part[part["training"] == training].pivot_table(index="network", columns="reading", values="distance")
        said = [
            f"{words.network(n)} {float(grid[GAUSSIAN][n]):.3f} → {float(grid[RAW_NARMA][n]):.3f}"
            for n in select.in_order(grid.index)
            if {GAUSSIAN, RAW_NARMA} <= set(grid.columns) and grid.loc[n, [GAUSSIAN, RAW_NARMA]].notna().all()
        ]
        lines.append(f"**{training}**: " + ", ".join(said))
    return Prose(
        "Distance of our Diff(AUP) from print (root of the mean square over layouts and methods), from Gaussian noise "
        "on [0, 1] to raw NARMA noise: " + "; ".join(lines) + "."
    )


def say_effects(found: pd.DataFrame) -> Prose:
    """Say for how many networks and quantities the printed gain comes back beyond chance, by reading."""
    table = effects(found)
    lines = []
    for reading, part in table.groupby("reading", sort=False):
        beyond = part[part["correlation"] > part["correlation by chance"]]
        which = ", ".join(f"{r['network']} {r['quantity']} {r['correlation']:+.2f}" for _, r in beyond.iterrows())
        lines.append(f"*{reading}*: {len(beyond)} of {len(part)}{f' ({which})' if which else ''}")
    expected = 0.05 * len(table)
    return Prose(
        "Cell by cell, our gain follows the printed one more closely than 95 of 100 shuffles do for "
        + "; ".join(lines)
        + f". By chance {expected:.1f} of these {len(table)} comparisons would."
    )


def _shuffled(values: np.ndarray, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return np.stack([draw.permutation(values) for _ in range(SHUFFLES)])


def _correlation(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Pearson's r of ours with each row of theirs; NaN where one of them does not vary."""
    if len(ours) < 3 or not ours.std() or not theirs.std(axis=1).all():
        return np.full(len(theirs), np.nan)
    a, b = stats.zscore(ours), stats.zscore(theirs, axis=1)
    return np.asarray(b @ a / len(ours))
