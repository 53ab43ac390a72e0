"""Draw spikes in three curves, of which one sets the label for good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tsinterp_lib.datasets._per_step import N_FEATURES, PerStep
from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.errors import InvalidInput

ORDER = 2
COEFFICIENTS = ((0.5, 1.5, 0.5), (0.5, 1.5, 0.5), (0.3, 1.5, 0.1))
"""Of the recursion, by feature: on the last value, on the product of inputs, constant."""

TREND = (0.003, 0.065, 0.0)
NOISE = (0.001, 0.001, 0.0)
OFFSET = (0.0, 0.0, -0.5)
HEIGHT = 1.5


@dataclass(frozen=True, kw_only=True)
class Spike(PerStep):
    r"""Draws smooth curves with spikes; the label is 1 from the first spike of feature 0 on :cite:p:`tonekaboni2020`.

    .. math:: g_t = a\, g_{t-1} + 1.5\, u_{t-2} u_t + b, \quad u \sim U[0, 0.5), \qquad
        y_t = 1[t \ge \tau_0 + \text{delay}]

    with a trend and noise added for features 0 and 1, divided by the range of each curve, and smoothed by a causal
    Butterworth low-pass filter (order 6, 6.8 of 30 Hz). Then each feature gets, with probability 0.3, a Poisson(3)
    number of spikes of height 1.5 at distinct steps; :math:`\tau_0` is the first one of feature 0, and that cell alone
    is important. ``n_steps`` 80. ``delay`` 0; with 2 it is the delayed spike of later comparisons. The paper's curve is
    a non-linear moving average. The released generator calls TimeSynth, whose non-linear term is always zero
    (:ref:`FIT-6 <fit-6>`, :ref:`TSY-1 <tsy-1>`); with that term these coefficients would diverge, so that both
    protocols have the linear recursion.

    Raises ``UnknownName`` for another protocol or dtype, ``InvalidInput`` for fewer than two steps or a negative delay.
    """

    n_steps: int = 80
    delay: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.delay < 0:
            raise InvalidInput(f"`delay` is {self.delay}: the label cannot come before its spike; give 0 or more.")

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return series, labels and important cells."""
        spikes = self._spikes(n, rng)
        x = self._curves(n, rng) + HEIGHT * spikes
        first = np.where(spikes[:, :, 0].any(1), spikes[:, :, 0].argmax(1), self.n_steps + self.delay)
        at = np.arange(self.n_steps)
        importance = np.zeros(x.shape, dtype=bool)
        importance[:, :, 0] = at == first[:, None]
        return x, (at >= (first + self.delay)[:, None]).astype(np.float64), importance

    def _curves(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "N T F"]:
        from scipy.signal import butter, sosfilt  # slow to import, and only needed here

        u = rng.uniform(0, 0.5, size=(ORDER + self.n_steps, n, N_FEATURES))
        a, b, c = np.array(COEFFICIENTS).T
        g = np.zeros_like(u)
        for t in range(ORDER, len(g)):
            g[t] = a * g[t - 1] + b * u[t - ORDER] * u[t] + c
        g = g[ORDER:].swapaxes(0, 1)
        g = g + np.array(NOISE) * rng.standard_normal(g.shape) + np.array(TREND) * np.arange(self.n_steps)[:, None]
        g = g / np.ptp(g, axis=1, keepdims=True) + np.array(OFFSET)
        smooth: Array = sosfilt(butter(6, 6.8, fs=30, output="sos"), g, axis=1)
        return smooth

    def _spikes(self, n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Say where spikes are: ranks of random numbers give distinct steps."""
        count = np.where(rng.random((n, N_FEATURES)) < 0.3, rng.poisson(3, (n, N_FEATURES)), 0)
        rank = rng.random((n, self.n_steps, N_FEATURES)).argsort(1).argsort(1)
        spikes: NDArray[np.bool_] = rank < count[:, None]
        return spikes
