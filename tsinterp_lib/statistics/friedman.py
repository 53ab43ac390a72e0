"""Are methods told apart at all, and which: Friedman's test over blocks and what may follow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scikit_posthocs as posthocs
from jaxtyping import Float
from numpy import ndarray as Array
from scipy import stats

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.statistics.paired import BLOCKS, by_block, by_cell, pairwise

POSTHOC = ("nemenyi", "wilcoxon")


@dataclass(frozen=True)
class RankTest:
    """Holds all that a critical-difference diagram says: mean ``ranks`` (1 is best), and whether they may be chance.

    ``statistic`` and ``p`` are Friedman's test over so many ``blocks``, ``f`` and ``f_p`` Iman and Davenport's form of
    it; ``pairwise`` holds the p-values of ``posthoc``; ``agreement`` is Kendall's W in [0, 1] (1: all blocks rank
    alike); ``critical_difference`` is Nemenyi's at ``alpha``; ``left_out`` names explainers that miss a block;
    ``cells`` of layout, network and seed stand behind the ranks, ``cells_left_out`` lack one of those ranked.
    """

    ranks: pd.Series
    statistic: float
    p: float
    pairwise: pd.DataFrame
    blocks: int
    f: float
    f_p: float
    agreement: float
    critical_difference: float
    alpha: float
    posthoc: str
    left_out: tuple[str, ...]
    cells: int
    cells_left_out: int


def friedman(
    rows: pd.DataFrame,
    higher_is_better: bool = True,
    blocks: Sequence[str] | None = None,
    posthoc: str = "nemenyi",
    controls: bool = False,
    alpha: float = 0.05,
    leave_out_undefined: bool = False,
) -> RankTest:
    """Rank explainers within blocks and test whether any differ, after :cite:t:`friedman1937`, :cite:t:`demsar2006`.

    .. math:: \\chi^2 = \\frac{(k - 1) \\sum_j (R_j - n (k + 1) / 2)^2}{\\sum_{ij} r_{ij}^2 - n k (k + 1)^2 / 4},
              \\qquad F = \\frac{(n - 1) \\chi^2}{n (k - 1) - \\chi^2}

    for ranks r (1 is best, ties share their mean) of k explainers in n blocks, with rank sums R; the denominator holds
    the correction for ties. χ² has k − 1 degrees of freedom and is too cautious with few blocks; F
    :cite:p:`iman1980` has k − 1 and (k − 1)(n − 1). Blocks are layouts, as in
    :mod:`tsinterp_lib.statistics.paired`. ``posthoc`` compares pairs by mean rank (``nemenyi``) or by signed-rank
    tests with Holm's correction (``wilcoxon``), which do not depend on who else is ranked.

    Raises :class:`InvalidInput` where fewer than three explainers or two blocks remain, all ranks are tied, values are
    NaN, or rows of several metrics or protocols are mixed.
    """
    known(posthoc, POSTHOC, "post-hoc test")
    cells = by_cell(rows, "explainer", blocks, leave_out_undefined)
    if not controls:
        cells = cells.drop(columns=[c for c in CONTROLS if c in cells])
    axes = list(BLOCKS) if blocks is None else list(blocks)
    everywhere = cells.notna().groupby(axes).any().all()
    left_out = tuple(str(c) for c in cells.columns[~everywhere])
    cells = cells.loc[:, everywhere]
    if cells.shape[1] < 3:
        gone = f" ({', '.join(left_out)} miss a block)" if left_out else ""
        raise InvalidInput(f"{cells.shape[1]} explainers{gone}: a ranking needs at least three; two are `paired`.")
    grid = by_block(cells, "explainer", blocks)
    n, k = grid.shape
    ranks = grid.rank(axis=1, ascending=not higher_is_better)
    statistic, f = friedman_statistic(ranks.to_numpy())
    mean = ranks.mean().sort_values(kind="stable")
    if posthoc == "nemenyi":
        # A plain array: of a table, scikit-posthocs would guess which columns are blocks.
        matrix = posthocs.posthoc_nemenyi_friedman(grid.to_numpy())
        matrix.index = matrix.columns = cells.columns
    else:
        kept = rows[rows["explainer"].isin(cells.columns)]
        pairs = pairwise(kept, "explainer", blocks, None, controls, leave_out_undefined=leave_out_undefined)
        matrix = pd.DataFrame(np.eye(k), index=cells.columns, columns=cells.columns)
        for a, b, value in pairs[["a", "b", "p_holm"]].itertuples(index=False):
            matrix.loc[a, b] = matrix.loc[b, a] = value
    return RankTest(
        mean, statistic, float(stats.chi2.sf(statistic, k - 1)), matrix, n,
        f, float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))), statistic / (n * (k - 1)),
        critical_difference(k, n, alpha), alpha, posthoc, left_out,
        len(cells.dropna()), len(cells) - len(cells.dropna()),
    )  # fmt: skip


def friedman_statistic(ranks: Float[Array, "n k"]) -> tuple[float, float]:
    """Compute Friedman's χ², corrected for ties, and Iman and Davenport's F; F is infinite where all blocks agree.

    ``ranks`` (n, k) are those within blocks. Raises :class:`InvalidInput` where all are tied.
    """
    n, k = ranks.shape
    if not np.ptp(ranks, axis=1).any():
        raise InvalidInput(f"all {k} explainers tie in all {n} blocks: there is nothing to rank.")
    chi = float(stats.friedmanchisquare(*ranks.T).statistic)
    left = n * (k - 1) - chi
    return chi, (n - 1) * chi / left if left > 1e-9 else float("inf")


def critical_difference(k: int, n: int, alpha: float = 0.05) -> float:
    r"""Say how far apart two mean ranks of k explainers over n blocks must be to be told apart, after Nemenyi.

    .. math:: CD = q_{\alpha, k} \sqrt{\frac{k (k + 1)}{6 n}}

    with q the studentised range at infinite degrees of freedom over √2, as in :cite:t:`demsar2006`. Raises
    :class:`InvalidInput` where k is below 2, n below 1, or alpha not between 0 and 1.
    """
    if k < 2 or n < 1 or not 0 < alpha < 1:
        raise InvalidInput(f"k = {k}, n = {n}, alpha = {alpha}: need k ≥ 2, n ≥ 1 and alpha between 0 and 1.")
    q = stats.studentized_range.ppf(1 - alpha, k, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(k * (k + 1) / (6 * n)))
