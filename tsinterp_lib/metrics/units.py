"""Sum the saliency that precision and recall divide: of cells, or of whole units such as time steps or rows."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tsinterp_lib.axes import CELL
from tsinterp_lib.metrics.selection import computed_once, cumulated_hits, cumulated_magnitude, rank, selected_counts
from tsinterp_lib.types import Explanation

WEIGHTS = ("meant", "released")
"""How many of a unit's largest cells weigh it: as many as the other axes have important places, or as many as there
are important units, which is what released code computes."""


class Sums(NamedTuple):
    """Holds the saliency of what is selected and important, of what is selected, and of what is important."""

    hits: Float[Tensor, "N L"]
    selected: Float[Tensor, "N L"]
    important: Float[Tensor, "N 1"]
    degenerate: Bool[Tensor, "N 1"]
    """Samples in which all units are important, or none: there is nothing to find."""


def sums(e: Explanation, cut: str, unit: str, weights: str, levels: tuple[float, ...]) -> Sums:
    """The sums at every level; ``weights`` concerns units of several cells only (see :func:`unit_weights`)."""
    k = selected_counts(e, cut, levels)
    if unit == CELL:
        return _cell_sums(e, k)
    cells = cells_of(e, unit)
    truth = e.truth[:, cells].any(2)
    weight = unit_weights(e, unit, weights)
    chosen = rank(e)[:, cells].amin(2)[:, None, :] < k[:, :, None]
    selected = (weight[:, None, :] * chosen).sum(2)
    hits = (weight[:, None, :] * (chosen & truth[:, None, :])).sum(2)
    return Sums(hits, selected, (weight * truth).sum(1, keepdim=True), _degenerate(truth))


def cells_of(e: Explanation, unit: str) -> Int[Tensor, "U R"]:
    """Return the flat places of the cells of each unit, in the order of cells; raises for an axis that ``e`` does not
    have.
    """
    groups = e.axes.groups(unit, e.x.shape[1:]).flatten()
    return torch.argsort(groups, stable=True).view(int(groups.max()) + 1, -1).to(e.x.device)


def unit_weights(e: Explanation, unit: str, weights: str) -> Float[Tensor, "N U"]:
    """The mean of the ``k`` largest magnitudes of each unit.

    ``k`` is the number of important places on the other axes: of important features for a time step, of important
    steps for a feature. With ``released`` it is the number of important units, as in the released code of
    :cite:t:`ismail2020` (:ref:`B20-18 <b20-18>`); square boxes are not affected.
    """
    cells = cells_of(e, unit)
    s, truth = e.magnitude[:, cells], e.truth[:, cells]
    k = truth.any(1).sum(1) if weights == "meant" else truth.any(2).sum(1)
    k = k.clamp(1, cells.shape[1])[:, None, None].expand(len(s), len(cells), 1)
    top = s.sort(2, descending=True).values.cumsum(2)
    return (top.gather(2, k - 1) / k).squeeze(2)


def _cell_sums(e: Explanation, k: Int[Tensor, "N L"]) -> Sums:
    at = (k - 1).clamp(min=0)
    hits = torch.where(k > 0, cumulated_hits(e).gather(1, at), 0.0)
    selected = torch.where(k > 0, cumulated_magnitude(e).gather(1, at), 0.0)
    return Sums(
        hits, selected, cumulated_hits(e)[:, -1:], computed_once(e, ("degenerate",), lambda: _degenerate(e.truth))
    )


def _degenerate(truth: Bool[Tensor, "N U"]) -> Bool[Tensor, "N 1"]:
    return truth.all(1, keepdim=True) | ~truth.any(1, keepdim=True)
