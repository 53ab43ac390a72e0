"""Effects of one choice at a time, and verdicts on claims, as intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures import style
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

CLEAR, UNCLEAR = "#004488", "#999999"
VERDICTS = {"confirmed": ("#228833", "o"), "refuted": ("#BB5566", "X"), "undecided": ("#999999", "s")}
"""Colour and marker of each verdict: the three differ in shape too."""
ALONE = "d"
"""Marker of a value without an interval: one seed shows no spread, which is not the same as no effect."""


def effects(
    table: pd.DataFrame, of: str, quantities: Sequence[str], label: str = "changed − as released", columns: int = 2
) -> Figure:
    """Draw mean effect and interval of every choice, a panel per quantity; dark where the interval leaves zero out.

    ``table`` is one of :func:`tsinterp_lib.statistics.effects.table`; ``of`` is its column that names the rows.
    Raises :class:`InvalidInput` where none of the quantities is in the table.
    """
    shown = [q for q in quantities if q in set(table["quantity"])]
    if not shown:
        raise InvalidInput(f"the table has no {', '.join(quantities)}; it has {', '.join(table['quantity'].unique())}.")
    names = list(dict.fromkeys(table[of]))
    lines = -(-len(shown) // columns)
    figure, grid = plt.subplots(
        lines, columns, figsize=(style.WIDTH, lines * (0.26 * len(names) + 0.75) + 0.4), squeeze=False, sharey=True
    )
    for axes, quantity in zip(grid.flat, shown, strict=False):
        part = table[table["quantity"] == quantity].set_index(of).reindex(names)
        for y, (_, row) in enumerate(part[::-1].iterrows()):
            clear = row["low"] > 0 or row["high"] < 0
            colour = CLEAR if clear else UNCLEAR
            axes.plot([row["low"], row["high"]], [y, y], color=colour, lw=2, solid_capstyle="butt")
            marker = ALONE if np.isnan(row["low"]) else "o"
            axes.plot(row["effect"], y, marker, color=colour, ms=5.5, mfc=colour if clear else "white")
        axes.axvline(0, color="#BBBBBB", lw=0.8, zorder=0)
        axes.set_title(quantity)
        axes.set_yticks(range(len(names)), [words.printed(n) for n in reversed(names)])
        axes.grid(axis="y", color="#EEEEEE", lw=0.7)
        axes.locator_params(axis="x", nbins=5)
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_axis_off()
    for axes in grid[-1]:
        axes.set_xlabel(textwrap.fill(label, 30))  # long labels would run into each other
    handles = [
        Line2D([], [], marker="o", color=CLEAR, lw=2, label="95 % interval leaves zero out"),
        Line2D([], [], marker="o", color=UNCLEAR, mfc="white", lw=2, label="it does not"),
    ]
    if table.loc[table["quantity"].isin(shown), "low"].isna().any():
        handles.append(Line2D([], [], ls="", marker=ALONE, color=UNCLEAR, mfc="white", label="one seed: no interval"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return style.finish(figure)


def gains(
    table: pd.DataFrame, of: str, quantities: Sequence[str], label: str, study: str = "", what: str = ""
) -> Figure | Prose:
    """Draw :func:`effects`; where the table has no row, the sentence that ``what`` of a study is not computed yet."""
    return effects(table, of, quantities, label) if len(table) else words.not_computed(study, what)


def verdicts(table: pd.DataFrame, label: str) -> Figure:
    """Draw claims with their effects and intervals, coloured and marked by verdict.

    ``table`` is one of :func:`tsinterp_lib.statistics.verdict.verdict_table`: claims as its index.
    """
    names = [textwrap.fill(str(claim), 44) for claim in table.index]
    height = sum(0.21 * (1 + n.count("\n")) + 0.16 for n in names) + 1.1
    figure, axes = plt.subplots(figsize=(style.WIDTH, height))
    for y, (_, row) in zip(np.arange(len(table))[::-1], table.iterrows(), strict=True):
        colour, marker = VERDICTS[str(row["verdict"])]
        axes.plot([row["low"], row["high"]], [y, y], color=colour, lw=2, solid_capstyle="butt")
        axes.plot(row["effect"], y, marker, color=colour, ms=7)
    axes.axvline(0, color="#BBBBBB", lw=0.8, zorder=0)
    axes.set_yticks(np.arange(len(table))[::-1], names)
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlabel(label)
    axes.grid(axis="y", color="#EEEEEE", lw=0.7)
    handles = [Line2D([], [], ls="", marker=m, color=c, ms=6, label=v) for v, (c, m) in VERDICTS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return style.finish(figure)
