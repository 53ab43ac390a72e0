"""Scale each cell, fitted on the training samples only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tsinterp_lib.registry import known

SCALINGS = ("minmax", "standard", "none")


@dataclass(frozen=True, eq=False)
class Scaler:
    r"""Applies an affine map per cell (t, f), without clipping: :math:`x' = (x - b) / w`."""

    shift: Float[np.ndarray, "T F"]
    width: Float[np.ndarray, "T F"]

    def __call__(self, x: Float[np.ndarray, "N T F"]) -> Float[np.ndarray, "N T F"]:
        """Return ``x`` in scaled units."""
        scaled: NDArray[np.float64] = (x - self.shift) / self.width
        return scaled


def fit(x: Float[np.ndarray, "N T F"], scaling: str) -> Scaler:
    """Return the scaler of ``x``: ``minmax`` to [0, 1], ``standard`` to mean 0 and deviation 1, per cell, or ``none``.

    A cell that is constant over the samples becomes 0, unless nothing is scaled. Raises ``UnknownName`` for another
    scaling.
    """
    known(scaling, SCALINGS, "scaling")
    if scaling == "none":
        return Scaler(np.zeros(x.shape[1:]), np.ones(x.shape[1:]))
    low, high = x.min(axis=0), x.max(axis=0)
    shift, width = (low, high - low) if scaling == "minmax" else (x.mean(axis=0), x.std(axis=0))
    constant = high == low
    return Scaler(np.where(constant, low, shift), np.where(constant, 1.0, width))
