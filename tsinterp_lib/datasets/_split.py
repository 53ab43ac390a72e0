"""Split samples so that every class keeps its share."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int, Integer
from numpy.typing import NDArray

from tsinterp_lib.errors import InvalidInput


def stratified_order(y: Integer[np.ndarray, "N"], seed: int) -> Int[np.ndarray, "N"]:
    """Return a random order of the samples of which every prefix and every suffix holds the classes in their shares.

    Within a class the order is uniform; across classes, the k-th of a class of n comes at (k + 1/2) / n.
    """
    shuffled = np.random.default_rng(seed).permutation(len(y))
    rank = np.empty(len(y))
    for c in np.unique(y):
        members = shuffled[y[shuffled] == c]
        rank[members] = (np.arange(len(members)) + 0.5) / len(members)
    # Stable over the shuffled samples, so that ties between classes are broken at random too.
    order: NDArray[np.int64] = shuffled[np.argsort(rank[shuffled], kind="stable")]
    return order


def check_enough(wanted: int, have: int, what: str) -> None:
    """Raise ``InvalidInput`` where more samples are wanted than there are."""
    if wanted > have:
        raise InvalidInput(f"{what} has {have} samples; {wanted} were asked for: ask for {have} or fewer in all.")
