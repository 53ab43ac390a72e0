"""Show where the saliency lies: in informative steps and features, in one of the two, or in neither."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known
from tsinterp_lib.types import Explanation, Metric

GROUPS = ("both", "time_only", "feature_only", "neither", "cells")


@dataclass(frozen=True)
class SaliencyShare(Metric):
    r"""Measures the share of a map's magnitude in one group of cells, after the groups of :cite:p:`ismail2020`.

    .. math:: \frac{\sum_{(t, f) \in G} s_{tf}}{\sum_{t, f} s_{tf}}

    A cell is important where the truth says so, and where there is none, where it is brighter than half way between
    the darkest and the brightest cell of its sample: the ink of a digit. A step (a feature) is informative if it holds
    an important cell. ``group`` G: ``both``, cells of an informative step and an informative feature; ``time_only``
    and ``feature_only``, of one of them; ``neither``; these four sum to one. ``cells``: the important cells
    themselves. A map without preference gives each group its share of the cells.

    ``side`` is for series that were cut out of a square image, row after row, whatever their length: they are folded
    back into that image of so many rows (its steps) by so many columns (its features), so that views of one image are
    compared by the same groups. Default None: as the sample is, by its axes ``time`` and ``feature``, which ``cells``
    alone does not need. NaN for a constant map. Raises :class:`~tsinterp_lib.errors.InvalidInput` where ``side`` does
    not fit or an axis is not there, ``UnknownName`` for another group.
    """

    group: str = "both"
    side: int | None = None

    def __post_init__(self) -> None:
        known(self.group, GROUPS, "group")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        shape, n_cells = e.x.shape, e.magnitude.shape[1]
        if self.side is not None:
            if self.side**2 != n_cells:
                raise InvalidInput(
                    f"`side` is {self.side}; a sample has {n_cells} cells: give the root of their number."
                )
            shape = torch.Size((len(e.x), self.side, self.side))
        s, chosen = e.magnitude.view(shape), self._chosen(important(e).view(shape), e)
        cells = tuple(range(1, s.dim()))
        total = s.sum(cells)
        return torch.where(total > 0, (s * chosen).sum(cells) / total, math.nan)[:, None]

    def _chosen(self, truth: Bool[Tensor, "N *axes"], e: Explanation) -> Bool[Tensor, "N *axes"]:
        """Return the cells of the group, from those that are important."""
        if self.group == "cells":
            return truth
        at = (1, 2) if self.side is not None else (e.axes.dim("time"), e.axes.dim("feature"))
        dims = range(1, truth.dim())
        time, feature = (truth.any(tuple(d for d in dims if d != own), keepdim=True) for own in at)
        return {
            "both": time & feature,
            "time_only": time & ~feature,
            "feature_only": ~time & feature,
            "neither": ~time & ~feature,
        }[self.group]


def important(e: Explanation) -> Bool[Tensor, "N *axes"]:
    """Return the planted cells, or, where nothing is planted, the cells above the middle of their sample's range."""
    if e.importance is not None:
        return e.importance
    low, high = e.x.flatten(1).amin(1), e.x.flatten(1).amax(1)
    return e.x > ((low + high) / 2).view(-1, *[1] * (e.x.dim() - 1))
