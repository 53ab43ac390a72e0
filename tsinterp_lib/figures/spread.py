"""Pictures of many result rows at once: their spread by method, and time steps against features."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tsinterp_lib.figures import style
from tsinterp_lib.tables import words

TIME_ONLY = words.TIME_ONLY
"""Methods drawn open: they score whole time steps."""


def boxes(rows: pd.DataFrame, label: str) -> Figure:
    """Draw spread over models (layout × process × seed) of a difference from chance, by method, a panel per network.

    ``rows`` has a value per model and explainer, chance already subtracted; the box holds the middle half, the line is
    the median, whiskers reach 1.5 boxes further, circles are the rest.
    """
    networks = [n for n in words.NETWORKS if n in set(rows["model"])]
    names = [e for e in words.METHODS if e in set(rows["explainer"])]
    lines = -(-len(networks) // 2)
    figure, grid = plt.subplots(
        lines,
        2,
        figsize=(style.WIDTH, lines * (0.21 * len(names) + 0.5) + 0.4),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    palette = {e: style.look(e).colour for e in names}
    for axes, network in zip(grid.flat, networks, strict=False):
        part = rows[rows["model"] == network]
        sns.boxplot(
            part, x="value", y="explainer", hue="explainer", order=names, palette=palette, legend=False, ax=axes,
            width=0.65, linewidth=0.8, fliersize=2.2, medianprops={"color": "white", "linewidth": 1.6},
        )  # fmt: skip
        axes.axvline(0, color="#999999", lw=0.9, ls=":")
        axes.set(
            title=f"{words.network(network)} ({len(part[['dataset', 'seed']].drop_duplicates())} models)", ylabel=""
        )
        axes.set_xlabel("")
        axes.set_yticks(range(len(names)), [words.method(e) for e in names])
    for axes in grid[-1]:
        axes.set_xlabel(textwrap.fill(label, 36))
    for axes in list(grid.flat)[len(networks) :]:
        axes.set_axis_off()
    return style.finish(figure)


def time_against_features(domains: pd.DataFrame, label: str) -> Figure:
    """Draw each explainer's precision for time steps (across) against that for features (up), with intervals.

    ``domains`` has the columns domain, model, explainer, mean, low, high (``benchmark.domains_page``). Below the
    diagonal the time steps are found better than the features; open markers cannot see features by construction.
    """
    networks = [n for n in words.NETWORKS if n in set(domains["model"])]
    names = [e for e in words.METHODS if e in set(domains["explainer"])]
    lines = -(-len(networks) // 2)
    figure, grid = plt.subplots(
        lines, 2, figsize=(style.WIDTH, 3.0 * lines + 1.1), squeeze=False, sharex=True, sharey=True
    )
    for axes, network in zip(grid.flat, networks, strict=False):
        part = domains[domains["model"] == network]
        time, feature = (part[part["domain"] == d].set_index("explainer") for d in ("time", "features"))
        for e in (e for e in names if e in time.index and e in feature.index):
            look, t, f = style.look(e), time.loc[e], feature.loc[e]
            axes.plot([t["low"], t["high"]], [f["mean"]] * 2, color=look.colour, lw=1, alpha=0.6)
            axes.plot([t["mean"]] * 2, [f["low"], f["high"]], color=look.colour, lw=1, alpha=0.6)
            axes.plot(
                t["mean"], f["mean"], look.marker, color=look.colour, ms=6, mfc="none" if e in TIME_ONLY else None
            )
        axes.axline((0, 0), slope=1, color="#BBBBBB", lw=0.8, zorder=0)
        axes.axhline(0, color="#DDDDDD", lw=0.7, zorder=0)
        axes.axvline(0, color="#DDDDDD", lw=0.7, zorder=0)
        axes.set_title(words.network(network))
    for axes in grid[-1]:
        axes.set_xlabel(f"time steps: {label}")
    for row in grid:
        row[0].set_ylabel(f"features: {label}")
    for axes in list(grid.flat)[len(networks) :]:
        axes.set_axis_off()
    handles = [
        Line2D([], [], ls="", marker=style.look(e).marker, color=style.look(e).colour, ms=5, label=words.method(e),
               mfc="none" if e in TIME_ONLY else None)
        for e in names
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return style.finish(figure)
