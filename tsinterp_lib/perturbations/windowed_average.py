"""Fade to the mean of a window around the step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsinterp_lib.perturbations._window import Windowed


@dataclass(frozen=True)
class WindowedAverage(Windowed):
    r"""Fades along a line to the mean of the feature over the steps from t − W to t + W :cite:p:`crabbe2021`.

    .. math:: y_{ti} = m_{ti} x_{ti} + (1 - m_{ti}) \frac1{|S_t|} \sum_{s \in S_t} x_{si}, \quad
        S_t = \{s : |s - t| \le W\}

    ``width`` W (default 2) in steps. ``kernel="corrected"`` (default) counts the steps within the series;
    ``as_released`` divides by 2W + 1 at the ends too, where the mean shrinks to 0.6 and 0.8 of itself.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` for a width below one.
    """

    def weights(self, ahead: Int[Tensor, "T T"]) -> Float[Tensor, "T T"]:
        """Weigh evenly over the steps of the window."""
        near = (ahead.abs() <= self.width).to(torch.float64)
        return near / (near.sum(1, keepdim=True) if self.kernel == "corrected" else 2 * self.width + 1)
