"""Who is better, by how much, and how sure: paired comparisons of rows over independent blocks.

A block is a data set (a layout), its seeds averaged within a network and its networks averaged. Layouts draw their own
data, so they are independent; a layout's networks share its data and its task, and a layout's seeds repeat both.
Counting networks or seeds as blocks would treat one task as several, and p-values would be too small.
``blocks=("dataset", "model")`` does so for networks: the unit of many published rankings, but anti-conservative where
differences agree within a layout. Seeds are the independent repetitions where rows hold a single layout and network:
``blocks=("seed",)``.

A signed-rank test of ten blocks cannot go below p = 0.002, so Holm's correction over more than 25 pairs leaves nothing
at 5 %: compare fewer (``against``), or add data sets. The column ``p_smallest`` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray as Array

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known
from tsinterp_lib.statistics import signed_rank
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.statistics.power import detectable

FACTORS = ("explainer", "trainer", "protocol", "model")
"""What can be compared; the rest is held fixed or is a block."""

BLOCKS = ("dataset",)
DECIMALS = 6
"""Rows are kept in 32-bit floats: smaller differences are rounding and count as none."""

_AVERAGED = ("dataset", "model", "seed")
_FIXED = ("metric", "profile", "at", "protocol", "trainer", "explainer")


@dataclass(frozen=True)
class Paired:
    """Compares ``a`` with ``b``: their difference over ``n`` blocks, in the units of the metric.

    ``effect`` with ``low`` and ``high`` is Hodges and Lehmann's at ``level``; ``p`` the signed-rank test's,
    ``p_smallest`` the least it can be with this many blocks; ``rank_biserial``, ``d_z`` and ``cliffs_delta`` are effect
    sizes without units; ``sd`` is that of the differences, ``detectable`` the true difference that is found four times
    in five at 5 %.
    """

    a: str
    b: str
    n: int
    zeros: int
    mean: float
    effect: float
    low: float
    high: float
    p: float
    p_smallest: float
    rank_biserial: float
    d_z: float
    cliffs_delta: float
    sd: float
    detectable: float
    level: float


def paired(
    rows: pd.DataFrame,
    a: str,
    b: str,
    factor: str = "explainer",
    blocks: Sequence[str] | None = None,
    level: float = 0.95,
    leave_out_undefined: bool = False,
) -> Paired:
    """Compare two explainers (or trainers, protocols, networks) over blocks that have both.

    Each block is averaged over the cells (network, seed) that both have. Metrics are NaN where undefined;
    ``leave_out_undefined`` compares on the cells that are left, which favours whoever fails on the hard ones. Raises
    :class:`InvalidInput` on rows of several metrics or protocols, NaN values, fewer than two blocks, or where ``a``
    equals ``b`` in every block; :class:`tsinterp_lib.errors.UnknownName` for a name not in the rows.
    """
    cells = by_cell(rows, factor, blocks, leave_out_undefined)
    for name in (a, b):
        known(name, cells.columns, factor)
    if a == b:
        raise InvalidInput(f"{factor} {a!r} is compared with itself: give two names.")
    found = _compare(cells, a, b, _blocks(factor, blocks), level)
    if found.zeros == found.n:
        raise InvalidInput(
            f"{a!r} and {b!r} score the same in all {found.n} blocks (to {DECIMALS} decimals): there is no difference "
            "to test; report them as one."
        )
    return found


def pairwise(
    rows: pd.DataFrame,
    factor: str = "explainer",
    blocks: Sequence[str] | None = None,
    against: str | None = None,
    controls: bool = False,
    level: float = 0.95,
    leave_out_undefined: bool = False,
) -> pd.DataFrame:
    """Return every pair, one row each: the fields of :class:`Paired` and ``p_holm``, corrected over all pairs of the
    table.

    Pairwise tests rather than mean ranks, because those of a pair change with who else is ranked
    :cite:p:`benavoli2016`. ``against`` compares all others with one alone (fewer hypotheses, so a milder correction);
    ``controls`` lets them in. Pairs with equal scores in every block stay, with p = 1. The larger mean comes first, as
    ``a``, where ``against`` is not given. Raises as :func:`paired` does.
    """
    cells = by_cell(rows, factor, blocks, leave_out_undefined)
    if against is not None:
        known(against, cells.columns, factor)
    if not controls:
        cells = cells.drop(columns=[c for c in CONTROLS if c in cells and c != against])
    if cells.shape[1] < 2:
        raise InvalidInput(f"one {factor} ({', '.join(cells.columns)}): a comparison needs two.")
    order = [str(c) for c in cells.mean().sort_values(ascending=False, kind="stable").index]
    pairs = combinations(order, 2) if against is None else ((c, against) for c in order if c != against)
    table = pd.DataFrame([asdict(_compare(cells, a, b, _blocks(factor, blocks), level)) for a, b in pairs])
    table.insert(list(table.columns).index("p_smallest"), "p_holm", signed_rank.holm(table["p"].to_numpy()))
    return table


def by_cell(
    rows: pd.DataFrame,
    factor: str = "explainer",
    blocks: Sequence[str] | None = None,
    leave_out_undefined: bool = False,
) -> pd.DataFrame:
    """Return values of one metric with a column per explainer (or other factor) and a row per layout, network and seed.

    NaN where a cell lacks one. Raises as :func:`paired` does.
    """
    known(factor, FACTORS, "factor")
    chosen = _blocks(factor, blocks)
    absent = [c for c in (*_FIXED, *_AVERAGED, "value") if c not in rows]
    if absent:
        raise InvalidInput(f"the table lacks {', '.join(absent)}: give rows as `tables.select.rows` returns them.")
    rows = rows[rows["explainer"] != ""] if factor == "explainer" else rows
    if rows.empty:
        raise InvalidInput("no rows to compare: choose a metric and a protocol that the study has.")
    for axis in _FIXED:
        if axis not in (factor, *chosen) and rows[axis].nunique(dropna=False) > 1:
            raise InvalidInput(f"rows of several {axis}s ({', '.join(map(str, rows[axis].unique()))}): choose one.")
    if "seed" in chosen and rows.groupby([c for c in ("dataset", "model") if c != factor]).ngroups > 1:
        raise InvalidInput(
            f"blocks {chosen} count each seed of a layout and network as a task of its own: choose one layout and "
            "network, or leave `seed` out of the blocks."
        )
    if leave_out_undefined:
        rows = rows.dropna(subset=["value"])
    lost = rows[~np.isfinite(rows["value"].astype(float))]
    if len(lost):
        where = ", ".join(str(lost.iloc[0][c]) for c in (factor, "dataset", "model", "seed"))
        raise InvalidInput(
            f"{len(lost)} of {len(rows)} values are NaN or infinite, first at {where}: a metric is "
            "NaN where it is undefined; `leave_out_undefined=True` compares on what is left."
        )
    axes = list(dict.fromkeys([c for c in (*_AVERAGED, *chosen) if c != factor]))
    if rows.duplicated([*axes, factor]).any():
        raise InvalidInput(f"several rows for one {factor} in one cell of {', '.join(axes)}: give one value each.")
    return rows.pivot(index=axes, columns=factor, values="value").astype(float)


def by_block(cells: pd.DataFrame, factor: str = "explainer", blocks: Sequence[str] | None = None) -> pd.DataFrame:
    """Block means over the cells that all columns of :func:`by_cell` have: over seeds first, then over what is left."""
    chosen = _blocks(factor, blocks)
    complete = cells.dropna()
    for axis in ("seed", "model", "dataset"):
        inner = [c for c in complete.index.names if c != axis]
        if axis in complete.index.names and axis not in chosen and inner:
            complete = complete.groupby(level=inner, sort=False).mean()
    complete = complete.round(DECIMALS)
    if len(complete) < 2:
        raise InvalidInput(
            f"{len(complete)} blocks of {' × '.join(chosen)} have {', '.join(cells.columns)}: "
            "a comparison needs at least two; compute more cells or choose other blocks."
        )
    return complete


def _blocks(factor: str, blocks: Sequence[str] | None) -> tuple[str, ...]:
    chosen = tuple(c for c in BLOCKS if c != factor) if blocks is None else tuple(blocks)
    if factor in chosen or not chosen:
        raise InvalidInput(f"blocks {chosen} for factor {factor!r}: name at least one axis, and not the factor.")
    for axis in chosen:
        known(axis, ("dataset", "model", "trainer", "explainer", "seed"), "block")
    return chosen


def _compare(cells: pd.DataFrame, a: str, b: str, blocks: tuple[str, ...], level: float) -> Paired:
    both = by_block(cells[[a, b]], "", blocks)
    x, y = both[a].to_numpy(), both[b].to_numpy()
    d: Float[Array, "n"] = np.round(x - y, DECIMALS)
    n, sd = len(d), float(d.std(ddof=1))
    effect, low, high = signed_rank.hodges_lehmann(d, level)
    return Paired(
        a, b, n, int((d == 0).sum()), float(d.mean()), effect, low, high, signed_rank.signed_rank(d)[1],
        signed_rank.smallest_p(n), signed_rank.rank_biserial(d), signed_rank.standardised(d),
        signed_rank.cliffs_delta(x, y), sd, detectable(n, sd), level,
    )  # fmt: skip
