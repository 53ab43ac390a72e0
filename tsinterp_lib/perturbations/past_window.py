"""Fade to the mean of the steps before."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsinterp_lib.perturbations._window import Windowed


@dataclass(frozen=True)
class PastWindow(Windowed):
    r"""Fades along a line to the mean of the feature over the steps from t − W to t :cite:p:`crabbe2021`.

    .. math:: y_{ti} = m_{ti} x_{ti} + (1 - m_{ti}) \frac1{|S_t|} \sum_{s \in S_t} x_{si}, \quad
        S_t = \{s \ge 0 : t - W \le s \le t\}

    ``width`` W (default 2) in steps. ``kernel="corrected"`` (default) is that. ``as_released`` sums all steps up to
    t + W, the whole past and W steps of the future, and divides by 2W + 1: neither a window nor a mean.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` for a width below one.
    """

    def weights(self, ahead: Int[Tensor, "T T"]) -> Float[Tensor, "T T"]:
        """Weigh evenly over the steps of the window."""
        if self.kernel == "as_released":
            return (ahead <= self.width).to(torch.float64) / (2 * self.width + 1)
        past = ((ahead <= 0) & (ahead >= -self.width)).to(torch.float64)
        return past / past.sum(1, keepdim=True)
