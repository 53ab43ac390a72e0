"""Average the precision of the magnitudes (:cite:p:`davis2006`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.metrics.selection import pooled_unscaled, sorted_magnitude, sorted_truth
from tsinterp_lib.metrics.ties import groups
from tsinterp_lib.types import Explanation, Metric


@dataclass(frozen=True)
class AveragePrecision(Metric):
    r"""Averages the unweighted precision over the ranks of the important cells (:cite:p:`davis2006`).

    .. math:: \mathrm{AP} = \sum_g (R_g - R_{g-1}) P_g

    over the groups :math:`g` of equal magnitude from high to low, with :math:`P` and :math:`R` counted in cells.
    Equal to ``average_precision_score`` of scikit-learn (:cite:p:`pedregosa2011`). NaN where all cells are important
    or none is. ``pool`` (default False): as for :class:`~tsinterp_lib.metrics.auroc.AUROC`.
    """

    pool: bool = False

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        falling, truth = pooled_unscaled(e) if self.pool else (sorted_magnitude(e), sorted_truth(e))
        found = self._mean(falling, truth)
        return (found.repeat(len(e.x)) if self.pool else found)[:, None]

    def _mean(self, falling: Float[Tensor, "N D"], truth: Bool[Tensor, "N D"]) -> Float[Tensor, "N"]:
        end = groups(falling).end
        hits = truth.to(torch.float64).cumsum(1).gather(1, end)
        n_true = truth.sum(1).to(torch.float64)
        score = (hits / (end + 1) * truth).sum(1) / n_true.clamp(min=1)
        return torch.where((n_true > 0) & (n_true < truth.shape[1]), score, math.nan)
