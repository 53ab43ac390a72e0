"""Paired comparisons by listing everything: all sign patterns, all pairwise means, all shifts."""

from itertools import product


def mean_ranks(values):
    """Ranks from 1, equal values sharing the mean of theirs."""
    return [sum(v < u for v in values) + (sum(v == u for v in values) + 1) / 2 for u in values]


def signed_rank(differences):
    """W⁺ and the two-sided p-value over all 2ⁿ sign patterns of the ranks of the differences that are not zero."""
    moved = [d for d in differences if d != 0]
    ranks = mean_ranks([abs(d) for d in moved])
    found = sum(r for r, d in zip(ranks, moved, strict=True) if d > 0)
    sums = [sum(r for r, s in zip(ranks, signs, strict=True) if s) for signs in product((0, 1), repeat=len(moved))]
    below = sum(s <= found for s in sums) / len(sums)
    above = sum(s >= found for s in sums) / len(sums)
    return found, min(1.0, 2 * min(below, above))


def accepted_shifts(differences, level, candidates):
    """The candidate shifts that the signed-rank test of ``differences − shift`` does not reject."""
    return [c for c in candidates if signed_rank([d - c for d in differences])[1] > 1 - level]


def pairwise_means(differences):
    """Means of all pairs, each with itself too, in order."""
    n = len(differences)
    return sorted((differences[i] + differences[j]) / 2 for i in range(n) for j in range(i, n))


def rank_biserial(differences):
    """Favourable minus unfavourable share of the rank sum."""
    moved = [d for d in differences if d != 0]
    ranks = mean_ranks([abs(d) for d in moved])
    up = sum(r for r, d in zip(ranks, moved, strict=True) if d > 0)
    down = sum(r for r, d in zip(ranks, moved, strict=True) if d < 0)
    return (up - down) / (up + down)


def cliffs_delta(a, b):
    """Pairs in which the first is larger, minus those in which it is smaller, over all pairs."""
    return (sum(x > y for x in a for y in b) - sum(x < y for x in a for y in b)) / (len(a) * len(b))


def holm(p):
    """Walk up the sorted p-values: each times how many are left, never below the one before."""
    corrected, before = [0.0] * len(p), 0.0
    for step, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        before = max(before, min(1.0, p[i] * (len(p) - step)))
        corrected[i] = before
    return corrected
