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

    It is called a moving average in the released code (:ref:`DYN-36 <dyn-36>`); no window moves.
    """

    def on(self, x: Float[Tensor, "N T F"]) -> Faded:
        """Return the fading of given series."""
        return Faded(x, x.mean(1, keepdim=True).expand_as(x))
