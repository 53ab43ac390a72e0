"""Fading to the mean of a window around the step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.perturbations.base import KERNELS, Faded, Perturbation, check_window, distances, mean_over
from tsinterp_lib.registry import known


@dataclass(frozen=True)
class WindowedAverage(Perturbation):
    r"""A line to the mean of the feature over the steps from t − W to t + W :cite:p:`crabbe2021`.

    .. math:: y_{ti} = m_{ti} x_{ti} + (1 - m_{ti}) \frac1{|S_t|} \sum_{s \in S_t} x_{si}, \quad
        S_t = \{s : |s - t| \le W\}

    ``width`` W (default 2) in steps. ``kernel="corrected"`` (default) counts the steps within the series;
    ``as_released`` divides by 2W + 1 at the ends too, where the mean shrinks to 0.6 and 0.8 of itself.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` for a width below one.
    """

    width: int = 2
    kernel: str = "corrected"

    def __post_init__(self) -> None:
        known(self.kernel, KERNELS, "kernel")
        check_window(self.width)

    def on(self, x: Float[Tensor, "N T F"]) -> Faded:
        """The fading of given series."""
        near = (distances(x.shape[1]).abs() <= self.width).to(torch.float64)
        size = near.sum(1, keepdim=True) if self.kernel == "corrected" else 2 * self.width + 1
        return Faded(x, mean_over(x, near / size))
