"""Measure the area under the receiver operating characteristic of the magnitudes (:cite:p:`davis2006`)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.metrics.precision_recall import ratio
from tsinterp_lib.metrics.selection import pooled_unscaled, sorted_magnitude, sorted_truth
from tsinterp_lib.metrics.ties import groups
from tsinterp_lib.types import Explanation, Metric


@dataclass(frozen=True)
class AUROC(Metric):
    r"""Estimates how probably an important cell outranks an unimportant one, ties counting half (:cite:p:`davis2006`).

    .. math:: \mathrm{AUROC} = P(s_i > s_j) + \tfrac12 P(s_i = s_j), \quad i \in B, \ j \notin B

    computed per sample from mean ranks; it depends on the ranking alone. Equal to ``roc_auc_score`` of scikit-learn
    (:cite:p:`pedregosa2011`). NaN where all cells are important or none is.

    With ``pool`` (default False) the cells of all samples are ranked together by their magnitudes as they are, as
    :cite:t:`tonekaboni2020` score, and every sample gets the one value: only seeds give it a spread, and samples
    without an important cell count.
    """

    pool: bool = False

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        falling, truth = pooled_unscaled(e) if self.pool else (sorted_magnitude(e), sorted_truth(e))
        found = self._area(falling, truth)
        return (found.repeat(len(e.x)) if self.pool else found)[:, None]

    def _area(self, falling: Float[Tensor, "N D"], truth: Bool[Tensor, "N D"]) -> Float[Tensor, "N"]:
        g = groups(falling)
        d = truth.shape[1]
        mean_rank = d - (g.start + g.end).to(torch.float64) / 2
        n_true = truth.sum(1).to(torch.float64)
        wins = (mean_rank * truth).sum(1) - n_true * (n_true + 1) / 2
        return ratio(wins, n_true * (d - n_true))
