"""Define the nouns of judging: an explanation, all that a metric may look at, and the metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.axes import SERIES, Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.samples import Background


@dataclass(frozen=True, eq=False)
class Explanation:
    """Holds all that a metric may look at.

    ``axes`` names the axes of ``x``; ``seed`` feeds metrics that draw (masked accuracy); ``background`` is the data
    set's, where it has one. Raises :class:`InvalidInput` where ``x`` has other axes, or another part another shape.
    """

    model: nn.Module
    x: Float[Tensor, "N *axes"]
    target: Int[Tensor, "N"] | Int[Tensor, "N T"]
    attribution: Float[Tensor, "N *axes"]
    importance: Bool[Tensor, "N *axes"] | None = None
    background: Background | None = None
    seed: int = 0
    axes: Axes = SERIES
    memo: dict[object, Tensor] = field(default_factory=dict)
    """What one metric computed and another needs again, by metric (a frozen dataclass hashes by its settings)."""

    def __post_init__(self) -> None:
        self.axes.check(self.x.shape)
        for name, value in (("attribution", self.attribution), ("importance", self.importance)):
            if value is not None and value.shape != self.x.shape:
                raise InvalidInput(f"`{name}` has shape {tuple(value.shape)}, not that of `x`, {tuple(self.x.shape)}.")

    @cached_property
    def magnitude(self) -> Float[Tensor, "N D"]:
        """``|a|``, min–max scaled to [0, 1] per sample, its D cells in the order of the axes, the last one fastest.

        Of a series that is flat index t·F + f. A constant map becomes all zeros. Ranking metrics work on this; float64,
        so that sums over D cells are exact enough to cut by mass.
        """
        s = self.attribution.detach().flatten(1).abs().to(torch.float64)
        low, high = s.amin(1, keepdim=True), s.amax(1, keepdim=True)
        spread = high - low
        return (s - low) / torch.where(spread > 0, spread, 1.0)

    @cached_property
    def truth(self) -> Bool[Tensor, "N D"]:
        """The importance mask, flattened like ``magnitude``; raises where the data has none."""
        if self.importance is None:
            raise InvalidInput("`importance` is None: this metric needs data whose important cells are known.")
        return self.importance.flatten(1)

    @cached_property
    def order(self) -> Int[Tensor, "N D"]:
        """Flat cell indices from the highest to the lowest magnitude; ties keep the lower index first (stable)."""
        s = self.magnitude
        if s.device.type != "cpu":
            return torch.argsort(s, dim=1, descending=True, stable=True)
        # numpy's vectorised sort is four times faster but not stable: rows that hold equal values are sorted again
        order = torch.from_numpy(np.argsort(-s.numpy(), axis=1))
        ranked = s.gather(1, order)
        tied = (ranked[:, 1:] == ranked[:, :-1]).any(1)
        order[tied] = torch.argsort(s[tied], dim=1, descending=True, stable=True)
        return order


class Metric(ABC):
    """Scores each sample of an explanation, once or at several levels: a frozen dataclass of its settings.

    ``levels`` are the levels of a curve, or one ``None`` where the metric has a single score; ``scores(e)`` has a
    column per level and ``metric(e)`` is the one column of a metric of one level. Values are float64; NaN where the
    score is undefined for a sample (left out of means, and counted). Subclasses write ``_scores``.
    """

    levels: tuple[float | None, ...] = (None,)

    def scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        """A score per sample and level; those of several levels are computed once per explanation and settings.

        They are kept in ``e.memo``, so that areas under a curve cost nothing.
        """
        if len(self.levels) == 1:
            return self._scores(e)
        if self not in e.memo:
            e.memo[self] = self._scores(e)
        return e.memo[self]

    def __call__(self, e: Explanation) -> Float[Tensor, "N"]:
        """The score per sample of a metric of one level; raises :class:`InvalidInput` where there are several."""
        if len(self.levels) != 1:
            raise InvalidInput(
                f"{type(self).__name__} has {len(self.levels)} levels: call scores(e), which has a column for each."
            )
        return self.scores(e)[:, 0]

    @abstractmethod
    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]: ...
