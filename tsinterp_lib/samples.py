"""Hold data: samples and what is known beside them, a data set of three splits, and the recipe for one.

N samples, T time steps, F features, C classes; the letters ``x, y, m`` (input, label, true importance) are those of
:mod:`tsinterp_lib.types`, which exports these nouns too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

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
    ``x``           (N, \\*axes), float     the inputs
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
    """Holds three splits of one source of samples.

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
    """Says how many samples each split of a data set gets."""

    train: int
    validation: int
    test: int

    def __post_init__(self) -> None:
        for split, n in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            if n < 1:
                raise InvalidInput(f"`{split}` is {n}: each split needs at least one sample.")


class DatasetSource(ABC):
    """Makes a data set by a recipe: a frozen dataclass whose fields are its settings."""

    @abstractmethod
    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """The data set of these sizes; the same seed gives the same bytes."""
