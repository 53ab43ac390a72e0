"""Say what the six TimeSynth signals share: irregular sampling times and observation noise."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsinterp_lib.datasets.processes import _timesynth
from tsinterp_lib.datasets.processes.base import Array, Process, Rng
from tsinterp_lib.errors import InvalidInput

STOP = 20
NOISE = 0.3


@dataclass(frozen=True)
class TimeSynthProcess(Process):
    r"""Draws a TimeSynth signal at irregular times, plus observation noise :cite:p:`maat2017`.

    .. math:: x_{tf} = s_f(\tau_t) + \varepsilon_{tf}, \qquad \varepsilon_{tf} \sim \mathcal{N}(0, 0.3^2)

    The times :math:`\tau` are drawn once per sample and shared by its features: of 2T points evenly spaced on
    [0, 20] keep T without replacement, add Gaussian jitter with the spacing 20 / 2T as standard deviation, sort.

    ``as_released`` reproduces TimeSynth 0.2.4's stream bit for bit: drawn from ``RandomState(seed)`` it equals what
    the package gives after ``numpy.random.seed(seed)``, with a new signal object per feature as in the benchmark of
    :cite:p:`ismail2020`. ``corrected`` draws the mended law from a ``Generator``. ``engine="timesynth"`` calls the
    package; it raises ``InvalidInput`` for ``corrected``, and where the package is not installed.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.engine == "timesynth" and self.protocol != "as_released":
            raise InvalidInput(
                f"`engine` is 'timesynth' with protocol {self.protocol!r}: the package only computes 'as_released'; "
                "use engine='own'."
            )

    def _sample(self, n: int, n_steps: int, n_features: int, rng: Rng) -> Array:
        if isinstance(rng, np.random.Generator):
            if self.protocol == "as_released":
                raise InvalidInput("`rng` is a Generator: protocol 'as_released' draws from numpy.random.RandomState.")
            times = np.stack([sampling_times(n_steps, rng) for _ in range(n)])
            return self._corrected(times, n_features, rng) + rng.normal(0.0, NOISE, size=(n, n_steps, n_features))
        if self.protocol == "corrected":
            raise InvalidInput("`rng` is a RandomState: protocol 'corrected' draws from numpy.random.default_rng.")
        if self.engine == "timesynth":
            return _timesynth.sample(self._signal, n, n_steps, n_features, rng)
        x = np.empty((n, n_steps, n_features))
        for i in range(n):
            x[i] = self._as_released(sampling_times(n_steps, rng), n_features, rng).T
        return x

    @abstractmethod
    def _as_released(self, times: Array, n_features: int, rng: np.random.RandomState) -> Array:
        """Return one sample with its noise, (F, T), drawn in the package's order."""

    @abstractmethod
    def _corrected(self, times: Array, n_features: int, rng: np.random.Generator) -> Array:
        """Return the signals without noise, (N, T, F), at ``times`` of shape (N, T)."""

    @abstractmethod
    def _signal(self, signals: Any) -> Any:
        """Return the package's signal object, made from its module ``timesynth.signals``."""


def sampling_times(n_steps: int, rng: Rng) -> Array:
    """Return t irregular, sorted times, drawn in the package's order: the kept points first, then their jitter."""
    n_points = 2 * n_steps
    kept = rng.choice(n_points, size=n_steps, replace=False)
    grid = np.linspace(0, STOP, n_points)[np.sort(kept)]
    return np.sort(grid + rng.normal(0.0, STOP / n_points, size=n_steps))
