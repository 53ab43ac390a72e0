"""Rank the units of each sample from the most to the least important, and say which are replaced at a level."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tsinterp_lib.axes import CELL, Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known

RANKINGS = ("signed", "squared")
"""The most positive score first, as published; or the largest square, which is the largest magnitude."""


def n_removed(level: float, n_units: int) -> int:
    """k = floor(t·n), exactly: 0.7 of 10 units are 7, though 0.7 · 10 is a hair less in floating point.

    Raises :class:`InvalidInput` for a level outside [0, 1].
    """
    if not 0 <= level <= 1:
        raise InvalidInput(f"a level is {level}: it is the share of a sample that is replaced, from 0 to 1.")
    return math.floor(round(level * n_units, 6))


def unit_scores(a: Float[Tensor, "N *axes"], axes: Axes, unit: str, ranking: str) -> Float[Tensor, "N G"]:
    """The score of each unit: the sum over its cells of the scores (``signed``) or of their squares (``squared``)."""
    known(ranking, RANKINGS, "ranking")
    values = a.square() if ranking == "squared" else a
    if unit == CELL:
        return values.flatten(1)
    groups = axes.groups(unit, a.shape[1:]).flatten().to(a.device)
    total = torch.zeros(len(a), int(groups.max()) + 1, dtype=a.dtype, device=a.device)
    return total.index_add_(1, groups, values.flatten(1))


def ranks(scores: Float[Tensor, "N G"], seed: int) -> Int[Tensor, "N G"]:
    """The rank of each unit, 0 the most important; equal scores are ordered by chance, by a key of each sample.

    Raises :class:`InvalidInput` where no sample has two different scores: such maps rank nothing.
    """
    s = scores.detach().cpu().numpy()
    if s.shape[1] > 1 and len(s) and bool((s == s[:, :1]).all()):
        raise InvalidInput(
            f"all {len(s)} maps are constant: they rank nothing, so a removal by them is a random one; look at what "
            "the explainer returns, or choose the explainer 'random'."
        )
    order = np.argsort(-s, axis=1)  # several times faster than a stable sort; samples with equal scores come again
    ranked = np.take_along_axis(s, order, 1)
    tied = np.flatnonzero((ranked[:, 1:] == ranked[:, :-1]).any(1))
    if len(tied):
        key = np.random.default_rng(seed).random((len(s), s.shape[1]), dtype=np.float32)[tied]
        order[tied] = np.lexsort((key, -s[tied]), axis=1)
    found = np.empty(order.shape, dtype=np.int32)
    np.put_along_axis(found, order, np.arange(s.shape[1], dtype=np.int32)[None], 1)
    return torch.from_numpy(found)


def replaced(
    rank: Int[Tensor, "N G"], level: float, keep: bool, axes: Axes, unit: str, shape: tuple[int, ...] | torch.Size
) -> Bool[Tensor, "N *axes"]:
    """True at the cells that are replaced: those of the floor(t·n) first units, or (``keep``) those of all others."""
    chosen = rank < n_removed(level, rank.shape[1])
    chosen = ~chosen if keep else chosen
    if unit == CELL:
        return chosen.view(len(rank), *shape)
    return chosen[:, axes.groups(unit, shape).flatten()].view(len(rank), *shape)
