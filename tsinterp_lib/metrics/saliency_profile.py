"""Show when a map is salient: its mass along the series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.metrics.precision_recall import ratio
from tsinterp_lib.types import Explanation, Metric

TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Where each tenth of the series ends, as a share of its length."""


@dataclass(frozen=True)
class SaliencyProfile(Metric):
    r"""Measures the share of a map's magnitude in each part of the series, to see it vanish backwards in time
    (:cite:p:`ismail2019` shows mean maps; the shares are ours).

    .. math:: \frac{\sum_{t \in G_l} \sum_f s_{tf}}{\sum_{t, f} s_{tf}}, \qquad
              G_l = \{t : l_{-1} < (t + 1) / T \le l\}, \quad t = 0, \dots, T - 1

    with the magnitude :math:`s` scaled to [0, 1] per sample, ``levels`` :math:`l` the ends of the parts (default:
    tenths) and :math:`l_{-1}` the level before, or 0. ``axis`` (default ``time``) names the axis that t runs along; f
    runs over all others. No units; the shares sum to one, a part without a step has 0. NaN for a constant map. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` where levels do not rise from above 0 to 1, or no axis has the name.
    """

    levels: tuple[float, ...] = TENTHS
    axis: str = "time"

    def __post_init__(self) -> None:
        ends = (0.0, *self.levels)
        if any(b <= a for a, b in pairwise(ends)) or ends[-1] != 1.0:
            raise InvalidInput(f"`levels` are {self.levels}: give ends of parts that rise from above 0 to 1.")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        s = e.magnitude.view(e.x.shape).movedim(e.axes.dim(self.axis), 1).flatten(2).sum(2)
        n, steps = s.shape
        ends = torch.tensor(self.levels, dtype=torch.float64, device=s.device)
        # (t + 1) / T is never above its own level by more than rounding: 3 / 10 must not fall behind 0.3.
        time = torch.arange(1, steps + 1, dtype=torch.float64, device=s.device) / steps - 1e-9
        part = torch.bucketize(time, ends)
        mass = s.new_zeros(n, len(ends)).index_add_(1, part, s)
        return torch.where(s.sum(1, keepdim=True) > 0, ratio(mass, s.sum(1, keepdim=True)), math.nan)
