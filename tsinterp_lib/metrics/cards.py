"""Say what a metric means: its range and direction, what chance scores and what a perfect map scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tsinterp_lib.metrics.selection import LEVELS

Direction = Literal["higher", "lower", "none"]


@dataclass(frozen=True)
class Planted:
    """Describes a box of important cells, ``steps`` × ``features``, in series of ``n_steps`` × ``n_features``."""

    n_steps: int
    n_features: int
    steps: int
    features: int

    @property
    def density(self) -> float:
        """Return d, the share of the cells that are important."""
        return self.steps * self.features / (self.n_steps * self.n_features)

    @property
    def important(self) -> int:
        """Return the number of important cells."""
        return self.steps * self.features

    def perfect_count(self, cut: str, p: float) -> int:
        """Say how many cells of the box are selected at level ``p`` of a map that is 1 in the box and 0 elsewhere."""
        if cut == "mass":
            return max(1, math.ceil(p * self.important - 1e-9))  # 0.7 · 900 must not round up to 631
        return min(self.important, max(1, round(p * self.n_steps * self.n_features)))


At = Callable[[Planted, float], float]
"""A score as a function of the box and, for a curve, the level."""


@dataclass(frozen=True)
class Score:
    """Holds an expected score in words and, where it has a closed form, as a function."""

    text: str
    at: At | None = None


@dataclass(frozen=True)
class Card:
    """Describes one metric: ``formula`` in LaTeX, range, direction, dialect of its name, and two reference scores.

    ``null`` is the mean score of a uniform random map, ``perfect`` that of a map that is 1 on the important cells and
    0 elsewhere. ``source`` is a citation key of the book.
    """

    name: str
    formula: str
    low: float
    high: float
    direction: Direction
    dialect: str
    source: str
    null: Score
    perfect: Score
    note: str = ""


def constant(value: float) -> Score:
    """Return the same score whatever the box and the level."""
    return Score(f"{value:g}", lambda _box, _p: value)


def area(text: str, curve: At, levels: tuple[float, ...] = LEVELS) -> Score:
    """Return the area under an expected curve, by the trapezoid rule over the levels."""
    return Score(text, lambda box, _p: float(np.trapezoid([curve(box, p) for p in levels], levels)))


def random_share(cut: str, p: float) -> float:
    """Return share of the cells that is selected of a uniform random map: 1 − √(1 − p) under the mass cut, p else."""
    return 1 - math.sqrt(1 - p) if cut == "mass" else p


def random_recall(cut: str, unit: str) -> At:
    """Return expected weighted recall of a uniform random map; a step or feature is selected if any of its cells is."""

    def at(box: Planted, p: float) -> float:
        if unit == "cell":
            return p if cut == "mass" else 1 - (1 - p) ** 2
        cells = box.n_features if unit == "time" else box.n_steps
        return 1 - (1 - random_share(cut, p)) ** cells

    return at


def random_precision(unit: str) -> At:
    """Return expected precision of a uniform random map: the share of the units that is important."""

    def at(box: Planted, _p: float) -> float:
        shares = {"cell": box.density, "time": box.steps / box.n_steps, "feature": box.features / box.n_features}
        return shares[unit]

    return at


def perfect_recall(cut: str, unit: str) -> At:
    """Return recall of the perfect map; equal scores keep the order of the flat index, so that boxes fill step by
    step.
    """

    def at(box: Planted, p: float) -> float:
        k = box.perfect_count(cut, p)
        if unit == "time":
            return math.ceil(k / box.features) / box.steps
        return min(k, box.features) / box.features if unit == "feature" else k / box.important

    return at
