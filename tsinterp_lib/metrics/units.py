"""Precision and recall count cells, or whole time steps, or whole features: the sums of saliency behind each."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tsinterp_lib.metrics.selection import cumulated_hits, cumulated_magnitude, kept, rank, selected_counts
from tsinterp_lib.types import Explanation

UNITS = ("cell", "time", "feature")
"""What is found or missed: a cell, a time step (any cell of it), a feature (any cell of it)."""


class Sums(NamedTuple):
    """Saliency of what is selected and important, of what is selected, and of what is important."""

    hits: Float[Tensor, "N L"]
    selected: Float[Tensor, "N L"]
    important: Float[Tensor, "N 1"]
    degenerate: Bool[Tensor, "N 1"]
    """Samples in which all units are important, or none: there is nothing to find."""


def sums(e: Explanation, cut: str, unit: str, slip: bool, levels: tuple[float, ...]) -> Sums:
    """The sums at every level; ``slip`` concerns time steps and features only (see :func:`unit_weights`)."""
    k = selected_counts(e, cut, levels)
    if unit == "cell":
        return _cell_sums(e, k)
    truth = _true_units(e, unit)
    weight = unit_weights(e, unit, slip)
    chosen = _first_rank(e, unit)[:, None, :] < k[:, :, None]
    selected = (weight[:, None, :] * chosen).sum(2)
    hits = (weight[:, None, :] * (chosen & truth[:, None, :])).sum(2)
    return Sums(hits, selected, (weight * truth).sum(1, keepdim=True), _degenerate(truth))


def unit_weights(e: Explanation, unit: str, slip: bool) -> Float[Tensor, "N U"]:
    """The mean of the ``k`` largest magnitudes of each time step (or feature).

    ``k`` is the number of important features for a time step, and of important steps for a feature. With ``slip`` the
    two are exchanged, as the released code of :cite:t:`ismail2020` has them; square boxes are not affected.
    """
    n, t, f = e.x.shape
    s = e.magnitude.view(n, t, f)
    truth = e.truth.view(n, t, f)
    steps, features = truth.any(2).sum(1), truth.any(1).sum(1)
    rows = s if unit == "time" else s.transpose(1, 2)
    k = features if (unit == "time") != slip else steps
    k = k.clamp(1, rows.shape[2])[:, None, None].expand(n, rows.shape[1], 1)
    top = rows.sort(2, descending=True).values.cumsum(2)
    return (top.gather(2, k - 1) / k).squeeze(2)


def _cell_sums(e: Explanation, k: Int[Tensor, "N L"]) -> Sums:
    at = (k - 1).clamp(min=0)
    hits = torch.where(k > 0, cumulated_hits(e).gather(1, at), 0.0)
    selected = torch.where(k > 0, cumulated_magnitude(e).gather(1, at), 0.0)
    return Sums(hits, selected, cumulated_hits(e)[:, -1:], kept(e, ("degenerate",), lambda: _degenerate(e.truth)))


def _first_rank(e: Explanation, unit: str) -> Int[Tensor, "N U"]:
    n, t, f = e.x.shape
    return rank(e).view(n, t, f).amin(2 if unit == "time" else 1)


def _true_units(e: Explanation, unit: str) -> Bool[Tensor, "N U"]:
    n, t, f = e.x.shape
    return e.truth.view(n, t, f).any(2 if unit == "time" else 1)


def _degenerate(truth: Bool[Tensor, "N U"]) -> Bool[Tensor, "N 1"]:
    return truth.all(1, keepdim=True) | ~truth.any(1, keepdim=True)
