"""Draw first-order autoregressions on the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.datasets.processes.timesynth_base import NOISE, TimeSynthProcess


@dataclass(frozen=True)
class Autoregressive(TimeSynthProcess):
    r"""Draws an AR(1) series of :cite:p:`ismail2020`, started at zero before the first step.

    .. math:: s_i = \phi s_{i-1} + \mathcal{N}(0, \sigma^2), \qquad s_0 = 0, \quad \phi = 0.9, \quad \sigma = 0.5

    It runs on the index i and ignores the irregular times in both protocols (a discrete autoregression knows no other
    time; ``car`` is the process that does). Its standard deviation grows from 0.5 to 1.15. Both protocols have this
    law; they differ in numpy's generator. ``coefficient`` is :math:`\phi`.
    """

    coefficient: float = 0.9
    sigma: float = 0.5

    def _as_released(self, times: Array, n_features: int, rng: np.random.RandomState) -> Array:
        # At each step the package draws the noise before the innovation.
        z = rng.normal(0.0, np.array([NOISE, self.sigma]), size=(n_features, len(times), 2))
        return self._recursion(z[:, :, 1].T).T + z[:, :, 0]

    def _corrected(self, times: Array, n_features: int, rng: np.random.Generator) -> Array:
        innovations = rng.normal(0.0, self.sigma, size=(times.shape[1], len(times), n_features))
        return self._recursion(innovations).swapaxes(0, 1)

    def _recursion(self, innovations: Array) -> Array:
        """Run the recursion along the first axis."""
        s = np.empty_like(innovations)
        previous = np.zeros_like(innovations[0])
        for i, innovation in enumerate(innovations):
            previous = previous * self.coefficient + innovation
            s[i] = previous
        return s

    def _signal(self, signals: Any) -> Any:
        return signals.AutoRegressive(ar_param=[self.coefficient], sigma=self.sigma)
