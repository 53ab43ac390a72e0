"""Fade to the mean of the series."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.perturbations.base import Faded, Perturbation


@dataclass(frozen=True)
class MovingAverage(Perturbation):
    r"""Fades along a line to the mean of the feature over the whole series :cite:p:`crabbe2021`.

    .. math:: y_{ti} = m_{ti} x_{ti} + (1 - m_{ti}) \frac1T \sum_s x_{si}

    It has the name of a moving average in the released code, and no window that moves.
    """

    def on(self, x: Float[Tensor, "N T F"]) -> Faded:
        """The fading of given series."""
        return Faded(x, x.mean(1, keepdim=True).expand_as(x))
