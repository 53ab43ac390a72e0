"""Pictures of result tables: each takes summarised rows and draws them with their intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tsinterp_lib.figures import style
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.tables import words


def dots(
    summary: pd.DataFrame,
    label: str,
    reference: pd.DataFrame | None = None,
    over: str = "seeds",
    blind: Collection[str] = words.TIME_ONLY,
) -> Figure:
    """Draw mean and interval per explainer, a panel per network; ``reference`` adds published values as open diamonds.

    ``over`` says what the intervals are over; methods in ``blind`` cannot see features and get a dagger.
    ``summary`` has the columns model, explainer, mean, low, high; ``reference`` has model, explainer, value.
    """
    networks = [n for n in words.NETWORKS if n in set(summary["model"])]
    explainers = [e for e in words.METHODS if e in set(summary["explainer"])]
    figure, grid = plt.subplots(
        -(-len(networks) // 2), 2, figsize=(style.WIDTH, 0.24 * len(explainers) * -(-len(networks) // 2) + 1.4),
        squeeze=False, sharex=True, sharey=True,
    )  # fmt: skip
    place = {e: len(explainers) - 1 - i for i, e in enumerate(explainers)}
    for axes, name in zip(grid.flat, networks, strict=False):
        part = summary[summary["model"] == name].set_index("explainer")
        for e in (e for e in explainers if e in part.index):
            look, row = style.look(e), part.loc[e]
            axes.plot([row["low"], row["high"]], [place[e]] * 2, color=look.colour, lw=2, solid_capstyle="butt")
            axes.plot(row["mean"], place[e], look.marker, color=look.colour, ms=5.5)
        if reference is not None:
            r = reference[(reference["model"] == name) & reference["explainer"].isin(explainers)]
            axes.plot(r["value"], [place[e] + 0.32 for e in r["explainer"]], "D", mfc="none", mec="k", ms=4.2, mew=0.9)
        axes.axvline(0, color="#BBBBBB", lw=0.8, zorder=0)
        axes.set_title(words.network(name))
        axes.grid(axis="y", color="#EEEEEE", lw=0.7)
        axes.set_yticks(list(place.values()), [words.marked(e, blind) for e in place])
    for axes in grid[-1]:
        axes.set_xlabel(textwrap.fill(label, 36))
    for axes in list(grid.flat)[len(networks) :]:
        axes.set_axis_off()
    handles = [Line2D([], [], marker="o", color="#555555", lw=2, label=f"ours: mean and 95 % interval over {over}")]
    if reference is not None:
        handles.append(Line2D([], [], marker="D", mfc="none", mec="k", ls="", label="published"))
    if set(blind) & set(explainers):
        handles.append(Line2D([], [], ls="", label=words.DAGGER))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return style.finish(figure)


def side_by_side(panels: Mapping[str, pd.DataFrame], label: str) -> Figure:
    """Draw mean and interval per explainer on a scale from 0 to 1, a panel per title; all share one list of explainers.

    Each table has the columns explainer, mean, low, high; explainers come in the order of the looks, variants last.
    """
    there = {e for table in panels.values() for e in table["explainer"]}
    names = [e for e in (*words.METHODS, *words.VARIANTS) if e in there][::-1]
    figure, grid = plt.subplots(
        1, len(panels), figsize=(style.WIDTH, 0.27 * len(names) + 1.1), sharey=True, squeeze=False
    )
    for axes, (title, table) in zip(grid.flat, panels.items(), strict=True):
        for y, (name, row) in enumerate(table.set_index("explainer").reindex(names).iterrows()):
            look = style.look(str(name))
            axes.plot([row["low"], row["high"]], [y, y], color=look.colour, lw=2, solid_capstyle="butt")
            axes.plot(row["mean"], y, look.marker, color=look.colour, ms=5.5)
        axes.set_xlim(-0.03, 1.03)
        axes.set_title(title)
        axes.set_yticks(range(len(names)), [words.method(e) for e in names])
        axes.grid(axis="y", color="#EEEEEE", lw=0.7)
        axes.set_xlabel(label)
    return style.finish(figure)


def by_network(summary: pd.DataFrame, label: str, chance: float, blind: Collection[str] = words.TIME_ONLY) -> Figure:
    """Draw mean and interval per explainer on every network, in one panel; controls come last.

    Methods are sorted by their mean over the networks that have all of them; those in ``blind`` get a dagger.
    """
    networks = [n for n in words.NETWORKS if n in set(summary["model"])]
    grid = summary.pivot_table(index="explainer", columns="model", values="mean")
    everywhere = grid.dropna(axis=1) if grid.notna().all().any() else grid
    order = everywhere.mean(axis=1).sort_values()
    methods = [e for e in order.index if e not in CONTROLS]
    rows = [e for e in CONTROLS if e in order.index] + methods
    figure, axes = plt.subplots(figsize=(style.WIDTH, 0.3 * len(rows) + 1.3))
    for k, network in enumerate(networks):
        part = summary[summary["model"] == network].set_index("explainer").reindex(rows)
        y = np.arange(len(rows)) + 0.16 * (len(networks) - 1) / 2 - 0.16 * k
        colour, marker = style.NETWORK_COLOURS[network]
        axes.hlines(y, part["low"], part["high"], color=colour, lw=1.6, alpha=0.7)
        axes.plot(part["mean"], y, marker, color=colour, ms=5, label=words.network(network))
    axes.axvline(chance, color="#999999", lw=1, ls=":")
    axes.axhline(len(rows) - len(methods) - 0.5, color="#DDDDDD", lw=0.8)
    axes.set_yticks(range(len(rows)), [words.marked(str(e), blind) for e in rows])
    axes.set_xlabel(label + f"\n{words.DAGGER}" * bool(set(blind) & set(rows)))
    axes.grid(axis="y", color="#F0F0F0", lw=0.7)
    figure.legend(loc="outside lower center", ncols=4)
    return style.finish(figure)


def curves(summary: pd.DataFrame, ylabel: str, xlabel: str, only: Sequence[str] | None = None) -> Figure:
    """Draw mean curve per explainer with its interval as a band, a panel per network; x is the level ``at``."""
    networks = [n for n in words.NETWORKS if n in set(summary["model"])]
    names = [e for e in words.METHODS if e in set(summary["explainer"]) and (only is None or e in only)]
    figure, grid = plt.subplots(
        -(-len(networks) // 2), 2, figsize=(style.WIDTH, 2.5 * -(-len(networks) // 2) + 1.0),
        squeeze=False, sharex=True, sharey=True,
    )  # fmt: skip
    for axes, network in zip(grid.flat, networks, strict=False):
        for e in names:
            part = summary[(summary["model"] == network) & (summary["explainer"] == e)].sort_values("at")
            look = style.look(e)
            axes.plot(part["at"], part["mean"], look.line, marker=look.marker, color=look.colour, ms=3.5, lw=1.3)
            axes.fill_between(part["at"], part["low"], part["high"], color=look.colour, alpha=0.15, lw=0)
        axes.set_title(words.network(network))
    for axes in grid[-1]:
        axes.set_xlabel(xlabel)
    for row in grid:
        row[0].set_ylabel(ylabel)
    looks = [style.look(e) for e in names]
    handles = [Line2D([], [], color=k.colour, marker=k.marker, ls=k.line, ms=4, label=k.name) for k in looks]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return style.finish(figure)


def heat(values: pd.DataFrame, label: str, fmt: str = "{:.2f}", centre: float | None = None) -> Figure:
    """Draw a table as a picture: rows × columns, each cell coloured and written; empty cells are said to be empty.

    ``centre`` is the value without colour; equal distances from it have equal colours. The bar shows the colours used.
    """
    data = values.to_numpy(dtype=float)
    figure, axes = plt.subplots(figsize=(style.WIDTH, 0.27 * len(values) + 1.5))
    spread = np.nanmax(np.abs(data - (centre or 0.0)))
    limits: dict[str, Any] = {"cmap": "viridis"}
    if centre is not None:
        limits = {"cmap": "RdBu_r", "vmin": centre - spread, "vmax": centre + spread}
    image = axes.imshow(data, aspect="auto", **limits)
    axes.set_xticks(range(values.shape[1]), [words.printed(c) for c in values.columns], rotation=40, ha="right")
    axes.set_yticks(range(values.shape[0]), [words.marked(i) for i in values.index])
    norm = image.norm
    for (i, j), v in np.ndenumerate(data):
        shade = float(np.asarray(norm(v))) if np.isfinite(v) else 0.5
        dark = shade < 0.45 if centre is None else abs(shade - 0.5) > 0.32
        text = fmt.format(v) if np.isfinite(v) else "–"
        colour = "white" if dark and text != "–" else "black"
        axes.text(j, i, text, ha="center", va="center", fontsize=7.5, color=colour)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    if note := words.below(*map(str, values.index), start=""):
        figure.supxlabel(note, fontsize=8)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, label=label)
    shown = data if centre is None else np.append(data, centre)
    if np.nanmin(shown) < np.nanmax(shown):
        bar.ax.set_ylim(np.nanmin(shown), np.nanmax(shown))  # colours are even about the centre, values are not
    return style.finish(figure)
