"""Blur over time with a Gaussian kernel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from jaxtyping import Float, Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.perturbations.base import Perturbation, Perturbed

EPSILON = 1e-7
REACH = 6.5
"""Weights are dropped beyond so many deviations: they are below 1e-9 of the largest."""

BLOCK = 65_536
"""Cells that are blurred together, so that all that is needed for them stays in the cache of a core."""


@dataclass(frozen=True)
class GaussianBlur(Perturbation):
    r"""Blurs with a Gaussian mean over time, the wider the less of a cell is kept :cite:p:`crabbe2021`.

    .. math:: y_{ti} = \frac{\sum_s w_s x_{si}}{\sum_s w_s}, \quad w_s = e^{-(s - t)^2 / 2 \sigma_{ti}^2}, \quad
        \sigma_{ti} = \sigma_{\max} (1 + \epsilon - m_{ti})

    over the steps of the series, with :math:`\epsilon = 10^{-7}`. ``sigma_max`` (default 2) in steps. Beyond
    m = 1 − 0.3/σ_max the blur, and its derivative, vanish to float32. Departure: weights below 1e-9 are dropped.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` for a deviation that is not positive.
    """

    sigma_max: float = 2.0

    def __post_init__(self) -> None:
        if not (self.sigma_max > 0 and math.isfinite(self.sigma_max)):
            raise InvalidInput(f"`sigma_max` is {self.sigma_max}: the widest blur is a positive number of steps.")

    def on(self, x: Float[Tensor, "N T F"]) -> Blurred:
        """Return the blur of given series."""
        return Blurred(x, self.sigma_max)


class Blurred(Perturbed):
    """Blurs by sums over pairs of steps at the same distance, whose weights follow without exponentials.

    With :math:`q = e^{-1/2\\sigma^2}` the weight at distance r is :math:`q^{r^2}`, and
    :math:`q^{(r+1)^2} = q^{r^2} q^{2r+1}`.
    """

    def __init__(self, x: Float[Tensor, "N T F"], sigma_max: float) -> None:
        n_steps = x.shape[1]
        self.sigma_max, self.centre = sigma_max, x.flatten()
        self.reach = min(n_steps - 1, math.ceil(REACH * sigma_max))
        self.sums, self.counts = [], []
        here = torch.ones_like(x)
        for r in range(1, self.reach + 1):
            self.sums.append(_both_sides(x, r).flatten())
            self.counts.append(_both_sides(here, r).flatten())

    def value(self, m: Float[Tensor, "R P"]) -> Float[Tensor, "R P"]:
        """Return the blurred cells."""
        return torch.cat([self._value(rows) for rows in torch.split(m, self._rows(m))])

    def _rows(self, m: Float[Tensor, "R K"]) -> int:
        return max(1, BLOCK // max(1, m.shape[1]))

    def _value(self, m: Float[Tensor, "R P"]) -> Float[Tensor, "R P"]:
        q = self._q(m)
        weight, factor, square = q.clone(), q * q * q, q * q
        top, bottom = self.centre.repeat(len(m), 1), torch.ones_like(m)
        for total, count in zip(self.sums, self.counts, strict=True):
            top.addcmul_(weight, total)
            bottom.addcmul_(weight, count)
            weight.mul_(factor)
            factor.mul_(square)
        return top.div_(bottom)

    def slope(
        self, m: Float[Tensor, "R K"], y: Float[Tensor, "R K"], cells: Int[Tensor, "K"] | None
    ) -> Float[Tensor, "R K"]:
        """By the chain rule: more kept, less wide."""
        pairs = zip(torch.split(m, self._rows(m)), torch.split(y, self._rows(m)), strict=True)
        return torch.cat([self._slope(*rows, cells) for rows in pairs])

    def _slope(
        self, m: Float[Tensor, "R K"], y: Float[Tensor, "R K"], cells: Int[Tensor, "K"] | None
    ) -> Float[Tensor, "R K"]:
        q = self._q(m)
        weight, factor, square = q.clone(), q * q * q, q * q
        top, bottom = torch.zeros_like(m), torch.ones_like(m)
        for r in range(1, self.reach + 1):
            total, count = self.sums[r - 1], self.counts[r - 1]
            if cells is not None:
                total, count = total[cells], count[cells]
            bottom.addcmul_(weight, count)
            top.addcmul_(weight, total - y * count, value=r * r)
            weight.mul_(factor)
            factor.mul_(square)
        sigma = self._sigma(m)
        return top.div_(bottom).mul_(-self.sigma_max).div_(sigma * sigma * sigma)

    def _sigma(self, m: Float[Tensor, "R K"]) -> Float[Tensor, "R K"]:
        return (1 - m).add_(EPSILON).mul_(self.sigma_max)

    def _q(self, m: Float[Tensor, "R K"]) -> Float[Tensor, "R K"]:
        sigma = self._sigma(m)
        return sigma.mul_(sigma).reciprocal_().mul_(-0.5).exp_()


def _both_sides(x: Float[Tensor, "N T F"], r: int) -> Float[Tensor, "N T F"]:
    """Return the values r steps before and r steps after, added; 0 beyond the ends."""
    return nnf.pad(x, (0, 0, r, 0))[:, : x.shape[1]] + nnf.pad(x, (0, 0, 0, r))[:, r:]
