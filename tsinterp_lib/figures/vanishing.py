"""Saliency along the series, and scores by where the box lies; networks that failed the gate are drawn as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tsinterp_lib.datasets import BOXES
from tsinterp_lib.figures import style
from tsinterp_lib.tables import words

COLOURS = (("#DDAA33", "o"), ("#004488", "^"), ("#228833", "D"), ("#BB5566", "s"))
"""Colour and marker of the networks and trainings, in order."""
FLOOR = 1e-4
"""Shares below this are drawn here: a logarithm has no zero."""


def profiles(rows: pd.DataFrame, boxes: Sequence[str], names: Sequence[str]) -> Figure:
    """Draw the share of a map's mass by tenth of the series: a panel per box, a line per network and seed, log scale.

    ``rows`` has the columns box, side, who, seed, passed, at, value, of one ``side``. The steps of the box are shaded,
    the dotted line is a map without preference, dashed lines are networks that failed their accuracy gate.
    """
    figure, grid = plt.subplots(1, len(boxes), figsize=(style.WIDTH, 3.1), sharey=True, squeeze=False)
    for axes, box in zip(grid.flat, boxes, strict=True):
        layout = BOXES[f"{box}_{int(rows['side'].iloc[0])}"]
        start = int(np.asarray(layout.time_start).item()) / layout.side
        axes.axvspan(start, start + layout.n_steps / layout.side, color="#EEEEEE", zorder=0)
        axes.axhline(0.1, color="#888888", lw=0.9, ls=":")
        for (colour, marker), who in zip(COLOURS, names, strict=True):
            part = rows[(rows["box"] == box) & (rows["who"] == who)]
            for _, line in part.groupby("seed"):
                line = line.sort_values("at")
                axes.plot(
                    line["at"] - 0.05, line["value"].clip(lower=FLOOR), "-" if line["passed"].all() else "--",
                    marker=marker, color=colour, ms=3, lw=1.1, mfc=colour if line["passed"].all() else "white",
                )  # fmt: skip
        axes.set(title=words.layout(box), xlim=(0, 1), xlabel="time, share of the series", yscale="log")
        axes.set_ylim(FLOOR * 0.7, 1.5)
    grid[0, 0].set_ylabel("share of the map's mass\nby tenth of the series")
    _legend(figure, names)
    return style.finish(figure)


def by_box(
    rows: pd.DataFrame, explainer: str, metrics: Mapping[str, str], boxes: Sequence[str], names: Sequence[str]
) -> Figure:
    """Draw scores of one method by where the box lies: a panel per metric, dots for seeds, a line through their means.

    ``rows`` has the columns metric, explainer, box, who, seed, passed, value; open dots are networks that failed their
    accuracy gate, dotted grey lines random maps.
    """
    figure, grid = plt.subplots(1, len(metrics), figsize=(style.WIDTH, 3.1), squeeze=False)
    place = {box: x for x, box in enumerate(boxes)}
    for axes, (metric, printed) in zip(grid.flat, metrics.items(), strict=True):
        here = rows[rows["metric"] == metric]
        chance = here[here["explainer"] == "random"].groupby("box")["value"].mean().reindex(list(boxes))
        axes.plot(range(len(boxes)), chance, color="#888888", lw=1.2, ls=":")
        for shift, ((colour, marker), who) in enumerate(zip(COLOURS, names, strict=True)):
            part = here[(here["explainer"] == explainer) & (here["who"] == who)]
            x = part["box"].map(place).astype(float) + 0.05 * (shift - 1.5)
            for passed in (True, False):
                some = (part["passed"] == passed).to_numpy()
                axes.plot(
                    x[some], part["value"][some], marker, color=colour, ms=5, mfc=colour if passed else "white", ls=""
                )
            mean = part.groupby("box")["value"].mean().reindex(list(boxes))
            axes.plot(np.arange(len(boxes)) + 0.05 * (shift - 1.5), mean, color=colour, lw=1.1)
        axes.set(title=printed, xlim=(-0.4, len(boxes) - 0.6))
        axes.set_xticks(range(len(boxes)), [words.layout(b).removesuffix(" box") for b in boxes])
        axes.grid(axis="y", color="#EEEEEE", lw=0.7)
    _legend(figure, names)
    return style.finish(figure)


def _legend(figure: Figure, names: Sequence[str]) -> None:
    handles = [
        Line2D([], [], color=c, marker=m, ms=4, lw=1.1, label=n) for (c, m), n in zip(COLOURS, names, strict=True)
    ]
    handles.append(Line2D([], [], color="#555555", marker="o", mfc="white", ls="--", ms=4, label="failed the gate"))
    handles.append(Line2D([], [], color="#888888", ls=":", label="random map"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
