"""Draw Gaussian processes with a Matérn kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.datasets.processes.timesynth_base import NOISE, TimeSynthProcess

NU = 1.5
JITTER = 1e-12


@dataclass(frozen=True)
class GaussianProcess(TimeSynthProcess):
    r"""Draws a zero-mean Gaussian process with a Matérn kernel, :math:`\nu = 3/2`, of :cite:p:`ismail2020`.

    .. math:: k(d) = \left(1 + \sqrt{3}\, d / \ell\right) \exp\left(-\sqrt{3}\, d / \ell\right)

    with distance :math:`d = |\tau - \tau'|`, length scale :math:`\ell` (``lengthscale``), variance 1 and 1e-12 added
    to the diagonal. Both protocols have this law and draw each feature independently. As released evaluates the
    kernel with Bessel functions and takes its root from a singular value decomposition, as the package does, but
    once per sample instead of once per feature; corrected uses the closed form and a Cholesky root.
    """

    lengthscale: float = 1.0

    def _as_released(self, times: Array, n_features: int, rng: np.random.RandomState) -> Array:
        _, s, v = np.linalg.svd(bessel_kernel(times, self.lengthscale))
        root = np.sqrt(s)[:, None] * v
        # Per feature the package draws the process, then the noise.
        z = rng.normal(0.0, np.array([[1.0], [NOISE]]), size=(n_features, 2, len(times)))
        # One vector-matrix product per feature: a matrix-matrix product would round differently.
        signal: Array = np.concatenate([np.dot(z[f, :1], root) for f in range(n_features)])
        return signal + z[:, 1]

    def _corrected(self, times: Array, n_features: int, rng: np.random.Generator) -> Array:
        k = matern(np.abs(times[:, :, None] - times[:, None, :]), self.lengthscale)
        root = np.linalg.cholesky(k + JITTER * np.eye(times.shape[1]))
        signal: Array = root @ rng.normal(size=(*times.shape, n_features))
        return signal

    def _signal(self, signals: Any) -> Any:
        return signals.GaussianProcess(kernel="Matern", nu=NU, lengthscale=self.lengthscale)


def matern(distance: Float[np.ndarray, "..."], lengthscale: float = 1.0) -> Float[np.ndarray, "..."]:
    """Return the Matérn 3/2 kernel in closed form."""
    scaled = np.sqrt(3.0) * distance / lengthscale
    k: Array = (1 + scaled) * np.exp(-scaled)
    return k


def bessel_kernel(times: Float[np.ndarray, "T"], lengthscale: float = 1.0) -> Float[np.ndarray, "T T"]:
    """Return the covariance of ``times`` with its jitter, rounded as in TimeSynth: every operation in the package's
    order.
    """
    t = len(times)
    upper = np.triu_indices(t, 1)
    distance = np.abs(times[upper[0]] - times[upper[1]])
    scaled = np.sqrt(2 * NU) * distance / lengthscale
    with np.errstate(invalid="ignore"):
        from scipy.special import gamma, kv  # slow to import, and only needed here

        values = (np.power(2, 1 - NU) / gamma(NU)) * np.power(scaled, NU) * kv(NU, scaled)
    k = np.empty((t, t))
    k[upper] = np.where(distance == 0, 1.0, values)
    k.T[upper] = k[upper]
    np.fill_diagonal(k, 1.0 + JITTER)
    return k
