"""Masks of several areas for the same series: which to take, what they hold, and whether they mean anything."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput

EPSILON = 1e-7
BOUND = 0.01
"""A mask all of whose coefficients are this close to the same end says nothing about where."""


class MaskCollapsed(UserWarning):
    """A mask is no explanation: it is the same everywhere, or the model had no say in it."""


@dataclass(frozen=True, eq=False)
class MaskGroup:
    """Holds what a fit of R areas to N series leaves behind.

    ``masks`` lie in [0, 1], 1 is salient; ``errors`` are those of the final masks, ``clean_errors`` those of the
    series themselves. ``sign`` is 1 where a small error is good (preservation), −1 where a large one is (deletion).
    ``pull`` is the largest derivative of the error that any coefficient met: 0 where the regularisers alone made the
    mask. ``change`` is the mean step of a coefficient in the last epoch. ``history``, where it was asked for: error,
    size term and time term before every step, (3, E, N, R).
    """

    masks: Float[Tensor, "N R T F"]
    areas: tuple[float, ...]
    errors: Float[Tensor, "N R"]
    clean_errors: Float[Tensor, "N"]
    sign: int
    pull: Float[Tensor, "N R"]
    change: Float[Tensor, "N R"]
    history: Float[Tensor, "3 E N R"] | None = None

    def best(self) -> Int[Tensor, "N"]:
        """Return the area of the lowest error (in deletion: the highest); of equals the smallest."""
        return _first((self.sign * self.errors) == (self.sign * self.errors).amin(1, keepdim=True))

    def extremal(self, threshold: float | None = None) -> Int[Tensor, "N"]:
        """Return the smallest area whose error is strictly better than ``threshold`` (default: that of the series
        itself).

        Where none is, the best; the released code (:ref:`DYN-14 <dyn-14>`) returns none where the best equals the
        threshold. In deletion both look for high errors; the released code for low ones there too, which
        ``good="lowest"`` of :class:`~tsinterp_lib.explainers.Dynamask` repeats.
        """
        limit = self.clean_errors if threshold is None else torch.full_like(self.clean_errors, threshold)
        below = self.sign * self.errors < self.sign * limit[:, None]
        return torch.where(below.any(1), _first(below), self.best())

    def take(self, area: Int[Tensor, "N"]) -> Float[Tensor, "N T F"]:
        """Return the mask of one area per series."""
        return self.masks[torch.arange(len(area), device=area.device), area]

    def undecided(self) -> Float[Tensor, "N R"]:
        """Return the share of coefficients that are neither in the lowest nor in the highest tenth."""
        return ((self.masks > 0.1) & (self.masks < 0.9)).to(self.masks.dtype).mean((2, 3))

    def collapsed(self) -> Bool[Tensor, "N R"]:
        """Say which masks are 0 everywhere, 1 everywhere, or made by the regularisers alone."""
        low, high = self.masks.amin((2, 3)), self.masks.amax((2, 3))
        return (high <= BOUND) | (low >= 1 - BOUND) | (self.pull == 0)

    def warn(self, area: Int[Tensor, "N"]) -> None:
        """Warn where a mask that was chosen has collapsed."""
        found = self.collapsed().gather(1, area[:, None])[:, 0]
        if bool(found.any()):
            n = int(found.nonzero()[0])
            flat = float(self.pull[n, area[n]]) == 0
            reason = "its error has no gradient" if flat else "all its coefficients are at the same end"
            warnings.warn(
                f"the mask of {int(found.sum())} of {len(found)} series has collapsed, the first that of series {n}, "
                f"area {self.areas[int(area[n])]:g} ({reason}): it does not say what matters. Try a softer loss "
                "('cross_entropy'), another perturbation, other areas, or a lower size_weight.",
                MaskCollapsed,
                stacklevel=2,
            )


def information(
    mask: Float[Tensor, "*B T F"],
    steps: Sequence[int] | None = None,
    features: Sequence[int] | None = None,
    normalise: bool = False,
    epsilon: float = EPSILON,
) -> Float[Tensor, "*B"]:
    r"""Return information of a mask about the cells of some steps and features, in bits (:cite:p:`crabbe2021`).

    .. math:: I_A(m) = \sum_{(t, i) \in A} \left| \log_2 (1 - m_{ti} + \epsilon) \right|

    ``steps`` and ``features`` (default: all) span A. ``normalise`` divides by the information of the whole mask (the
    released code divides by that of A, which gives 1: :ref:`DYN-26 <dyn-26>`). ``epsilon`` (default 1e-7) bounds a cell
    at 23.25 bits.
    """
    return _summed(torch.log2(1 - mask + epsilon).abs(), steps, features, normalise)


def entropy(
    mask: Float[Tensor, "*B T F"],
    steps: Sequence[int] | None = None,
    features: Sequence[int] | None = None,
    normalise: bool = False,
    epsilon: float = EPSILON,
) -> Float[Tensor, "*B"]:
    r"""Return entropy of a mask over the cells of some steps and features, in bits (:cite:p:`crabbe2021`).

    .. math:: H_A(m) = \sum_{(t, i) \in A} m_{ti} |\log_2(\epsilon + m_{ti})|
              + (1 - m_{ti}) |\log_2(\epsilon + 1 - m_{ti})|

    Settings as for :func:`information`.
    """
    bits = mask * torch.log2(epsilon + mask).abs() + (1 - mask) * torch.log2(epsilon + 1 - mask).abs()
    return _summed(bits, steps, features, normalise)


def _summed(
    bits: Float[Tensor, "*B T F"], steps: Sequence[int] | None, features: Sequence[int] | None, normalise: bool
) -> Float[Tensor, "*B"]:
    cut = bits
    for chosen, axis in ((steps, -2), (features, -1)):
        if chosen is None:
            continue
        if not all(0 <= i < bits.shape[axis] for i in chosen):
            raise InvalidInput(f"{list(chosen)} leaves the axis, which has {bits.shape[axis]}: count from 0.")
        cut = cut.index_select(axis, torch.tensor(list(chosen), dtype=torch.long, device=bits.device))
    total = cut.sum((-2, -1))
    return total / bits.sum((-2, -1)) if normalise else total


def _first(found: Bool[Tensor, "N R"]) -> Int[Tensor, "N"]:
    """Return the first column that is True in each row; 0 where none is."""
    return found.to(torch.int64).argmax(1)
