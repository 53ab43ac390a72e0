"""Lay out where the cells that carry the class lie, and what about them tells the classes apart.

The ten layouts of 2020 have the names of the authors' code. It moves every moving box on both axes, although the
papers' design matrix keeps one axis of the two rare layouts fixed; and its ``positional_time`` codes the class by the
*feature* at which the box starts, ``positional_feature`` by the *time*. Both are kept here, in both protocols. The
three boxes of 2019 lie early, in the middle and late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int
from numpy.typing import NDArray

N_STEPS = 50
N_FEATURES = 50
"""The series of 2020; those of 2019 have 100 steps of 100 features."""

Start = int | tuple[int, int] | None


@dataclass(frozen=True)
class Layout:
    """Places a box of ``n_steps`` × ``n_features`` important cells in ``side`` × ``side`` :cite:p:`ismail2020`.

    ``time_start`` and ``feature_start`` are the first row and column of the box: a number (fixed), a pair (the start
    in class 0 and in class 1), or None (drawn uniformly per sample). ``coded_by`` says what tells the classes apart:
    the ``sign`` of the signal, or the ``time_position`` or ``feature_position`` of a box that is positive in both.
    """

    name: str
    n_steps: int
    n_features: int
    time_start: Start
    feature_start: Start
    coded_by: Literal["sign", "time_position", "feature_position"]
    description: str
    side: int = N_STEPS

    @property
    def density(self) -> float:
        """Return the share of cells that are important."""
        return self.n_steps * self.n_features / self.side**2

    @property
    def moving(self) -> bool:
        """Say whether the box lies elsewhere in each sample."""
        return self.time_start is None or self.feature_start is None

    def starts(
        self, y: Int[np.ndarray, "N"], rng: np.random.Generator, touch_edge: bool
    ) -> tuple[Int[np.ndarray, "N"], Int[np.ndarray, "N"]]:
        """First row and first column of each sample's box.

        Drawn starts lie in {0, ..., side - size}; without ``touch_edge`` the upper end is left out, as in the authors'
        code, where a moving box never reaches the last row or column.
        """
        time = _start(self.time_start, self.side - self.n_steps, y, rng, touch_edge)
        return time, _start(self.feature_start, self.side - self.n_features, y, rng, touch_edge)

    def mask(self, time: Int[np.ndarray, "N"], feature: Int[np.ndarray, "N"]) -> Bool[np.ndarray, "N T F"]:
        """Mark what lies inside each sample's box."""
        t = np.arange(self.side)[None, :] - time[:, None]
        f = np.arange(self.side)[None, :] - feature[:, None]
        rows = (t >= 0) & (t < self.n_steps)
        columns = (f >= 0) & (f < self.n_features)
        mask: NDArray[np.bool_] = rows[:, :, None] & columns[:, None, :]
        return mask


def _start(
    start: Start, last: int, y: Int[np.ndarray, "N"], rng: np.random.Generator, touch_edge: bool
) -> Int[np.ndarray, "N"]:
    if start is None:
        return rng.integers(0, last + 1 if touch_edge else last, size=len(y))
    pair = (start, start) if isinstance(start, int) else start
    chosen: NDArray[np.int64] = np.asarray(pair)[y]
    return chosen


_ALL = (
    Layout("middle", 30, 30, 10, 10, "sign", "A large block in the middle."),
    Layout("small_middle", 15, 15, 18, 18, "sign", "A small block in the middle."),
    Layout("moving_middle", 30, 30, None, None, "sign", "A large block, elsewhere in each sample."),
    Layout("moving_small_middle", 15, 15, None, None, "sign", "A small block, elsewhere in each sample."),
    Layout("rare_time", 6, 40, 22, 5, "sign", "Few time steps of most features."),
    Layout("moving_rare_time", 6, 40, None, None, "sign", "Few time steps of most features; moves on both axes."),
    Layout("rare_feature", 40, 6, 5, 22, "sign", "Few features at most time steps."),
    Layout("moving_rare_feature", 40, 6, None, None, "sign", "Few features at most time steps; moves on both axes."),
    Layout(
        "positional_time",
        20,
        20,
        None,
        (29, 1),
        "feature_position",
        "Which features are raised tells the class; when does not.",
    ),
    Layout(
        "positional_feature",
        20,
        20,
        (29, 1),
        None,
        "time_position",
        "When the block is raised tells the class; which features are does not.",
    ),
)

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in _ALL}
"""Every layout by name; ``small_middle`` with the 15 × 15 box of the papers (the authors' code has 14 × 14)."""


def _boxes(side: int) -> tuple[Layout, ...]:
    """Return the boxes of 2019 in series of ``side`` × ``side``, their ranges scaled from 100 × 100."""
    published = {"early": (30, 80, 0, 10), "middle": (60, 60, 20, 20), "late": (30, 80, 70, 10)}
    found = []
    for when, box in published.items():
        n_steps, n_features, time, feature = (n * side // 100 for n in box)
        text = f"A box, {when} in the series."
        found.append(Layout(f"{when}_box_{side}", n_steps, n_features, time, feature, "sign", text, side))
    return tuple(found)


BOXES: dict[str, Layout] = {box.name: box for side in (100, 50) for box in _boxes(side)}
"""The early, middle and late box :cite:p:`ismail2019`: as published in 100 × 100 cells, and at half the size."""

PLANTED: dict[str, Layout] = {**LAYOUTS, **BOXES}
"""Every layout that can be planted."""
