"""Say what data sets with a label at every step share: their splits, and the marks of a hidden state."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from numpy.typing import NDArray

from tsinterp_lib import checks
from tsinterp_lib.datasets.planted import BYTES_PER_CELL, DTYPES
from tsinterp_lib.datasets.processes.base import PROTOCOLS, Array
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

N_FEATURES = 3
TRUTHS = ("active", "switch")
"""What is important: the feature the label depends on, at every step, or only where it takes over."""


@dataclass(frozen=True, kw_only=True)
class PerStep(DatasetSource):
    """Draws series with a label at every step.

    ``n_train``, ``n_validation`` and ``n_test`` override the sizes asked for, where an experiment has its own.
    ``protocol="corrected"``: each split is drawn anew for every seed, from a stream of its own. ``as_released``: one
    pool and one test set for all seeds; the seed only deals the pool into training and validation.
    """

    n_steps: int = 100
    protocol: str = "corrected"
    n_train: int | None = None
    n_validation: int | None = None
    n_test: int | None = None
    dtype: str = "float32"

    def __post_init__(self) -> None:
        known(self.protocol, PROTOCOLS, "protocol")
        known(self.dtype, DTYPES, "dtype")
        if self.n_steps < 2:
            raise InvalidInput(f"`n_steps` is {self.n_steps}: a label at every step needs at least two steps.")

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        sizes = Sizes(self.n_train or sizes.train, self.n_validation or sizes.validation, self.n_test or sizes.test)
        n, total = sizes.train + sizes.validation, sizes.train + sizes.validation + sizes.test
        name = type(self).__name__.lower()
        checks.check_memory(total * self.n_steps * N_FEATURES * BYTES_PER_CELL, f"data set {name} of {total} series")
        if self.protocol == "as_released":
            pool, test = self._samples(n, seed_from(name, "pool")), self._samples(sizes.test, seed_from(name, "test"))
            order = torch.from_numpy(np.random.default_rng(seed_from(name, seed)).permutation(n))
            train, validation = pool[order[: sizes.train]], pool[order[sizes.train :]]
        else:
            train, validation, test = (
                self._samples(getattr(sizes, split), seed_from(name, seed, split))
                for split in ("train", "validation", "test")
            )
        names = tuple(f"feature {f}" for f in range(N_FEATURES))
        return Dataset(name, train, validation, test, n_classes=2, feature_names=names)

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return n series (n, T, 3) in float64, labels 0 or 1 (n, T) and important cells (n, T, 3)."""

    def _samples(self, n: int, seed: int) -> Samples:
        x, y, importance = self.draw(n, np.random.default_rng(seed))
        cast = torch.from_numpy(x).to(DTYPES[self.dtype])
        return Samples(cast, torch.from_numpy(y.astype(np.int64)), torch.from_numpy(importance))


def bernoulli_labels(logits: Array, rng: np.random.Generator) -> Array:
    """Return 1 with the logistic probability of each logit, else 0."""
    labels: Array = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.float64)
    return labels


def switches(states: Int[np.ndarray, "N T"]) -> Bool[np.ndarray, "N T"]:
    """Mark the first step, and every step whose state is not that of the step before."""
    new = np.ones(states.shape, dtype=bool)
    new[:, 1:] = states[:, 1:] != states[:, :-1]
    return new


def marked(feature: Int[np.ndarray, "N T"], steps: Bool[np.ndarray, "N T"]) -> Bool[np.ndarray, "N T F"]:
    """Mark the given feature of each step, at the steps chosen."""
    cells: NDArray[np.bool_] = (feature[:, :, None] == np.arange(N_FEATURES)) & steps[:, :, None]
    return cells
