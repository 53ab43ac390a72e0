"""Draw pseudo-periodic waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.datasets.processes.timesynth_base import NOISE, TimeSynthProcess


@dataclass(frozen=True)
class PseudoPeriodic(TimeSynthProcess):
    r"""Draws a sine whose amplitude and frequency are redrawn at every time, of :cite:p:`ismail2020`.

    .. math:: s_f(\tau) = A_{f\tau} \sin(c\, \nu_{f\tau} \tau), \qquad
              A \sim \mathcal{N}(1, 0.5^2), \quad \nu \sim \mathcal{N}(2, 0.01^2)

    As released :math:`c = 1`, unlike in the harmonic process; corrected :math:`c = 2\pi`, so that ``frequency`` is in
    cycles per unit of time in both. ``amplitude``, ``frequency`` are the means, ``amplitude_sd``, ``frequency_sd`` the
    standard deviations; entries are independent given the times.
    """

    amplitude: float = 1.0
    frequency: float = 2.0
    amplitude_sd: float = 0.5
    frequency_sd: float = 0.01

    def _as_released(self, times: Array, n_features: int, rng: np.random.RandomState) -> Array:
        # Per feature the package draws all frequencies, all amplitudes, then all noise.
        mean = np.array([[self.frequency], [self.amplitude], [0.0]])
        sd = np.array([[self.frequency_sd], [self.amplitude_sd], [NOISE]])
        z = rng.normal(mean, sd, size=(n_features, 3, len(times)))
        signal: Array = z[:, 1] * np.sin(z[:, 0] * times) + z[:, 2]
        return signal

    def _corrected(self, times: Array, n_features: int, rng: np.random.Generator) -> Array:
        size = (*times.shape, n_features)
        frequency = rng.normal(self.frequency, self.frequency_sd, size=size)
        amplitude = rng.normal(self.amplitude, self.amplitude_sd, size=size)
        signal: Array = amplitude * np.sin(2 * np.pi * frequency * times[:, :, None])
        return signal

    def _signal(self, signals: Any) -> Any:
        return signals.PseudoPeriodic(
            amplitude=self.amplitude, frequency=self.frequency, ampSD=self.amplitude_sd, freqSD=self.frequency_sd
        )
