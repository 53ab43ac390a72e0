"""Draw harmonic waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.datasets.processes.timesynth_base import NOISE, TimeSynthProcess


@dataclass(frozen=True)
class Harmonic(TimeSynthProcess):
    r"""Draws a sine at irregular times, the harmonic process of :cite:p:`ismail2020`.

    .. math:: s_f(\tau) = \sin(2 \pi \nu \tau + \varphi_f), \qquad \nu = 2

    As released :math:`\varphi_f = 0`: all features of a sample share one curve and differ by the noise alone.
    Corrected: one phase :math:`\varphi_f \sim U[0, 2\pi)` per sample and feature, so that features are independent
    given the times. ``frequency`` is :math:`\nu`, in cycles per unit of time.
    """

    frequency: float = 2.0

    def _as_released(self, times: Array, n_features: int, rng: np.random.RandomState) -> Array:
        curve = np.sin(2 * np.pi * self.frequency * times)
        return curve + rng.normal(0.0, NOISE, size=(n_features, len(times)))

    def _corrected(self, times: Array, n_features: int, rng: np.random.Generator) -> Array:
        phase = rng.uniform(0.0, 2 * np.pi, size=(len(times), 1, n_features))
        wave: Array = np.sin(2 * np.pi * self.frequency * times[:, :, None] + phase)
        return wave

    def _signal(self, signals: Any) -> Any:
        return signals.Sinusoidal(frequency=self.frequency)
