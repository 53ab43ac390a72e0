"""The probability that an important cell outranks another: every pair looked at."""

import math

import numpy as np

from tests.oracles.selection import scaled


def auroc(attribution, importance):
    """Share of the pairs (important, unimportant) that are in the right order; equal scores count half."""
    s, b = scaled(attribution), [bool(v) for v in np.asarray(importance).ravel()]
    wins = pairs = 0.0
    for i in range(len(s)):
        for j in range(len(s)):
            if b[i] and not b[j]:
                pairs += 1
                wins += 1.0 if s[i] > s[j] else 0.5 if s[i] == s[j] else 0.0
    return wins / pairs if pairs else math.nan
