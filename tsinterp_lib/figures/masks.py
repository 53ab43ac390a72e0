"""Pictures of fitted masks: the masks themselves, how they came about, and how the error falls with the area."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from tsinterp_lib.explainers.dynamask import MaskGroup
from tsinterp_lib.figures import style
from tsinterp_lib.perturbations import GaussianBlur

TERMS = {
    "error": ("error of the output", "#004488"),
    "size": ("size term", "#BB5566"),
    "time": ("time term", "#997700"),
}
"""Printed name and colour of each term of the objective, in the order of a history."""


def masks(found: MaskGroup, series: int = 0, areas: Sequence[int] | None = None, smooth: float = 0.0) -> Figure:
    """Draw the masks of one series, one area each: time to the right, features upwards, 0 dark and 1 bright.

    ``areas`` are positions in ``found.areas`` (default: all); ``smooth`` blurs what is drawn over that many steps.
    """
    chosen = list(range(len(found.areas)) if areas is None else areas)
    columns = min(4, len(chosen))
    n_rows = -(-len(chosen) // columns)
    figure, grid = plt.subplots(n_rows, columns, figsize=(style.WIDTH, 1.6 * n_rows), squeeze=False)
    for axes, r in zip(grid.flat, chosen, strict=False):
        m = smoothed(found.masks[series, r], smooth) if smooth else found.masks[series, r]
        image = axes.imshow(m.cpu().numpy().T, origin="lower", aspect="auto", vmin=0, vmax=1, cmap="viridis")
        axes.set_title(f"area {found.areas[r]:g}, error {float(found.errors[series, r]):.2g}", fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel("time step →")
    for row in grid:
        row[0].set_ylabel("feature →")
    for axes in list(grid.flat)[len(chosen) :]:
        axes.set_axis_off()
    figure.colorbar(image, ax=grid, label="kept", shrink=0.8)
    return style.finish(figure)


def mask_history(found: MaskGroup, series: int = 0, area: int = 0) -> Figure:
    """Draw the three terms of the objective of one mask, epoch by epoch; raises ``ValueError`` without a history."""
    if found.history is None:
        raise ValueError("the masks have no history: fit them with history=True.")
    figure, grid = plt.subplots(3, 1, figsize=(style.WIDTH, 3.6), sharex=True)
    for axes, (name, colour), values in zip(grid, TERMS.values(), found.history[:, :, series, area], strict=True):
        axes.plot(values.cpu().numpy(), color=colour, lw=1.4)
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
    grid[-1].set_xlabel("epoch")
    return style.finish(figure)


def extremal_curve(found: MaskGroup, threshold: float, series: int = 0) -> Figure:
    """Draw error against area, with the threshold, the best mask and the extremal one."""
    errors = found.errors[series].cpu().numpy()
    figure, axes = plt.subplots(figsize=(style.WIDTH, 2.8))
    axes.plot(found.areas, errors, color="#004488", marker="o", ms=3.5, lw=1.2, label="error of the mask")
    axes.axhline(threshold, color="#666666", ls=":", lw=1.2, label="threshold")
    for name, at, marker, colour in (
        ("best", int(found.best()[series]), "v", "#DDAA33"),
        ("extremal", int(found.extremal(threshold)[series]), "^", "#BB5566"),
    ):
        axes.plot(found.areas[at], errors[at], marker, color=colour, ms=9, ls="", label=f"{name}: {found.areas[at]:g}")
    axes.set_xlabel("area, share of cells kept")
    axes.set_ylabel("error of the output")
    axes.legend()
    return style.finish(figure)


def smoothed(mask: Float[Tensor, "T F"], sigma: float = 1.0) -> Float[Tensor, "T F"]:
    """Return a mask blurred over time for display, the kernel normalised at every step."""
    at = torch.arange(len(mask), dtype=mask.dtype, device=mask.device)
    kernel = torch.exp(-((at[:, None] - at[None, :]) ** 2) / (2 * sigma**2))
    return (kernel / kernel.sum(1, keepdim=True)) @ mask


def blurs(x: Float[Tensor, "T F"], kept: Sequence[float], feature: int = 0) -> Figure:
    """Draw one feature of a series under a Gaussian blur, as wide as each share kept makes it."""
    figure, axes = plt.subplots(figsize=(style.WIDTH, 2.6))
    for k in kept:
        y = GaussianBlur().perturb(x[None], torch.full_like(x[None], k))[0, :, feature]
        axes.plot(np.arange(len(x)), y.cpu().numpy(), color=plt.cm.viridis(0.85 * k), lw=1.4, label=f"kept {k:g}")
    axes.set_xlabel("time step")
    axes.set_ylabel(f"feature {feature}")
    axes.legend(ncols=len(kept))
    return style.finish(figure)
