"""The score at a fraction of the ranking."""

import math

from tests.oracles.selection import scaled


def at_rank(attribution, q):
    """The score of rank round(q D), counted from 0 and from high to low; the last rank for q = 1."""
    s = sorted(scaled(attribution), reverse=True)
    return s[min(round(q * len(s)), len(s) - 1)] if s[0] > 0 else math.nan
