"""Draw plain Gaussian noise."""

from __future__ import annotations

from dataclasses import dataclass

from tsinterp_lib.datasets.processes.base import Array, Process, Rng
from tsinterp_lib.errors import InvalidInput


@dataclass(frozen=True)
class GaussianNoise(Process):
    r"""Draws independent standard normal entries, the plain process of :cite:p:`ismail2020`.

    .. math:: x_{tf} \sim \mathcal{N}(0, 1)

    Both protocols have this law; they differ in numpy's generator. Raises ``InvalidInput`` for ``engine="timesynth"``:
    this process never was a TimeSynth signal.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.engine != "own":
            raise InvalidInput("`engine` is 'timesynth': gaussian_noise is no TimeSynth signal; use engine='own'.")

    def _sample(self, n: int, n_steps: int, n_features: int, rng: Rng) -> Array:
        return rng.normal(0.0, 1.0, size=(n, n_steps, n_features))
