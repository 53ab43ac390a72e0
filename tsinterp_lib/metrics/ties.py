"""Find where each group of cells of equal magnitude, which cross a threshold together, begins and ends."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Groups(NamedTuple):
    """Holds the first and last place of the group of equals that each place belongs to."""

    start: Int[Tensor, "N D"]
    end: Int[Tensor, "N D"]


def groups(falling: Float[Tensor, "N D"]) -> Groups:
    """Return the groups of equal values in rows sorted from high to low."""
    n, d = falling.shape
    place = torch.arange(d, device=falling.device).expand(n, d)
    new = torch.ones((n, d), dtype=torch.bool, device=falling.device)
    new[:, 1:] = falling[:, 1:] != falling[:, :-1]
    start = torch.where(new, place, 0).cummax(1).values
    last = torch.ones_like(new)
    last[:, :-1] = new[:, 1:]
    end = torch.where(last, place, d).flip(1).cummin(1).values.flip(1)
    return Groups(start, end)
