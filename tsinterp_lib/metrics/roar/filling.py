"""Fill replaced cells: with a fixed mean, or with a noisy mean of their neighbours."""

from __future__ import annotations

from itertools import product

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.axes import Axes
from tsinterp_lib.registry import known

FILLS = ("channel_mean", "place_mean", "linear")
CHANNELS = ("channel", "feature")
"""The axes whose places keep a mean of their own."""

NOISE = 0.01
"""The deviation of the noise on imputed values, in shares of the range of the training values."""


def filled(
    x: Float[Tensor, "N *axes"],
    mask: Bool[Tensor, "N *axes"],
    train: Float[Tensor, "M *axes"],
    axes: Axes,
    fill: str,
    seed: int,
) -> Float[Tensor, "N *axes"]:
    """Return ``x`` with the cells of ``mask`` replaced.

    ``channel_mean``: the mean of the training samples, one value for each channel or feature, or one where the axes
    name neither. ``place_mean``: the mean training sample. ``linear``: noisy linear imputation :cite:p:`rong2022`, each
    replaced cell the weighted mean of its neighbours, all solved together, plus noise drawn from ``seed``.
    """
    known(fill, FILLS, "fill")
    if fill == "linear":
        return imputed(x, mask, train, axes, seed)
    return torch.where(mask, train.mean(0) if fill == "place_mean" else channel_mean(train, axes), x)


def channel_mean(train: Float[Tensor, "M *axes"], axes: Axes) -> Tensor:
    """Return the mean over all training cells of each channel or feature, in a shape that broadcasts to a sample."""
    kept = [axes.dim(name) for name in CHANNELS if name in axes]
    over = [d for d in range(train.dim()) if d not in kept]
    return train.mean(over, keepdim=True)[0]


def imputed(
    x: Float[Tensor, "N *axes"],
    mask: Bool[Tensor, "N *axes"],
    train: Float[Tensor, "M *axes"],
    axes: Axes,
    seed: int,
    tolerance: float = 1e-5,
) -> Float[Tensor, "N *axes"]:
    r"""Solve for the replaced cells, so that each is the weighted mean of its neighbours :cite:p:`rong2022`.

    .. math:: \hat x_i = \frac{\sum_{j \sim i} w_{ij}\, \hat x_j}{\sum_{j \sim i} w_{ij}} + 0.01\, r\, \epsilon_i

    Neighbours lie on the plane of rows and columns (weight 1/6 beside, 1/12 across a corner) or, without one, on the
    axis time, token or frame; fewer at borders. r is the range of the training values. The system is symmetric and
    positive, and is solved by conjugate gradients for all samples together. A sample (or channel) with no cell left is
    filled with the channel's mean. Raises :class:`InvalidInput` where the axes have no neighbours.
    """
    dims = axes.neighbours("fill")
    mean = channel_mean(train, axes).expand_as(x)
    known_cells = torch.where(mask, 0.0, x)
    alone = mask.all(dim=dims[0], keepdim=True) if len(dims) == 1 else mask.all(dims[0], True).all(dims[1], True)
    free = mask & ~alone
    degree = _summed(torch.ones_like(x[:1]), dims)
    right = torch.where(free, _summed(torch.where(free, 0.0, torch.where(mask, mean, known_cells)), dims), 0.0)

    def apply(v: Tensor) -> Tensor:
        return torch.where(free, degree * v - _summed(v, dims), 0.0)

    def dot(u: Tensor, v: Tensor) -> Tensor:
        return (u * v).sum(dims, keepdim=True)

    v = torch.where(free, mean, 0.0)
    residual = right - apply(v)
    direction, size = residual, dot(residual, residual)
    goal = tolerance**2 * dot(right, right).clamp_min(1e-12)
    for _ in range(int(x[0].numel()) + 10):
        if bool((size <= goal).all()):
            break
        image = apply(direction)
        step = size / dot(direction, image).clamp_min(1e-30)
        v, residual = v + step * direction, residual - step * image
        new = dot(residual, residual)
        direction, size = residual + new / size.clamp_min(1e-30) * direction, new
    spread = NOISE * (train.max() - train.min())
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed), dtype=x.dtype).to(x.device)
    return torch.where(mask, torch.where(free, v, mean) + spread * noise, x)


def _summed(v: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Return the weighted sum of the neighbours of each cell: 1/6 beside it, 1/12 across a corner; 1/2 on a line."""
    total = torch.zeros_like(v)
    for steps in product((-1, 0, 1), repeat=len(dims)):
        n_moved = sum(map(abs, steps))
        if n_moved == 0:
            continue
        weight = 1 / 2 if len(dims) == 1 else 1 / (6 * n_moved)
        to, source = total, v
        for dim, step in zip(dims, steps, strict=True):
            n = v.shape[dim] - abs(step)
            to, source = to.narrow(dim, max(0, step), n), source.narrow(dim, max(0, -step), n)
        to.add_(source, alpha=weight)
    return total
