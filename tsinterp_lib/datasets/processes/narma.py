"""Draw non-linear autoregressive moving averages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.datasets.processes.timesynth_base import NOISE, TimeSynthProcess

A = (0.3, 0.05, 1.5, 0.1)
SEED = 42


@dataclass(frozen=True)
class NARMA(TimeSynthProcess):
    r"""Draws a NARMA series on the index, of :cite:p:`ismail2020`, with :math:`n` = ``order`` = 10.

    .. math:: s_i = 0.3\, s_{i-1} + 0.05\, s_{i-1} \sum_{j=1}^{n} s_{i-j} + 1.5\, u_{i-n} u_{i-1} + 0.1,
              \qquad u \sim U[0, 0.5)

    with zeros before the start; ``corrected`` draws u for every sample and feature. As released, TimeSynth has three
    slips: each new signal seeds its own stream with 42, so that every feature of every sample is the same curve; the
    slice of the sum always falls on the zeros before the start, so that the second term is always 0; and the product is
    :math:`u_{i-n} u_i`. The series then is one fixed curve plus the noise.
    """

    order: int = 10

    def _as_released(self, times: Array, n_features: int, rng: np.random.RandomState) -> Array:
        return fixed_curve(len(times), self.order) + rng.normal(0.0, NOISE, size=(n_features, len(times)))

    def _corrected(self, times: Array, n_features: int, rng: np.random.Generator) -> Array:
        n, n_steps = times.shape
        u = rng.uniform(0.0, 0.5, size=(self.order + n_steps, n, n_features))
        s = np.zeros_like(u)
        for i in range(self.order, len(s)):
            past = s[i - self.order : i].sum(axis=0)
            s[i] = A[0] * s[i - 1] + A[1] * s[i - 1] * past + A[2] * u[i - self.order] * u[i - 1] + A[3]
        return s[self.order :].swapaxes(0, 1)

    def _signal(self, signals: Any) -> Any:
        return signals.NARMA(order=self.order)


def fixed_curve(n_steps: int, order: int = 10) -> Float[np.ndarray, "T"]:
    """The one curve TimeSynth's default seed gives; its dead product term is left out."""
    rng = np.random.RandomState(SEED)
    u = np.concatenate([rng.uniform(0, 0.5, size=order), rng.uniform(0, 0.5, size=n_steps)])
    s = np.zeros(order + n_steps)
    for i in range(order, len(s)):
        s[i] = A[0] * s[i - 1] + A[2] * u[i - order] * u[i] + A[3]
    return s[order:]
