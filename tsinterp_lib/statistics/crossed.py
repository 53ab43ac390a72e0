"""Splits the variance of a crossed design: of one draw, of another, and of what neither explains alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tsinterp_lib.errors import InvalidInput


class Parts(NamedTuple):
    """Holds the variance of rows, of columns, and the rest: their interaction and what is drawn anew in each cell."""

    rows: float
    columns: float
    rest: float


def crossed(values: Float[np.ndarray, "tables a b"]) -> Parts:
    r"""Estimate the variance components of tables with one value per cell :cite:p:`searle1992`, averaged over
    tables.

    .. math:: y_{ij} = \mu + r_i + c_j + e_{ij}, \qquad
              \hat\sigma^2_r = \frac{MS_r - MS_e}{b}, \quad \hat\sigma^2_c = \frac{MS_c - MS_e}{a}, \quad
              \hat\sigma^2_e = MS_e

    Unbiased, and so below zero at times: an average over many tables seldom is. Raises :class:`InvalidInput` for a
    table with fewer than two rows or columns, or with a gap.
    """
    if values.ndim != 3 or min(values.shape[1:]) < 2 or not np.isfinite(values).all():
        raise InvalidInput(
            f"tables of shape {values.shape}: give (tables, rows, columns), two or more of each, without gaps."
        )
    _, a, b = values.shape
    total = values.mean(axis=(1, 2), keepdims=True)
    row, column = values.mean(axis=2, keepdims=True), values.mean(axis=1, keepdims=True)
    of_rows = b * ((row - total) ** 2).sum(axis=(1, 2)) / (a - 1)
    of_columns = a * ((column - total) ** 2).sum(axis=(1, 2)) / (b - 1)
    rest = ((values - row - column + total) ** 2).sum(axis=(1, 2)) / ((a - 1) * (b - 1))
    return Parts(float(((of_rows - rest) / b).mean()), float(((of_columns - rest) / a).mean()), float(rest.mean()))
