"""Draw continuous-time autoregressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.datasets.processes.timesynth_base import NOISE, TimeSynthProcess

START = 0.01


@dataclass(frozen=True)
class CAR(TimeSynthProcess):
    r"""Draws a continuous autoregression at irregular times, of :cite:p:`ismail2020`.

    .. math:: s_i = \phi^{\Delta} s_{i-1} + \sigma \sqrt{1 - \phi^{c \Delta}}\; z_i, \qquad
              \Delta = \tau_i - \tau_{i-1}, \quad z_i \sim \mathcal{N}(0, 1), \quad \phi = 0.9

    As released :math:`c = 1`, which is not stationary, :math:`s_1 = 0.01` and :math:`\sigma = 0.01`: under noise of
    standard deviation 0.3 the series is white noise in practice. Corrected: :math:`c = 2`, the scale at which the
    variance stays :math:`\sigma^2`; :math:`s_1 \sim \mathcal{N}(0, \sigma^2)`; and :math:`\sigma = 0.5`, the package's
    default, so that the correlation is seen above the noise. ``sigma`` None means the protocol's value; ``coefficient``
    is :math:`\phi`.
    """

    coefficient: float = 0.9
    sigma: float | None = None

    @property
    def scale(self) -> float:
        """Return the sigma in force."""
        if self.sigma is not None:
            return self.sigma
        return 0.01 if self.protocol == "as_released" else 0.5

    def _as_released(self, times: Array, n_features: int, rng: np.random.RandomState) -> Array:
        # At each step the package draws the noise, then (from the second step on) the innovation.
        n_steps = len(times)
        sd = np.array([NOISE] + [NOISE, 1.0] * (n_steps - 1))
        z = rng.normal(0.0, sd, size=(n_features, 2 * n_steps - 1))
        noise = z[:, [0, *range(1, 2 * n_steps - 1, 2)]]
        decay = np.power(self.coefficient, np.diff(times))
        spread = self.scale * np.sqrt(1 - decay)
        return _recursion(np.full(n_features, START), decay, (spread * z[:, 2::2]).T).T + noise

    def _corrected(self, times: Array, n_features: int, rng: np.random.Generator) -> Array:
        z = rng.normal(size=(times.shape[1], len(times), n_features))
        step = np.diff(times, axis=1).T[:, :, None]
        decay = np.power(self.coefficient, step)
        spread = self.scale * np.sqrt(1 - np.power(self.coefficient, 2 * step))
        return _recursion(self.scale * z[0], decay, spread * z[1:]).swapaxes(0, 1)

    def _signal(self, signals: Any) -> Any:
        return signals.CAR(ar_param=self.coefficient, sigma=self.scale, start_value=START)


def _recursion(start: Array, decay: Array, innovations: Array) -> Array:
    """Run the recursion along the first axis."""
    s = np.empty((len(innovations) + 1, *start.shape))
    s[0] = start
    for i, innovation in enumerate(innovations):
        s[i + 1] = decay[i] * s[i] + innovation
    return s
