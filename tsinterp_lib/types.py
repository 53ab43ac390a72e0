"""The nouns of the library; axes: N samples, T time steps, F features, C classes.

The letters ``x, y, f, a, m`` (input, label, model, attribution, true importance) mean the same in code, docstrings,
equations and on the notation page of the book.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.axes import SERIES, Axes
from tsinterp_lib.errors import InvalidInput

Background = Callable[[int, int], Tensor]
"""``background(n, seed)`` draws ``n`` series of the data's process without any class signal, scaled like the inputs."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Holds labelled inputs and what is known beside them; N samples in front, then the axes that ``axes`` names.

    ==============  =====================  ==========================================================================
    field           shape                  what it holds
    ==============  =====================  ==========================================================================
    ``x``           (N, \\*axes), float    the inputs
    ``y``           (N) or (N, T), int     labels, one per sample or one per step
    ``importance``  like ``x``, bool       True where the generator put the signal; None where nobody knows
    ``observed``    like ``x``, bool       True where the value was measured; None: everything was
    ``lengths``     (N), int               how much of the first axis is no padding; None: all of it
    ``constants``   name → (N, …)          inputs beside ``x`` that the model is given by name and nobody explains
    ``axes``                               the names of the axes, default time and feature
    ==============  =====================  ==========================================================================

    Raises :class:`InvalidInput` where shapes disagree, by name.
    """

    x: Float[Tensor, "N *axes"]
    y: Int[Tensor, "N"] | Int[Tensor, "N T"]
    importance: Bool[Tensor, "N *axes"] | None = None
    observed: Bool[Tensor, "N *axes"] | None = None
    lengths: Int[Tensor, "N"] | None = None
    constants: Mapping[str, Tensor] = field(default_factory=dict)
    axes: Axes = SERIES

    def __post_init__(self) -> None:
        self.axes.check(self.x.shape)
        n = self.x.shape[0]
        if self.y.shape[0] != n:
            raise InvalidInput(f"`y` has {self.y.shape[0]} labels; `x` has {n} samples: give one label per sample.")
        for name in ("importance", "observed"):
            value = getattr(self, name)
            if value is not None and value.shape != self.x.shape:
                raise InvalidInput(f"`{name}` has shape {tuple(value.shape)}, not that of `x`, {tuple(self.x.shape)}.")
        for name, value in {"lengths": self.lengths, **self.constants}.items():
            if value is not None and (value.dim() < 1 or value.shape[0] != n):
                raise InvalidInput(f"`{name}` has shape {tuple(value.shape)}; `x` has {n} samples: give one each.")
        longest = self.x.shape[1]
        if self.lengths is not None and n and not 1 <= int(self.lengths.min()) <= int(self.lengths.max()) <= longest:
            raise InvalidInput(
                f"`lengths` lie in {int(self.lengths.min())}..{int(self.lengths.max())}; the axis "
                f"{self.axes.names[0]!r} of `x` has {longest}: a length is at least 1 and at most that."
            )

    def __len__(self) -> int:
        return self.x.shape[0]

    def __getitem__(self, index: slice | Tensor) -> Samples:
        """The samples at a slice or an index tensor, as a new :class:`Samples`."""
        return self._each(lambda value: value[index])

    def to(self, device: str | torch.device) -> Samples:
        """The same samples on another device."""
        return self._each(lambda value: value.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Samples:
        """The samples with a change made to every tensor."""
        names = ("x", "y", "importance", "observed", "lengths")
        changed: dict[str, Any] = {n: change(v) for n in names if (v := getattr(self, n)) is not None}
        return replace(self, **changed, constants={name: change(value) for name, value in self.constants.items()})


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three splits of one source of series.

    ``background`` is given where the generating process is known (see :data:`Background`); the masked-accuracy metric
    draws its replacement values from it.
    """

    name: str
    train: Samples
    validation: Samples
    test: Samples
    n_classes: int
    feature_names: tuple[str, ...]
    background: Background | None = None

    def to(self, device: str | torch.device) -> Dataset:
        """The same three splits on another device."""
        splits = {name: getattr(self, name).to(device) for name in ("train", "validation", "test")}
        return replace(self, **splits)

    @property
    def axes(self) -> Axes:
        """The names of the axes of a sample."""
        return self.train.axes

    @property
    def n_steps(self) -> int:
        """T, the length of the axis time; raises :class:`InvalidInput` where the data have none."""
        return self.train.x.shape[self.axes.dim("time")]

    @property
    def n_features(self) -> int:
        """F, the length of the axis feature; raises :class:`InvalidInput` where the data have none."""
        return self.train.x.shape[self.axes.dim("feature")]


@dataclass(frozen=True)
class Sizes:
    """How many samples each split of a data set gets."""

    train: int
    validation: int
    test: int

    def __post_init__(self) -> None:
        for split, n in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            if n < 1:
                raise InvalidInput(f"`{split}` is {n}: each split needs at least one sample.")


class DatasetSource(ABC):
    """A recipe for a data set: a frozen dataclass whose fields are its settings."""

    @abstractmethod
    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """The data set of these sizes; the same seed gives the same bytes."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """All that a metric may look at.

    ``seed`` feeds metrics that draw (masked accuracy); ``background`` is the data set's, where it has one.
    """

    model: nn.Module
    x: Float[Tensor, "N T F"]
    target: Int[Tensor, "N"] | Int[Tensor, "N T"]
    attribution: Float[Tensor, "N T F"]
    importance: Bool[Tensor, "N T F"] | None = None
    background: Background | None = None
    seed: int = 0
    memo: dict[object, Tensor] = field(default_factory=dict)
    """What one metric computed and another needs again, by metric (a frozen dataclass hashes by its settings)."""

    @cached_property
    def magnitude(self) -> Float[Tensor, "N D"]:
        """``|a|``, min–max scaled to [0, 1] per sample and flattened to D = T·F (flat index t·F + f).

        A constant map becomes all zeros. Ranking metrics work on this; float64, so that sums over D cells are exact
        enough to cut by mass.
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
    """A score per sample of an explanation: a frozen dataclass whose fields are its settings.

    The result has shape (N), float64; NaN where the score is undefined for a sample (left out of means, and counted).
    """

    @abstractmethod
    def __call__(self, e: Explanation) -> Float[Tensor, "N"]: ...


class Curve(ABC):
    """Scores per sample at several levels: a frozen dataclass whose fields are its settings, ``levels`` among them.

    ``curve(e)`` has shape (N, L), one column per level; it is computed once per explanation and settings and kept in
    ``e.memo``, so that areas under it cost nothing. Subclasses write ``_curve``.
    """

    levels: tuple[float, ...]

    def curve(self, e: Explanation) -> Float[Tensor, "N L"]:
        """The scores at every level; NaN where undefined."""
        if self not in e.memo:
            e.memo[self] = self._curve(e)
        return e.memo[self]

    @abstractmethod
    def _curve(self, e: Explanation) -> Float[Tensor, "N L"]: ...
