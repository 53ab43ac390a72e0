"""Rank the units of each sample from the most to the least important, and say which are replaced at a level."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.axes import CELL, Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known

RANKINGS = ("signed", "squared")
"""The most positive score first, as published; or the largest square, which is the largest magnitude."""


def n_removed(level: float, n_units: int) -> int:
    """Return k = floor(t·n), exactly: 0.7 of 10 units are 7, though 0.7 · 10 is a hair less in floating point.

    Raises :class:`InvalidInput` for a level outside [0, 1].
    """
    if not 0 <= level <= 1:
        raise InvalidInput(f"a level is {level}: it is the share of a sample that is replaced, from 0 to 1.")
    return math.floor(round(level * n_units, 6))


def unit_scores(a: Float[Tensor, "N *axes"], axes: Axes, unit: str, ranking: str) -> Float[Tensor, "N G"]:
    """Return the score of each unit: the sum over its cells of the scores (``signed``) or of their squares
    (``squared``).
    """
    known(ranking, RANKINGS, "ranking")
    values = a.square() if ranking == "squared" else a
    if unit == CELL:
        return values.flatten(1)
    groups = axes.groups(unit, a.shape[1:]).flatten().to(a.device)
    total = torch.zeros(len(a), int(groups.max()) + 1, dtype=a.dtype, device=a.device)
    return total.index_add_(1, groups, values.flatten(1))


class Ranked(NamedTuple):
    """Holds the units of samples in a strict order: the key of each unit, and the keys of a sample from the lowest."""

    keys: Float[Tensor, "N G"]
    ordered: Float[Tensor, "N G"]

    def top(self, k: int) -> Bool[Tensor, "N G"]:
        """Mark the k first units of each sample."""
        if k == 0:
            return torch.zeros(self.keys.shape, dtype=torch.bool)
        n = self.keys.shape[1]
        return self.keys >= self.ordered[:, n - k : n - k + 1]


def ranked(scores: Float[Tensor, "N G"], seed: int) -> Ranked:
    """Return the units in falling order of their scores; equal ones are ordered by chance, by a key of each sample.

    Values are sorted, not places: that is an eighth of the cost, and finds the samples with equal scores, which alone
    are ranked unit by unit. Raises :class:`InvalidInput` where no sample has two different scores: such maps rank
    nothing.
    """
    s = scores.detach().cpu().numpy()
    rising = np.sort(s, axis=1)
    if s.shape[1] > 1 and len(s) and bool((rising[:, 0] == rising[:, -1]).all()):
        raise InvalidInput(
            f"all {len(s)} maps are constant: they rank nothing, so a removal by them is a random one; look at what "
            "the explainer returns, or choose the explainer 'random'."
        )
    tied = np.flatnonzero((rising[:, 1:] == rising[:, :-1]).any(1))
    if len(tied):
        chance = np.random.default_rng(seed).random((len(s), s.shape[1]), dtype=np.float32)[tied]
        order = np.lexsort((chance, -s[tied]), axis=1)
        places = np.broadcast_to(-np.arange(s.shape[1], dtype=s.dtype), order.shape)
        keys = np.empty(order.shape, dtype=s.dtype)
        np.put_along_axis(keys, order, places, 1)
        s = s.copy()
        s[tied], rising[tied] = keys, places[:, ::-1]
    return Ranked(torch.from_numpy(s), torch.from_numpy(rising))


def replaced(
    order: Ranked, level: float, keep: bool, axes: Axes, unit: str, shape: tuple[int, ...] | torch.Size
) -> Bool[Tensor, "N *axes"]:
    """Mark the cells that are replaced: those of the floor(t·n) first units, or (``keep``) those of all
    others.
    """
    chosen = order.top(n_removed(level, order.keys.shape[1]))
    chosen = ~chosen if keep else chosen
    if unit == CELL:
        return chosen.view(len(chosen), *shape)
    return chosen[:, axes.groups(unit, shape).flatten()].view(len(chosen), *shape)
