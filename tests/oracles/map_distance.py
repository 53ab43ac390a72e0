"""Weighted Jaccard index and Euclidean distance of one map, one cell at a time."""

import math

from tests.oracles.selection import scaled


def weighted_jaccard(attribution, important):
    """Sum of the smaller over sum of the larger of truth and score."""
    cells = list(zip(scaled(attribution), important.ravel(), strict=True))
    if not any(b for _, b in cells):
        return math.nan
    smaller = sum(s if b else 0.0 for s, b in cells)
    larger = sum(1.0 if b else s for s, b in cells)
    return smaller / larger


def euclidean_distance(attribution, important):
    """Root of the summed squared differences over the root of the number of important cells."""
    cells = list(zip(scaled(attribution), important.ravel(), strict=True))
    number = sum(bool(b) for _, b in cells)
    if not number:
        return math.nan
    squares = sum((1.0 - s) ** 2 if b else s**2 for s, b in cells)
    return math.sqrt(squares) / math.sqrt(number)
