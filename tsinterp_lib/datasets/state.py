"""Draw series of two hidden states, each with its own informative feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from tsinterp_lib.datasets._per_step import N_FEATURES, TRUTHS, PerStep, bernoulli_labels, marked, switches
from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.registry import known

MEANS = np.array([[0.1, 1.6, 0.5], [-0.1, -0.4, -1.5]])
ACTIVE = np.array([1, 2])
"""The feature that the label depends on, by state."""


@dataclass(frozen=True, kw_only=True)
class State(PerStep):
    r"""Draws a hidden chain of two states whose label depends on one feature of three :cite:p:`tonekaboni2020`.

    .. math:: x_t \sim N(\mu_{s_t}, \Sigma_{s_t}), \qquad y_t \sim \mathrm{Bernoulli}\bigl(\sigma(2 x_{t f(s_t)})\bigr),
        \qquad f(0) = 1, \; f(1) = 2

    State 0 is left with probability 0.05; state 1 with 0.05 + d/500, d the number of steps it has been repeated: only
    state 1 ages. :math:`\Sigma_s` is 0.801 on the diagonal and 0.01 between feature 0 and f(s). ``n_steps`` T: 200
    (default, as :cite:t:`crabbe2021` run it) or 100. Two definitions of the important cells are in use and must not be
    confused: ``truth="active"`` (default): f(s_t) at every step, a third of the cells; ``"switch"``: f(s_t) only at
    the first step and where the state changes, 2 per cent. Feature 0 never is important.

    Other settings as for all data with a label per step (``protocol``, ``n_train``, ``dtype``). Raises ``UnknownName``
    for another truth, protocol or dtype, ``InvalidInput`` for fewer than two steps.
    """

    n_steps: int = 200
    truth: str = "active"

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.truth, TRUTHS, "truth")

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return series, labels and important cells."""
        s = self.states(n, rng)
        noise = rng.standard_normal((n, self.n_steps, N_FEATURES))
        x = MEANS[s] + np.einsum("ntij,ntj->nti", np.linalg.cholesky(covariances())[s], noise)
        y = bernoulli_labels(2 * np.take_along_axis(x, ACTIVE[s][:, :, None], 2)[:, :, 0], rng)
        steps = switches(s) if self.truth == "switch" else np.ones(s.shape, dtype=bool)
        return x, y, marked(ACTIVE[s], steps)

    def states(self, n: int, rng: np.random.Generator) -> Int[np.ndarray, "N T"]:
        """Return hidden states; the first one already is a transition, from a fair draw."""
        s = np.empty((n, self.n_steps), dtype=np.int64)
        before, repeated = (rng.random(n) < 0.5).astype(np.int64), np.zeros(n)
        for t in range(self.n_steps):
            to_one = np.where(before == 1, 0.95 - repeated / 500, 0.05)
            s[:, t] = rng.random(n) < to_one
            repeated = np.where(s[:, t] == before, repeated + 1, 0)
            before = s[:, t]
        return s


def covariances() -> Array:
    """Return the two covariance matrices, (2, 3, 3)."""
    sigma = np.tile(0.801 * np.eye(N_FEATURES), (2, 1, 1))
    for state, feature in enumerate(ACTIVE):
        sigma[state, 0, feature] = sigma[state, feature, 0] = 0.01
    return sigma
