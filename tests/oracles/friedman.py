"""Friedman's test as a one-way analysis of ranks, block by block, and Nemenyi's, pair by pair."""

import math

from scipy.stats import studentized_range

from tests.oracles.signed_rank import mean_ranks


def friedman(blocks):
    """χ² and F of scores (a list per block), the smallest score having rank 1.

    χ² is the between-methods sum of squares of ranks over the within-blocks mean square; F is the two-way analysis of
    variance of the ranks.
    """
    n, k = len(blocks), len(blocks[0])
    ranks = [mean_ranks(block) for block in blocks]
    centre = (k + 1) / 2
    means = [sum(row[j] for row in ranks) / n for j in range(k)]
    between = sum(n * (m - centre) ** 2 for m in means)
    total = sum((r - centre) ** 2 for row in ranks for r in row)
    residual = total - between
    chi = between / (total / (n * (k - 1)))
    return chi, (between / (k - 1)) / (residual / ((n - 1) * (k - 1)))


def nemenyi(mean_ranks, n):
    """p-value of each pair of mean ranks over n blocks: the level at which their distance is just critical."""
    k = len(mean_ranks)
    unit = math.sqrt(k * (k + 1) / (6 * n))
    return [
        [1.0 if a == b else studentized_range.sf(abs(a - b) / unit * math.sqrt(2), k, math.inf) for b in mean_ranks]
        for a in mean_ranks
    ]
