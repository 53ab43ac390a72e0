"""Draw series of three hidden states that hand the label from one feature to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from tsinterp_lib.datasets._per_step import N_FEATURES, TRUTHS, PerStep, bernoulli_labels, marked, switches
from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.registry import known

MEANS = np.array([[0.8, -0.5, -0.2], [0.0, -1.0, 0.0], [-0.2, -0.2, 0.8]])
TRANSITION = np.array([[0.95, 0.02, 0.03], [0.02, 0.95, 0.03], [0.03, 0.02, 0.95]])
VARIANCE = 0.1


@dataclass(frozen=True, kw_only=True)
class SwitchFeature(PerStep):
    r"""Draws a hidden chain of three states, the label read from the feature of its number :cite:p:`tonekaboni2020`.

    .. math:: x_t = \mu_{s_t} + \varepsilon_t, \quad \varepsilon \sim N(0, 0.1), \qquad
        y_t \sim \mathrm{Bernoulli}\bigl(\sigma(3 x_{t s_t})\bigr)

    with a state kept with probability 0.95. The paper's noise is a Gaussian process with length scale 0.2 on steps
    one apart, whose neighbours correlate by :math:`e^{-12.5} = 4 \cdot 10^{-6}`: white noise, and drawn as such here.
    ``n_steps`` 100; ``truth``: ``switch`` (default, the active feature at the first step and where the state changes)
    or ``active`` (at every step). ``protocol="as_released"`` starts in state 0 or 1 only (2 : 1), and marks feature 2
    at every switch besides; ``corrected`` starts in any state and marks the active feature alone.

    Raises ``UnknownName`` for another truth, protocol or dtype, ``InvalidInput`` for fewer than two steps.
    """

    truth: str = "switch"

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.truth, TRUTHS, "truth")

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return series, labels and important cells."""
        s = self.states(n, rng)
        x = MEANS[s] + VARIANCE**0.5 * rng.standard_normal((n, self.n_steps, N_FEATURES))
        y = bernoulli_labels(3 * np.take_along_axis(x, s[:, :, None], 2)[:, :, 0], rng)
        new = switches(s)
        importance = marked(s, new if self.truth == "switch" else np.ones_like(new))
        if self.protocol == "as_released" and self.truth == "switch":
            importance[:, 1:, 2] |= new[:, 1:]
        return x, y, importance

    def states(self, n: int, rng: np.random.Generator) -> Int[np.ndarray, "N T"]:
        """Return hidden states."""
        s = np.empty((n, self.n_steps), dtype=np.int64)
        s[:, 0] = rng.random(n) < 1 / 3 if self.protocol == "as_released" else rng.integers(0, 3, n)
        up_to = TRANSITION.cumsum(1)[:, :-1]
        for t in range(1, self.n_steps):
            s[:, t] = (rng.random(n)[:, None] >= up_to[s[:, t - 1]]).sum(1)
        return s
