"""Where the saliency lies: in informative steps and features, in one of the two, or in neither."""

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
    r"""The share of a map's magnitude in one group of cells, after the groups of :cite:p:`ismail2020`.

    .. math:: \frac{\sum_{(t, f) \in G} s_{tf}}{\sum_{t, f} s_{tf}}

    A cell is important where the truth says so, and where there is none, where it is brighter than half way between
    the darkest and the brightest cell of its sample: the ink of a digit. A step (a feature) is informative if it holds
    an important cell. ``group`` G: ``both``, cells of an informative step and an informative feature; ``time_only``
    and ``feature_only``, of one of them; ``neither``; these four sum to one. ``cells``: the important cells
    themselves. A map without preference gives each group its share of the cells.

    ``side``: fold the series into an image of so many steps by so many features first, so that views of one image are
    compared by the same groups; default None: as the series is. NaN for a constant map.
    Raises :class:`~tsinterp_lib.errors.InvalidInput` where ``side`` does not fit, ``UnknownName`` for another group.
    """

    group: str = "both"
    side: int | None = None

    def __post_init__(self) -> None:
        known(self.group, GROUPS, "group")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        n, steps, features = e.x.shape
        if self.side is not None and self.side**2 != steps * features:
            raise InvalidInput(
                f"`side` is {self.side}; the series has {steps} × {features} cells: give the root of their number."
            )
        shape = (n, steps, features) if self.side is None else (n, self.side, self.side)
        truth = important(e).view(shape)
        time, feature = truth.any(2)[:, :, None], truth.any(1)[:, None, :]
        chosen = {
            "both": time & feature,
            "time_only": time & ~feature,
            "feature_only": ~time & feature,
            "neither": ~time & ~feature,
            "cells": truth,
        }[self.group]
        s = e.magnitude.view(shape)
        total = s.sum((1, 2))
        return torch.where(total > 0, (s * chosen).sum((1, 2)) / total, math.nan)[:, None]


def important(e: Explanation) -> Bool[Tensor, "N T F"]:
    """The planted cells, or, where nothing is planted, the cells above the middle of their sample's range."""
    if e.importance is not None:
        return e.importance
    low, high = e.x.flatten(1).amin(1), e.x.flatten(1).amax(1)
    return e.x > ((low + high) / 2)[:, None, None]
