"""Show how saliency falls off with rank (:cite:p:`ismail2020`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.metrics.selection import sorted_magnitude
from tsinterp_lib.types import Explanation, Metric

RANKS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Rank fractions: 0 is the most salient cell, 1 the least. The released plots have one point every 0.02."""


@dataclass(frozen=True)
class SaliencyDistribution(Metric):
    r"""Reads off the magnitude of the cell at a fraction of the ranking (:cite:p:`ismail2020`).

    .. math:: s_{(r)}, \quad r = \min(\operatorname{round}(qD), D - 1)

    with the magnitude :math:`s` scaled to [0, 1] per sample, sorted from high to low and counted from :math:`r = 0`.
    NaN for a constant map.
    """

    levels: tuple[float, ...] = RANKS

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        s = sorted_magnitude(e)
        d = s.shape[1]
        q = torch.tensor(self.levels, dtype=torch.float64, device=s.device)
        at = torch.round(q * d).to(torch.int64).clamp(0, d - 1)
        return torch.where(s[:, :1] > 0, s[:, at], math.nan)
