"""Measure how far a map is from the truth, cell by cell (:cite:p:`ismail2019`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.metrics.precision_recall import ratio
from tsinterp_lib.types import Explanation, Metric


@dataclass(frozen=True)
class WeightedJaccard(Metric):
    r"""Compares what a map and the truth have in common with what either has (:cite:p:`ismail2019`).

    .. math:: J = \frac{\sum_i \min(b_i, s_i)}{\sum_i \max(b_i, s_i)}

    with the truth :math:`b`, 1 on important cells and 0 elsewhere, and the magnitude :math:`s` scaled to [0, 1] per
    sample. No units, range [0, 1]; no settings. It depends on the size of the scores: a right ranking of small scores
    is close to 0. NaN where no cell is important. Raises :class:`~tsinterp_lib.errors.InvalidInput` for data whose
    important cells are unknown.
    """

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        b, s = e.truth.to(e.magnitude.dtype), e.magnitude
        common = ratio(torch.minimum(b, s).sum(1), torch.maximum(b, s).sum(1))
        return torch.where(e.truth.any(1), common, math.nan)[:, None]


@dataclass(frozen=True)
class EuclideanDistance(Metric):
    r"""Measures the distance of a map from the truth, in units of the truth's own length (:cite:p:`ismail2019`).

    .. math:: \lVert b - s \rVert_2 \,/\, \lVert b \rVert_2

    Letters, scaling, NaN and errors as for :class:`WeightedJaccard`; no settings, range from 0 up. A map of zeros has
    distance 1, whatever the data: more than that is worse than no map at all.
    """

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        b = e.truth.to(e.magnitude.dtype)
        norm = torch.linalg.vector_norm
        return ratio(norm(b - e.magnitude, dim=1), norm(b, dim=1))[:, None]
