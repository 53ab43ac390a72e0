"""The share of one map's magnitude in each tenth of its steps, one cell at a time, tenths counted in whole numbers."""

import math

import numpy as np

from tests.oracles.selection import scaled


def by_tenth(attribution):
    """Ten shares; step t of T belongs to the tenth in which its end, (t + 1) / T, lies."""
    a = np.asarray(attribution)
    steps, features = a.shape
    s, shares = scaled(a), [0.0] * 10
    total = sum(s)
    if total == 0:
        return [math.nan] * 10
    for t in range(steps):
        tenth = (10 * (t + 1) + steps - 1) // steps - 1
        for f in range(features):
            shares[tenth] += s[t * features + f] / total
    return shares
