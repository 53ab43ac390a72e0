"""Select cells at a level by the mass cut or the count cut, with one sort per explanation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tsinterp_lib.types import Explanation

CUTS = ("mass", "count")
"""``mass``: top cells that hold a share of the saliency; ``count``: a share of the cells."""

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The nine levels at which precision and recall are taken."""

MET = 1e-12
"""A share of the saliency that is less than this below a level meets it."""


def computed_once(e: Explanation, key: tuple[object, ...], make: Callable[[], Tensor]) -> Tensor:
    """Return ``make()``, computed once per explanation and key and kept in ``e.memo``."""
    if key not in e.memo:
        e.memo[key] = make()
    return e.memo[key]


def sorted_magnitude(e: Explanation) -> Float[Tensor, "N D"]:
    """Return the magnitudes from the highest to the lowest."""
    return computed_once(e, ("sorted magnitude",), lambda: e.magnitude.gather(1, e.order))


def sorted_truth(e: Explanation) -> Bool[Tensor, "N D"]:
    """Return the importance mask in the order of falling magnitude."""
    return computed_once(e, ("sorted truth",), lambda: e.truth.gather(1, e.order))


def pooled(e: Explanation, scaled: bool) -> tuple[Float[Tensor, "1 ND"], Bool[Tensor, "1 ND"]]:
    """Magnitudes of the cells of all samples in one falling order, and the truth beside them.

    ``scaled``: those of each sample are brought to [0, 1] first, else they are taken as they are.
    """
    s = (e.magnitude if scaled else e.attribution.detach().abs().to(torch.float64)).reshape(1, -1)
    order = computed_once(e, ("pooled order", scaled), lambda: torch.argsort(s, dim=1, descending=True, stable=True))
    return s.gather(1, order), e.truth.reshape(1, -1).gather(1, order)


def cumulated_magnitude(e: Explanation) -> Float[Tensor, "N D"]:
    """Column k − 1 holds the saliency of the top k cells."""
    return computed_once(e, ("cumulated magnitude",), lambda: sorted_magnitude(e).cumsum(1))


def cumulated_hits(e: Explanation) -> Float[Tensor, "N D"]:
    """Column k − 1 holds the saliency of those among the top k cells that are important."""
    return computed_once(e, ("cumulated hits",), lambda: (sorted_magnitude(e) * sorted_truth(e)).cumsum(1))


def rank(e: Explanation) -> Int[Tensor, "N D"]:
    """Return the place of every cell in the order of falling magnitude, from 0; ties keep the lower index first."""

    def places() -> Tensor:
        n, d = e.order.shape
        return torch.empty_like(e.order).scatter_(1, e.order, torch.arange(d, device=e.order.device).expand(n, d))

    return computed_once(e, ("rank",), places)


def selected_counts(e: Explanation, cut: str, levels: tuple[float, ...] = LEVELS) -> Int[Tensor, "N L"]:
    r"""Say how many top cells are selected at each level, so that every smaller selection lies inside a larger one.

    Mass cut: the smallest :math:`k` with :math:`\sum_{i \le k} s_{(i)} \ge p \sum_i s_i`, up to rounding. Count cut:
    :math:`k = \operatorname{round}(pD)`. Between the levels 0 (no cell) and 1 (all cells) at least one cell and at
    most :math:`D - 1` cells are selected. A constant map has no saliency: the mass cut then selects one cell.
    """
    return computed_once(e, ("selected counts", cut, levels), lambda: _selected_counts(e, cut, levels))


def selection(e: Explanation, cut: str, levels: tuple[float, ...] = LEVELS) -> Bool[Tensor, "N L D"]:
    """Return the selected cells at each level as a mask."""
    return rank(e)[:, None, :] < selected_counts(e, cut, levels)[:, :, None]


def _selected_counts(e: Explanation, cut: str, levels: tuple[float, ...]) -> Int[Tensor, "N L"]:
    n, d = e.magnitude.shape
    p = torch.tensor(levels, dtype=torch.float64, device=e.magnitude.device).expand(n, -1)
    if cut == "mass":
        total = cumulated_magnitude(e)[:, -1:]
        share = cumulated_magnitude(e) / torch.where(total > 0, total, 1.0)
        # Scaled whole numbers are thirds and sevenths: their sums miss a level that they meet by a rounding error.
        k = torch.where(total > 0, torch.searchsorted(share, (p - MET).contiguous()) + 1, 1)
    else:
        k = torch.round(p * d).to(torch.int64)
    k = k.clamp(1, max(d - 1, 1))
    return torch.where(p <= 0, 0, torch.where(p >= 1, d, k))
