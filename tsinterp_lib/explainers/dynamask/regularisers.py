"""The two regularisers of a mask: how many of its coefficients are one, and how much they change in time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput

MUCH = 8
"""Where more than one coefficient in so many is kept, sorting all of them is faster than finding the largest."""


def areas_of(areas: Sequence[float] | str) -> tuple[float, ...]:
    """Return the areas as numbers; ``"first:last:count"`` spaces them evenly. Raises unless they rise within (0, 1]."""
    if isinstance(areas, str):
        parts = areas.split(":")
        if len(parts) != 3:
            raise InvalidInput(f"`areas` is {areas!r}: write 'first:last:count', such as '0.05:0.5:10', or numbers.")
        found = tuple(float(a) for a in np.linspace(float(parts[0]), float(parts[1]), int(parts[2])).round(12))
    else:
        found = tuple(float(a) for a in areas)
    if not found or not all(0 < a <= 1 for a in found):
        raise InvalidInput(f"`areas` is {found}: give at least one share of the cells, each above 0 and at most 1.")
    if any(b <= a for a, b in pairwise(found)):
        raise InvalidInput(f"`areas` is {found}: they must rise and none may come twice; sort them and drop doubles.")
    return found


ROUNDINGS = ("cells_first", "left_to_right")


def kept_counts(areas: Sequence[float], n_steps: int, n_features: int, rounding: str = "cells_first") -> list[int]:
    """Say how many coefficients the reference of each area has at one: all but ``floor((1 − a) · T · F)``.

    In floating point, where the order of the product counts: 0.31 of 200 × 3 keeps 187 ``cells_first``, as 0.69 · 600
    falls just below 414, and 186 ``left_to_right``, as released. Both keep 205 of 600 for 0.34.
    """
    n_cells = n_steps * n_features
    if rounding == "left_to_right":
        return [n_cells - int((1 - a) * n_steps * n_features) for a in areas]
    return [n_cells - int((1 - a) * n_cells) for a in areas]


def kept(m: Float[Tensor, "B D"], counts: Int[Tensor, "B"], largest: int, ties: str = "later") -> Float[Tensor, "B D"]:
    """Return 1 for the ``counts[b]`` largest coefficients of every row, 0 for the rest; of equal ones the later are
    kept.

    That is the order of a stable ascending sort; ``ties="earlier"`` keeps the earlier of equal ones. Only the set is
    needed, so that cells are not put in order: the smallest coefficient kept says who is in it, and only rows in which
    others are equal to it are looked at again. ``largest`` is the highest of the counts.
    """
    ends = _smallest_kept(m, counts, largest)[:, None]
    chosen = (m >= ends).to(m.dtype)
    wanted = counts.to(m.dtype)
    tied = (chosen.sum(1) > wanted).nonzero()[:, 0]
    if len(tied):
        rows, end = m[tied], ends[tied]
        above, equal = rows > end, rows == end
        missing = wanted[tied, None] - above.sum(1, keepdim=True)
        place = equal.cumsum(1) if ties == "earlier" else equal.flip(1).cumsum(1).flip(1)
        chosen[tied] = (above | (equal & (place <= missing))).to(m.dtype)
    return chosen


def _smallest_kept(m: Float[Tensor, "B D"], counts: Int[Tensor, "B"], largest: int) -> Float[Tensor, "B"]:
    if m.device.type == "cpu" and MUCH * largest > m.shape[1]:
        rising = torch.from_numpy(np.sort(m.numpy(), axis=1))
        return rising.gather(1, m.shape[1] - counts[:, None])[:, 0]
    return m.topk(largest, dim=1).values.gather(1, counts[:, None] - 1)[:, 0]


def time_pairs(n_steps: int, last_pair: bool) -> int:
    """Say how many pairs of neighbouring steps the time term looks at; the released slice leaves the last one out."""
    return n_steps - 1 if last_pair else n_steps - 2


def time_term(m: Float[Tensor, "B T F"], last_pair: bool) -> Float[Tensor, "B"]:
    """Return the mean absolute change from a step to the next."""
    n = time_pairs(m.shape[1], last_pair)
    return m.diff(dim=1)[:, :n].abs().flatten(1).mean(1)


def time_gradient(m: Float[Tensor, "B T F"], last_pair: bool) -> Float[Tensor, "B T F"]:
    """Return its derivative by every coefficient; 0 where two neighbours are equal."""
    n = time_pairs(m.shape[1], last_pair)
    sign = m.diff(dim=1)[:, :n].sign() / (n * m.shape[2])
    found = torch.zeros_like(m)
    found[:, 1 : n + 1] += sign
    found[:, :n] -= sign
    return found


def size_term(m: Float[Tensor, "B D"], chosen: Float[Tensor, "B D"]) -> Float[Tensor, "B"]:
    """Return the mean squared distance of the sorted coefficients from zeros followed by ones."""
    return (m - chosen).square().mean(1)
