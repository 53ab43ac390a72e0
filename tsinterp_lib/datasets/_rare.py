"""Say what the rare experiments share: autoregressive noise, nothing planted, and a few cells that count."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool
from numpy.typing import NDArray

from tsinterp_lib import checks
from tsinterp_lib.datasets.planted import BYTES_PER_CELL, DTYPES
from tsinterp_lib.datasets.processes.base import PROTOCOLS, Array
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

COEFFICIENTS = (0.25, 0.10, 0.05)
"""Weights of the last three values, without the sign."""

BURN_IN = 50
"""Steps drawn and dropped, after which the law no longer depends on the start (the largest root is 0.55)."""


@dataclass(frozen=True, kw_only=True)
class Rare(DatasetSource):
    """Draws series without a label (``y`` is 0), for a black box that reads the important cells alone.

    ``protocol="as_released"``: coefficients with a minus, which is what statsmodels makes of the lag polynomials of the
    released scripts, started at zero. ``corrected``: coefficients with a plus, as an autoregression is written, from
    the stationary law. Every series has important cells of its own, but for what ``as_released`` says.
    """

    n_steps: int = 50
    n_features: int = 50
    protocol: str = "corrected"
    dtype: str = "float32"

    def __post_init__(self) -> None:
        known(self.protocol, PROTOCOLS, "protocol")
        known(self.dtype, DTYPES, "dtype")
        if min(self.n_steps, self.n_features) < 8:
            raise InvalidInput(
                f"`n_steps` is {self.n_steps}, `n_features` {self.n_features}: the important quarter-to-three-quarters "
                "box needs at least 8 of both."
            )

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        name = type(self).__name__
        total = sizes.train + sizes.validation + sizes.test
        checks.check_memory(
            total * self.n_steps * self.n_features * BYTES_PER_CELL, f"data set {name} of {total} series"
        )
        train, validation, test = (
            self._samples(getattr(sizes, split), seed_from(name, seed, split))
            for split in ("train", "validation", "test")
        )
        names = tuple(f"feature {f}" for f in range(self.n_features))
        return Dataset(name, train, validation, test, n_classes=1, feature_names=names)

    @abstractmethod
    def important(self, n: int, rng: np.random.Generator) -> Bool[np.ndarray, "N T F"]:
        """Return the cells that count, of n series."""

    def series(self, n: int, rng: np.random.Generator) -> Array:
        """Return n series (n, T, F) in float64."""
        released = self.protocol == "as_released"
        signed = [-c if released else c for c in COEFFICIENTS]
        dropped = 0 if released else BURN_IN
        e = rng.standard_normal((n, dropped + self.n_steps, self.n_features))
        x = np.zeros_like(e)
        for t in range(e.shape[1]):
            x[:, t] = e[:, t] + sum(c * x[:, t - k] for k, c in enumerate(signed, 1) if t >= k)
        return x[:, dropped:]

    def middle(self, length: int) -> slice:
        """From a quarter to three quarters of an axis."""
        return slice(length // 4, 3 * length // 4)

    def _samples(self, n: int, seed: int) -> Samples:
        x = torch.from_numpy(self.series(n, np.random.default_rng(seed_from(seed, "series")))).to(DTYPES[self.dtype])
        cells: NDArray[np.bool_] = self.important(n, np.random.default_rng(seed_from(seed, "cells")))
        return Samples(x, torch.zeros(n, self.n_steps, dtype=torch.long), torch.from_numpy(cells))
