"""Paired comparisons of numbers: exact signed-rank test, Hodges–Lehmann estimate, effect sizes, Holm's correction."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray as Array
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tsinterp_lib.errors import InvalidInput


def signed_rank(d: Float[Array, "n"]) -> tuple[float, float]:
    r"""Return two-sided signed-rank test of differences ``d``, after :cite:t:`wilcoxon1945`: ``W⁺`` and its exact
    p-value.

    .. math:: W^+ = \sum_{i : d_i > 0} \operatorname{rank} |d_i|, \qquad
              p = \min(1, 2 \min(P(W \le W^+), P(W \ge W^+)))

    Zeros are left out, as in the paper; equal magnitudes share their mean rank. The distribution is that of all sign
    patterns of the ranks at hand, so p is exact with ties too, at any number of differences; where every difference is
    zero, p is 1. Raises :class:`InvalidInput` on NaN or infinite differences.
    """
    # scipy's `wilcoxon` gives the same p where no two magnitudes are equal. With ties it is exact only by listing all
    # 2ⁿ patterns, out of reach at the forty blocks of layout × network; the interval needs `_null` in any case.
    d = _finite(d)
    moved = d[d != 0]
    doubled = np.rint(2 * stats.rankdata(np.abs(moved))).astype(int)
    total = int(doubled[moved > 0].sum())
    cumulative = _null(tuple(sorted(doubled.tolist())))
    below = cumulative[total]
    above = 1.0 - (cumulative[total - 1] if total else 0.0)
    return total / 2, float(min(1.0, 2 * min(below, above)))


def smallest_p(n: int) -> float:
    """Return the smallest p-value that the signed-rank test can give with ``n`` differences: two of 2ⁿ sign
    patterns.
    """
    return min(1.0, 2.0 ** (1 - n))


def hodges_lehmann(d: Float[Array, "n"], level: float = 0.95) -> tuple[float, float, float]:
    """Median of all pairwise means of differences, with its signed-rank interval: estimate, low, high.

    After :cite:t:`hodges1963`. The interval holds the shifts that the test does not reject; it is exact for continuous
    differences and covers at least ``level`` with ties. Zeros count. With too few differences for the level (fewer than
    six at 95 %), nothing can be excluded and the interval is infinite.
    """
    d = _finite(d)
    n = len(d)
    first, second = np.triu_indices(n)
    means = np.sort((d[first] + d[second]) / 2)
    cumulative = _null(tuple(range(2, 2 * n + 1, 2)))[::2]
    cut = int(np.searchsorted(cumulative, (1 - level) / 2, side="right")) - 1
    middle = float(np.median(means))
    if cut < 0:
        return middle, -np.inf, np.inf
    return middle, float(means[cut]), float(means[len(means) - 1 - cut])


def rank_biserial(d: Float[Array, "n"]) -> float:
    """Matched-pairs rank-biserial correlation in [−1, 1], after :cite:t:`kerby2014`; NaN where all are zero.

    .. math:: r = (W^+ - W^-) / (W^+ + W^-)

    The share of rank sum that favours the first minus the share that favours the second; zeros are left out.
    """
    d = _finite(d)
    moved = d[d != 0]
    if not len(moved):
        return float("nan")
    ranks = stats.rankdata(np.abs(moved))
    return float((ranks * np.sign(moved)).sum() / ranks.sum())


def standardised(d: Float[Array, "n"]) -> float:
    """Cohen's ``d_z``: mean difference over its standard deviation, after :cite:t:`cohen1988`; NaN where both are 0."""
    d = _finite(d)
    mean, sd = float(d.mean()), float(d.std(ddof=1))
    if sd == 0:
        return float("nan") if mean == 0 else float(np.copysign(np.inf, mean))
    return mean / sd


def cliffs_delta(a: Float[Array, "n"], b: Float[Array, "m"]) -> float:
    r"""Say how much of one set of values lies above another, in [−1, 1], after :cite:t:`cliff1993`.

    .. math:: \delta = \frac{1}{nm} \sum_{i,j} \operatorname{sign}(a_i - b_j)

    Unlike the other effect sizes it ignores the pairing: it says whether the two overlap over blocks.
    """
    return float(np.sign(_finite(a)[:, None] - _finite(b)[None, :]).mean())


def holm(p: Float[Array, "k"]) -> Float[Array, "k"]:
    """p-values of ``k`` hypotheses corrected step by step, so that any false rejection has the stated rate.

    After :cite:t:`holm1979`: the i-th smallest is multiplied by k − i + 1, and none is below an earlier one.
    """
    corrected: Float[Array, "k"] = multipletests(_finite(p), method="holm")[1]
    return corrected


@lru_cache(maxsize=256)
def _null(doubled_ranks: tuple[int, ...]) -> Float[Array, "s"]:
    """Return P(2W ≤ s) for s = 0, 1, … where each rank counts with probability one half; mean ranks may be halves."""
    mass = np.zeros(sum(doubled_ranks) + 1)
    mass[0] = 1.0
    for rank in doubled_ranks:
        mass[rank:] = 0.5 * mass[rank:] + 0.5 * mass[:-rank]
        mass[:rank] *= 0.5
    cumulative = np.cumsum(mass)
    cumulative.flags.writeable = False
    return cumulative


def _finite(values: Float[Array, "n"]) -> Float[Array, "n"]:
    if not len(values) or not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise InvalidInput(f"{bad} of {len(values)} values are NaN or infinite: give at least one, all finite.")
    return values
