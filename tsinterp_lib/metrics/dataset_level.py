"""Compute numbers that belong to a whole test set and are no mean of scores per sample."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.metrics.threshold import areas
from tsinterp_lib.types import Explanation


def aupr_of_means(precision: Float[Tensor, "L"], recall: Float[Tensor, "L"]) -> float:
    """Return area under mean precision over mean recall, as the released code of :cite:t:`ismail2020` computes it.

    The pairs of means over samples, one per level, are sorted by recall and joined by the trapezoid rule; no end points
    are added. It differs from the mean of :class:`~tsinterp_lib.metrics.areas.AUPR` over samples, because the area is
    not linear in the two curves.
    """
    rising, order = recall.sort(stable=True)
    return float(torch.trapezoid(precision[order], rising))


def carry_zero(accuracy: Float[Tensor, "L"]) -> Float[Tensor, "L"]:
    """Return mean masked accuracy with every level after an exact 0 set to 0, as released with :cite:t:`ismail2020`.

    The released code (:ref:`B20-20 <b20-20>`) stops measuring there, which hides a recovery at higher levels.
    """
    before = torch.cat([torch.zeros_like(accuracy[:1], dtype=torch.bool), (accuracy == 0)[:-1]])
    return torch.where(before.cummax(0).values, 0.0, accuracy)


def pooled_threshold_areas(e: Explanation, pairing: str = "same", start: str = "smallest") -> tuple[float, float]:
    """Return threshold AUP and AUR over the cells of all samples at once, as :cite:t:`crabbe2021` report them.

    Magnitudes are scaled per sample, then pooled. Settings as for
    :class:`~tsinterp_lib.metrics.threshold.AUPThreshold`. NaN where all cells are important, none is, or all magnitudes
    are equal.
    """
    if e.alone is not None:
        raise InvalidInput(
            "the samples have `lengths`: cells are pooled without padding by no metric; cut it off first."
        )
    scores: Float[Tensor, "1 ND"] = e.magnitude.reshape(1, -1)
    truth: Bool[Tensor, "1 ND"] = e.truth.reshape(1, -1)
    falling, order = scores.sort(dim=1, descending=True, stable=True)
    aup, aur = areas(falling, truth.gather(1, order), pairing, start)
    return float(aup), float(aur)
