"""Digits as series, trained traditionally and with guidance: tables and sentences of the study *mnist_guided*."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.engine import maps
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.figures.digit_maps import digit_grid
from tsinterp_lib.figures.results import heat as draw_heat
from tsinterp_lib.studies.digits.guided_plan import METHODS, NETWORKS, TRAINERS
from tsinterp_lib.studies.digits.page import SHARE, intervals
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

STUDY = "mnist_guided"
PRINTED = {"standard": "traditional", "guided": "guided, signed", "guided_absolute": "guided, absolute"}
INK, AREA = f"{SHARE}cells", "masked_accuracy_area_count"
"""The share of mass on the ink (more is better), and the area under masked accuracy (less is better)."""


def by_training(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return mean and interval, see :func:`~tsinterp_lib.studies.digits.page.intervals`: by model, trainer,
    explainer.
    """
    trainers = [t.label for t in TRAINERS if t.label in set(rows["trainer"])]
    parts = [intervals(rows[rows["trainer"] == t], metric).assign(trainer=t) for t in trainers]
    return pd.concat(parts, ignore_index=True)


def models(rows: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy, epochs and seconds of training, by network and training."""
    shown = rows[rows["metric"].isin(("test_accuracy", "epochs"))]
    grid = shown.pivot_table(index=["model", "trainer"], columns="metric", values=["value", "seconds"])
    table = pd.DataFrame(grid["value"])[["test_accuracy", "epochs"]].assign(seconds=grid["seconds"]["epochs"])
    return table.loc[_pairs(table.index)].round(3).rename(index=PRINTED).rename(index=words.network)


def grid(rows: pd.DataFrame, metric: str, ratio: bool = False) -> pd.DataFrame:
    """Return means, (network, training) × methods, minus those of random maps of the same model; or their ratio."""
    table = by_training(rows, metric)
    found = table.pivot_table(index=["model", "trainer"], columns="explainer", values="mean")
    random, methods = found["random"], [m for m in METHODS if m in found and m != "random"]
    found = found[methods].div(random, axis=0) if ratio else found[methods].sub(random, axis=0)
    found = found.loc[_pairs(found.index)]
    return found.set_axis([f"{words.network(str(m))}, {PRINTED[str(t)]}" for m, t in found.index])


def drawn(model: str, explainer: str) -> Figure | Prose:
    """Return the ten digits and the kept maps of one network and explainer, a row per training; else what is not kept
    yet.
    """
    try:
        kept = maps.load(STUDY)
        data = next(iter(kept.series))
        shown = {p: kept.of(data, model if t == "standard" else f"{model}[{t}]") for t, p in PRINTED.items()}
    except MissingRows:  # maps that are not kept yet: the page says so
        return words.not_computed(STUDY, f"maps of the {words.network(model)}", "maps")
    return digit_grid(kept.series[data], kept.labels, {p: a[explainer] for p, a in shown.items()})


def heat(rows: pd.DataFrame, metric: str) -> Figure:
    """Draw :func:`grid` as a picture: ink as a ratio to random maps, masked accuracy as a difference from them."""
    if metric == INK:
        return draw_heat(grid(rows, metric, ratio=True), "mass on the ink / that of a random map", centre=1.0)
    return draw_heat(grid(rows, metric), "area − that of a random map", "{:+.2f}", centre=0.0)


def absent(rows: pd.DataFrame) -> Prose:
    """Say which networks and trainings are not computed."""
    there = set(zip(rows["model"], rows["trainer"], strict=True))
    lack = [f"{words.network(n)}, {p}" for n in NETWORKS for t, p in PRINTED.items() if (n, t) not in there]
    return words.not_computed(STUDY, "; ".join(lack)) if lack else Prose("All networks and trainings are computed.")


def say(rows: pd.DataFrame) -> Prose:
    """By guided training: in how many pairs of network and method it puts more mass on the ink, and how surely."""
    ink = by_training(rows, INK)
    ink = ink[ink["explainer"] != "random"].set_index(["model", "explainer"])
    area = grid(rows, AREA)
    parts = []
    for trainer in (t for t in PRINTED if t != "standard" and t in set(ink["trainer"])):
        a, b = (ink[ink["trainer"] == t] for t in (trainer, "standard"))
        b = b.reindex(a.index)
        lines = [n for n in area.index if n.endswith(PRINTED[trainer])]
        before = [n.replace(PRINTED[trainer], PRINTED["standard"]) for n in lines]
        found = int((area.loc[lines].to_numpy() < area.loc[before].to_numpy()).sum())
        parts.append(
            f"*{PRINTED[trainer]}* puts more mass on the ink than traditional training in "
            f"{int((a['mean'] > b['mean']).sum())} of {len(a)} pairs of network and method (intervals apart: "
            f"{int((a['low'] > b['high']).sum())} more, {int((a['high'] < b['low']).sum())} less), and its maps find "
            f"cells that matter more, beyond random maps, in {found} of {area.loc[lines].size}"
        )
    return Prose("; ".join(parts) + ".")


def _pairs(index: pd.Index) -> list[tuple[str, str]]:
    return [(m, t) for m in NETWORKS for t in PRINTED if (m, t) in index]
