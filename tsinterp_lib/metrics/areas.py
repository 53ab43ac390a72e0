"""Measure areas under precision and recall over the nine levels (:cite:p:`ismail2020`)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.metrics.selection import LEVELS
from tsinterp_lib.types import Explanation, Metric


@dataclass(frozen=True)
class AUP(Metric):
    r"""Measures the area under the weighted precision (:cite:p:`ismail2020`).

    .. math:: \mathrm{AUP} = \int_{0.1}^{0.9} P(p) \, dp \in [0, 0.8]

    by the trapezoid rule over nine levels; the curve is not extended to 0 and 1, hence the ceiling. Settings as for
    :class:`~tsinterp_lib.metrics.precision_recall.Precision`.
    """

    cut: str = "mass"
    unit: str = "cell"
    weights: str = "meant"

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        return trapezoid(Precision(self.cut, self.unit, self.weights).scores(e), LEVELS)[:, None]


@dataclass(frozen=True)
class AUR(Metric):
    r"""Measures the area under the weighted recall (:cite:p:`ismail2020`).

    .. math:: \mathrm{AUR} = \int_{0.1}^{0.9} R(p) \, dp \in [0, 0.8]

    by the trapezoid rule over nine levels, not extended. Settings as for
    :class:`~tsinterp_lib.metrics.precision_recall.Recall`.
    """

    cut: str = "mass"
    unit: str = "cell"
    weights: str = "meant"

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        return trapezoid(Recall(self.cut, self.unit, self.weights).scores(e), LEVELS)[:, None]


@dataclass(frozen=True)
class AUPR(Metric):
    r"""Measures the area under weighted precision over weighted recall (:cite:p:`ismail2020`).

    .. math:: \mathrm{AUPR} = \int P \, dR

    by the trapezoid rule over the nine pairs of a sample, sorted by recall; no end points are added. The released code
    takes the area under the *mean* curves instead: :func:`~tsinterp_lib.metrics.dataset_level.aupr_of_means`.
    """

    cut: str = "mass"

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        recall, order = Recall(self.cut).scores(e).sort(dim=1, stable=True)
        return torch.trapezoid(Precision(self.cut).scores(e).gather(1, order), recall, dim=1)[:, None]


def trapezoid(values: Float[Tensor, "N L"], levels: tuple[float, ...]) -> Float[Tensor, "N"]:
    """Return the area under each row over the levels."""
    return torch.trapezoid(values, torch.tensor(levels, dtype=values.dtype, device=values.device), dim=1)
