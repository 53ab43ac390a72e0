"""Precision at each distinct score, weighted by the recall gained there."""

import math

import numpy as np

from tests.oracles.selection import scaled


def average_precision(attribution, importance):
    """Sum over the distinct scores from high to low of (gain in recall) × precision."""
    s, b = scaled(attribution), [bool(v) for v in np.asarray(importance).ravel()]
    if all(b) or not any(b):
        return math.nan
    total = before = 0.0
    for tau in sorted(set(s), reverse=True):
        above = [truth for score, truth in zip(s, b, strict=True) if score >= tau]
        recall = sum(above) / sum(b)
        total += (recall - before) * sum(above) / len(above)
        before = recall
    return total
