"""Measure information and entropy of a map, read as a mask (:cite:p:`crabbe2021`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.registry import known
from tsinterp_lib.types import Explanation, Metric

OVERS = ("important", "all")
"""The cells that are summed over: the known important ones, or all."""


@dataclass(frozen=True)
class Information(Metric):
    r"""Measures the information that a map, read as a mask, holds about a set of cells, in bits (:cite:p:`crabbe2021`).

    .. math:: I_A(s) = \sum_{i \in A} \left| \log_2 (1 - s_i + \epsilon) \right|

    with the magnitude :math:`s` scaled to [0, 1] per sample. ``over`` is ``important`` (default: :math:`A = B`) or
    ``all``; ``epsilon`` is 1e-5, so that one cell holds at most 16.61 bits. A sum, not a mean: it grows with
    :math:`|A|`; the published numbers also sum over samples. NaN where :math:`A` is empty.
    """

    over: str = "important"
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        known(self.over, OVERS, "over")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        return summed(torch.log2(1 - e.magnitude + self.epsilon).abs(), _cells(e, self.over))[:, None]


@dataclass(frozen=True)
class Entropy(Metric):
    r"""Measures the entropy of a map, read as a mask, over a set of cells, in bits (:cite:p:`crabbe2021`).

    .. math:: H_A(s) = \sum_{i \in A} s_i \left| \log_2(\epsilon + s_i) \right|
              + (1 - s_i) \left| \log_2(\epsilon + 1 - s_i) \right|

    Settings and NaN as for :class:`Information`. It is low for scores near 0 as well as near 1, so that a map that
    misses the important cells altogether has a low entropy too: read it beside the information.
    """

    over: str = "important"
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        known(self.over, OVERS, "over")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        s, eps = e.magnitude, self.epsilon
        bits = s * torch.log2(eps + s).abs() + (1 - s) * torch.log2(eps + 1 - s).abs()
        return summed(bits, _cells(e, self.over))[:, None]


def summed(bits: Float[Tensor, "N D"], cells: Bool[Tensor, "N D"]) -> Float[Tensor, "N"]:
    """Return the sum over the cells of each row, NaN where there is none."""
    return torch.where(cells.any(1), (bits * cells).sum(1), math.nan)


def _cells(e: Explanation, over: str) -> Bool[Tensor, "N D"]:
    return e.truth if over == "important" else torch.ones_like(e.magnitude, dtype=torch.bool)
