"""Pictures of series and of maps over them: time runs to the right, features upwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from tsinterp_lib.figures import style
from tsinterp_lib.tables import words
from tsinterp_lib.types import Dataset

OUTLINE = "#CC3311"


def draw_map(axes: Axes, values: Tensor, importance: Tensor | None = None, signed: bool = True) -> Any:
    """Draw one (T, F) map on given axes, the planted cells outlined; a signed map is white at zero.

    Colours end at the 99.5th percentile of the magnitude, so that one extreme cell does not blank the rest, and not
    below a tenth of the largest, so that a map of few cells does not show its noise.
    """
    a = values.detach().cpu().double().numpy().T
    top = max(float(np.quantile(np.abs(a), 0.995)), 0.1 * float(np.abs(a).max())) or 1.0
    limits: dict[str, Any] = {"vmin": -top if signed else 0.0, "vmax": top, "cmap": "RdBu_r" if signed else "viridis"}
    image = axes.imshow(a, origin="lower", aspect="auto", interpolation="nearest", **limits)
    if importance is not None and bool(importance.any()) and not bool(importance.all()):
        axes.contour(importance.cpu().numpy().T.astype(float), levels=[0.5], colors=OUTLINE, linewidths=1.2)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    return image


def layouts(datasets: Mapping[str, Dataset], samples: int = 2) -> Figure:
    """Draw two samples of each data set, one per class where there is one, with the planted cells outlined."""
    names = list(datasets)
    columns = min(5, len(names))
    rows = -(-len(names) // columns) * samples
    figure, grid = plt.subplots(rows, columns, figsize=(style.WIDTH, 1.45 * rows), squeeze=False)
    for i, name in enumerate(names):
        split = datasets[name].train
        for k in range(samples):
            n = int((split.y == (1 - k) % datasets[name].n_classes).nonzero()[0])
            axes = grid[(i // columns) * samples + k][i % columns]
            truth = None if split.importance is None else split.importance[n]
            draw_map(axes, split.x[n] - split.x.mean(), truth)
            if k == 0:
                axes.set_title(words.layout(name), fontsize=8.5)
            if i % columns == 0:
                axes.set_ylabel(f"class {(1 - k) % datasets[name].n_classes}\nfeature →")
            if i // columns == (len(names) - 1) // columns and k == samples - 1:
                axes.set_xlabel("time step →")
    return style.finish(figure)


def curves_of_processes(series: Mapping[str, Tensor], features: int = 4) -> Figure:
    """Draw a few features of one (T, F) sample of each process, against the time step."""
    figure, grid = plt.subplots(len(series), 1, figsize=(style.WIDTH, 1.05 * len(series)), sharex=True)
    for axes, (name, x) in zip(np.atleast_1d(grid), series.items(), strict=True):
        for f in range(min(features, x.shape[1])):
            axes.plot(x[:, f].double().numpy(), lw=1.1, color=plt.cm.viridis(f / max(features - 1, 1)))
        axes.set_ylabel(name.replace("_", "\n"), rotation=0, ha="right", va="center")
    np.atleast_1d(grid)[-1].set_xlabel("time step")
    return style.finish(figure)


def saliency(
    maps: Mapping[str, Mapping[str, Tensor]], importance: Tensor | None = None, columns: Sequence[str] | None = None
) -> Figure:
    """Draw maps of one sample: a row per explainer, a column per network, each scaled to its own largest magnitude."""
    columns = list(columns or next(iter(maps.values())))
    figure, grid = plt.subplots(
        len(maps), len(columns), figsize=(style.WIDTH, 1.05 * len(maps) + 0.5), squeeze=False, sharex=True, sharey=True
    )
    for row, (explainer, by_network) in zip(grid, maps.items(), strict=True):
        for axes, name in zip(row, columns, strict=True):
            if name in by_network:
                draw_map(axes, by_network[name], importance)
            else:
                axes.text(0.5, 0.5, "not run", ha="center", va="center", transform=axes.transAxes, fontsize=8)
                axes.set_axis_off()
        row[0].set_ylabel(words.method(explainer), rotation=0, ha="right", va="center", fontsize=8.5)
    for axes, name in zip(grid[0], columns, strict=True):
        axes.set_title(words.network(name))
    for axes in grid[-1]:
        axes.set_xlabel("time step →")
    if importance is not None:
        outline = Line2D([], [], color=OUTLINE, lw=1.2, label="planted cells")
        figure.legend(handles=[outline], loc="outside lower right")
    return style.finish(figure)


def digits(images: Tensor, labels: Tensor, maps: Mapping[str, Tensor]) -> Figure:
    """Draw one digit per column: the image (rows are time steps) on top, then a map of it per explainer."""
    figure, grid = plt.subplots(
        1 + len(maps), len(images), figsize=(style.WIDTH, 0.85 * (1 + len(maps)) + 0.3), squeeze=False
    )
    for k, axes in enumerate(grid[0]):
        axes.imshow(images[k].numpy(), cmap="Greys", interpolation="nearest")
        axes.set_title(f"{int(labels[k])}", fontsize=9)
    for row, (explainer, a) in zip(grid[1:], maps.items(), strict=True):
        for k, axes in enumerate(row):
            top = float(a[k].abs().max()) or 1.0
            axes.imshow(a[k].numpy(), cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest")
        row[0].set_ylabel(words.method(explainer), rotation=0, ha="right", va="center", fontsize=8.5)
    grid[0][0].set_ylabel("input", rotation=0, ha="right", va="center", fontsize=8.5)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    return style.finish(figure)


def gallery(maps: Mapping[str, Tensor], importance: Tensor) -> Figure:
    """Draw named (T, F) maps side by side, the planted cells outlined."""
    columns = 5
    rows = -(-len(maps) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(style.WIDTH, 1.7 * rows), squeeze=False)
    for axes, (name, a) in zip(grid.flat, maps.items(), strict=False):
        draw_map(axes, a, importance, signed=False)
        axes.set_title("\n".join(name.split(", ")), fontsize=8)
    for axes in list(grid.flat)[len(maps) :]:
        axes.set_axis_off()
    return style.finish(figure)


def row_profile(shares: Mapping[str, Mapping[str, Tensor]]) -> Figure:
    """Draw share of each map's magnitude per time step, a panel per network; the dotted line is an even spread."""
    networks = list(next(iter(shares.values())))
    figure, grid = plt.subplots(1, len(networks), figsize=(style.WIDTH, 2.8), sharey=True, squeeze=False)
    for axes, network in zip(grid[0], networks, strict=True):
        for explainer, by_network in shares.items():
            look, share = style.look(explainer), by_network[network].numpy()
            axes.plot(range(1, len(share) + 1), share, look.line, marker=look.marker, color=look.colour, ms=4)
        axes.axhline(1 / len(share), color="#999999", ls=":", lw=1)
        axes.set_title(words.network(network), fontsize=8.5)
        axes.set_xlabel("time step (image row)")
    grid[0][0].set_ylabel("share of magnitude")
    looks = [style.look(e) for e in shares]
    handles = [Line2D([], [], color=k.colour, marker=k.marker, ls=k.line, ms=4, label=k.name) for k in looks]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return style.finish(figure)
