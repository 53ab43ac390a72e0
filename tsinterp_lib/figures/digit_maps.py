"""Maps of digits, folded back into images, and where their mass lies."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import Tensor

from tsinterp_lib.datasets.digit_views import as_image
from tsinterp_lib.figures import style
from tsinterp_lib.tables import words

GROUPS = {
    "both": ("informative column and row", "#004488"),
    "time_only": ("column only", "#DDAA33"),
    "feature_only": ("row only", "#BB5566"),
    "neither": ("neither", "#CCCCCC"),
}
"""Printed name and colour of each group of cells; time runs over the columns of the image."""


def digit_grid(series: Tensor, labels: Tensor, maps: Mapping[str, Tensor]) -> Figure:
    """Draw one digit per column: the image on top, then a row per named map.

    Maps with both signs are drawn white at zero, red for and blue against; maps without a sign from dark to bright.
    """
    figure, grid = plt.subplots(
        1 + len(maps), len(series), figsize=(style.WIDTH, 0.66 * (1 + len(maps)) + 0.25), squeeze=False
    )
    _row(grid[0], as_image(series), "input", "Greys")
    for axes, label in zip(grid[0], labels, strict=True):
        axes.set_title(f"{int(label)}", fontsize=9)
    for row, (name, a) in zip(grid[1:], maps.items(), strict=True):
        _row(row, as_image(a), _printed(name))
    return style.finish(figure)


def digit_views(rows: Mapping[str, tuple[Tensor, Tensor]], labels: Tensor) -> Figure:
    """Draw a view per pair of rows: the maps of its digits by one method, and by the same rescaled; both named by the
    view.

    ``rows`` maps a printed name to (maps, rescaled maps), each (K, T, F).
    """
    figure, grid = plt.subplots(
        2 * len(rows), len(labels), figsize=(style.WIDTH, 1.32 * len(rows) + 0.25), squeeze=False
    )
    for k, (name, pair) in enumerate(rows.items()):
        _row(grid[2 * k], as_image(pair[0]), name)
        _row(grid[2 * k + 1], as_image(pair[1]), "rescaled")
    for axes, label in zip(grid[0], labels, strict=True):
        axes.set_title(f"{int(label)}", fontsize=9)
    return style.finish(figure)


def mass_by_group(summary: pd.DataFrame, panels: Sequence[str], panel: str = "model") -> Figure:
    """Draw where the mass of the maps lies: a panel per network, a bar per explainer, a colour per group of cells.

    ``summary`` has the columns ``panel``, explainer, group, mean, low, high; the first group's interval is drawn at the
    end of its bar. The dotted line is the first group's share of the cells, what a map without preference gives it.
    """
    explainers = list(dict.fromkeys(summary["explainer"]))[::-1]
    n_rows = -(-len(panels) // 2)
    figure, grid = plt.subplots(
        n_rows, 2, figsize=(style.WIDTH, (0.22 * len(explainers) + 0.45) * n_rows + 0.6),
        squeeze=False, sharex=True, sharey=True,
    )  # fmt: skip
    for axes, name in zip(grid.flat, panels, strict=False):
        part = summary[summary[panel] == name]
        left = np.zeros(len(explainers))
        for group, (_, colour) in GROUPS.items():
            rows = part[part["group"] == group].set_index("explainer").reindex(explainers)
            width = rows["mean"].to_numpy(dtype=float)
            axes.barh(range(len(explainers)), width, left=left, color=colour, height=0.75)
            if group == "both":
                for colour_of, width_of in (("white", 3.0), ("black", 1.4)):  # seen on any bar
                    axes.hlines(range(len(explainers)), rows["low"], rows["high"], color=colour_of, lw=width_of)
                axes.axvline(rows["mean"].get("random", np.nan), color="black", lw=1, ls=":")
            left += np.nan_to_num(width)
        axes.set_title(words.network(name))
        axes.set_yticks(range(len(explainers)), [words.method(e) for e in explainers])
        axes.set_xlim(0, 1)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_axis_off()
    for axes in list(grid.flat)[max(0, len(panels) - 2) : len(panels)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("share of mass")
    handles = [Patch(color=colour, label=text) for text, colour in GROUPS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return style.finish(figure)


def _row(row: np.ndarray, images: Tensor, name: str, colours: str | None = None) -> None:
    signed = bool((images < 0).any()) and colours is None
    for axes, image in zip(row, images, strict=True):
        # As in other maps, colours end at a high quantile, so that one extreme cell does not blank the rest.
        top = float(image.abs().quantile(0.995)) or float(image.abs().max()) or 1.0
        low = -top if signed else float(image.min())
        axes.imshow(image.numpy(), cmap=colours or ("RdBu_r" if signed else "viridis"), vmin=low, vmax=top)
        axes.set_xticks([])
        axes.set_yticks([])
        for side in axes.spines.values():
            side.set(visible=True, color="#CCCCCC", linewidth=0.5)
    row[0].set_ylabel(textwrap.fill(name, 13), rotation=0, ha="right", va="center", fontsize=8.5)


def _printed(name: str) -> str:
    """Return the printed form of an explainer or a network, also where the registry does not list it."""
    return words.network(name) if name in words.NETWORKS else words.method(name)
