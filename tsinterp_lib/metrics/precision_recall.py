"""Weigh precision and recall of the selected cells by saliency, level by level (:cite:p:`ismail2020`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.metrics.selection import CUTS, LEVELS
from tsinterp_lib.metrics.units import WEIGHTS, sums
from tsinterp_lib.registry import known
from tsinterp_lib.types import Explanation, Metric


@dataclass(frozen=True)
class Precision(Metric):
    r"""Measures the share of the selected saliency that lies on important cells (:cite:p:`ismail2020`).

    .. math:: P(p) = \frac{\sum_{i \in A(p) \cap B} s_i}{\sum_{i \in A(p)} s_i}

    :math:`s` is the magnitude scaled to [0, 1] per sample, :math:`A(p)` the top cells at level :math:`p` and :math:`B`
    the important ones. ``cut`` is ``mass`` (top cells that hold the share :math:`p` of the saliency; the released code)
    or ``count`` (the share :math:`p` of the cells). ``unit`` is ``cell`` (default) or the name of an axis
    (``time``, ``feature``, ``row``, or several as ``row+column``): a step, a feature or a row counts as selected, or
    important, if any of its cells is, and weighs the mean of its k largest cells. ``weights`` ``meant`` (default): k is
    the number of important places on the other axes; ``released``: the number of important units, as released.

    NaN for a sample without saliency among the selected cells, and where all units are important or none is. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` for data whose important cells are unknown, or without the axis.
    """

    cut: str = "mass"
    unit: str = "cell"
    weights: str = "meant"
    levels: tuple[float, ...] = LEVELS

    def __post_init__(self) -> None:
        _check(self.cut, self.weights)

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        s = sums(e, self.cut, self.unit, self.weights, self.levels)
        return ratio(s.hits, s.selected).masked_fill(s.degenerate, math.nan)


@dataclass(frozen=True)
class Recall(Metric):
    r"""Measures the share of the saliency of the important cells that is selected (:cite:p:`ismail2020`).

    .. math:: R(p) = \frac{\sum_{i \in A(p) \cap B} s_i}{\sum_{i \in B} s_i}

    Letters and settings as for :class:`Precision`. Under the mass cut a perfect map and a random one have the same
    recall, because :math:`R(p)` is then about :math:`p` for both; under the count cut they differ.

    NaN for a sample whose important cells have no saliency, and where all units are important or none is. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` for data whose important cells are unknown.
    """

    cut: str = "mass"
    unit: str = "cell"
    weights: str = "meant"
    levels: tuple[float, ...] = LEVELS

    def __post_init__(self) -> None:
        _check(self.cut, self.weights)

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        s = sums(e, self.cut, self.unit, self.weights, self.levels)
        return ratio(s.hits, s.important).masked_fill(s.degenerate, math.nan)


def ratio(part: Float[Tensor, "..."], whole: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return ``part / whole``, NaN where the whole is zero."""
    return torch.where(whole > 0, part / torch.where(whole > 0, whole, 1.0), math.nan)


def _check(cut: str, weights: str) -> None:
    known(cut, CUTS, "cut")
    known(weights, WEIGHTS, "weights")
