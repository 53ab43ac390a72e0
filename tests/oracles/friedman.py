"""Friedman's test as a one-way analysis of ranks, block by block."""

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
