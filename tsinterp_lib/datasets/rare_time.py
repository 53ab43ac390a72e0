"""Draw noise of which a black box reads a few time steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from tsinterp_lib.datasets._rare import Rare

N_IMPORTANT = 5


@dataclass(frozen=True, kw_only=True)
class RareTime(Rare):
    """Draws autoregressive noise, five steps in a row important in half of the features :cite:p:`crabbe2021`.

    The series are those of :class:`~tsinterp_lib.datasets.rare_feature.RareFeature`; T = F = 50, so that 5 steps of
    the 25 features from a quarter to three quarters are important. ``protocol="as_released"``: the five steps never
    reach the last step of the series (an upper bound that is one too low); ``corrected``: they may.

    Raises ``UnknownName`` for another protocol or dtype, ``InvalidInput`` for fewer than 8 steps or features.
    """

    def important(self, n: int, rng: np.random.Generator) -> Bool[np.ndarray, "N T F"]:
        """Boxes of five steps in a row."""
        starts = rng.integers(0, self.n_steps - N_IMPORTANT + (self.protocol != "as_released"), n)
        cells = np.zeros((n, self.n_steps, self.n_features), dtype=bool)
        for box, start in zip(cells, starts, strict=True):
            box[start : start + N_IMPORTANT, self.middle(self.n_features)] = True
        return cells
