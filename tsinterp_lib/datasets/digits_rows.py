"""Read small handwritten digits row by row as series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from tsinterp_lib.datasets._split import check_enough, stratified_order
from tsinterp_lib.datasets.planted import DTYPES
from tsinterp_lib.datasets.scaling import SCALINGS, fit
from tsinterp_lib.registry import known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes


@dataclass(frozen=True)
class DigitsRows(DatasetSource):
    """Reads the 8 × 8 digits that ship with scikit-learn :cite:p:`pedregosa2011`, a row per time step; no download.

    T = 8, F = 8, ten classes, 1797 digits; pixels are divided by 16, so that they lie in [0, 1]. Then ``scaling`` may
    be ``none`` (the default), or ``minmax`` or ``standard`` per cell, fitted on the training split. The splits are
    drawn by the seed with every class in its share; training samples are taken from the front of the drawn order and
    test samples from its end, so that the number of validation samples changes neither. No importance is known.

    Raises ``UnknownName`` for another scaling or dtype, ``InvalidInput`` where the sizes sum to more than 1797.
    """

    scaling: str = "none"
    dtype: str = "float32"

    def __post_init__(self) -> None:
        known(self.scaling, SCALINGS, "scaling")
        known(self.dtype, DTYPES, "dtype")

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        from sklearn.datasets import load_digits  # slow to import, and only needed here

        digits = load_digits()
        x = digits.images.astype(np.float64) / 16.0
        y = digits.target.astype(np.int64)
        check_enough(sizes.train + sizes.validation + sizes.test, len(x), "digits_rows")
        order = stratified_order(y, seed_from("digits_rows", seed))
        train, rest = order[: sizes.train], order[sizes.train :]
        validation, test = rest[: sizes.validation], rest[len(rest) - sizes.test :]
        if self.scaling != "none":
            x = fit(x[train], self.scaling)(x)
        names = tuple(f"column {f}" for f in range(x.shape[2]))
        splits = [
            Samples(torch.from_numpy(x[i]).to(DTYPES[self.dtype]), torch.from_numpy(y[i]))
            for i in (train, validation, test)
        ]
        return Dataset("digits_rows", splits[0], splits[1], splits[2], n_classes=10, feature_names=names)
