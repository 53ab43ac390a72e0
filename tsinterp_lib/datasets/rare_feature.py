"""Draw noise of which a black box reads a few features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from tsinterp_lib.datasets._rare import Rare

N_IMPORTANT = 5


@dataclass(frozen=True, kw_only=True)
class RareFeature(Rare):
    r"""Draws autoregressive noise, five features important from a quarter to three quarters :cite:p:`crabbe2021`.

    .. math:: x_t = \pm(0.25\, x_{t-1} + 0.10\, x_{t-2} + 0.05\, x_{t-3}) + \varepsilon_t, \quad
        \varepsilon \sim N(0, 1)

    for every feature by itself; T = F = 50, so that 25 steps of 5 random features, 5 % of the cells, are important. For
    :class:`~tsinterp_lib.models.white_box.WhiteBox`. ``protocol="as_released"``: minus signs, a start at zero, and the
    same features in all series but the first (each fit puts torch's generator back to the seed of the run, from which
    the next series' features are drawn); ``corrected``: plus signs, stationary, features drawn for every series.
    ``alike`` (default None: as the protocol has it) says whether all series but the first share their features.

    Raises ``UnknownName`` for another protocol or dtype, ``InvalidInput`` for fewer than 8 steps or features.
    """

    alike: bool | None = None

    def important(self, n: int, rng: np.random.Generator) -> Bool[np.ndarray, "N T F"]:
        """Boxes of five random features."""
        features = np.stack([rng.permutation(self.n_features)[:N_IMPORTANT] for _ in range(n)])
        alike = self.protocol == "as_released" if self.alike is None else self.alike
        if alike and n > 1:
            features[2:] = features[1]
        cells = np.zeros((n, self.n_steps, self.n_features), dtype=bool)
        for box, chosen in zip(cells, features, strict=True):
            box[self.middle(self.n_steps), chosen] = True
        return cells
