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

KINDS = {"x": "", "y": "integers", "importance": "booleans", "observed": "booleans", "lengths": "integers"}
"""What the tensors of samples hold."""


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
    ``lengths``     (N), int               how much of the axis time, token or frame is no padding; None: all of it
    ``constants``   name → (N, …)          inputs beside ``x`` that the model is given by name and nobody explains
    ``axes``                               the names of the axes, default time and feature
    ==============  =====================  ==========================================================================

    Raises :class:`InvalidInput` where shapes or types disagree, by name.
    """

    x: Float[Tensor, "N *axes"]
    y: Int[Tensor, "N"] | Int[Tensor, "N T"]
    importance: Bool[Tensor, "N *axes"] | None = None
    observed: Bool[Tensor, "N *axes"] | None = None
    lengths: Int[Tensor, "N"] | None = None
    constants: Mapping[str, Tensor] = field(default_factory=dict)
    axes: Axes = SERIES

    def __post_init__(self) -> None:
        _check_types(self)
        self.axes.check(self.x.shape)
        n = self.x.shape[0]
        if self.y.dim() < 1:
            raise InvalidInput("`y` is a single number: give one label per sample, shape (N), e.g. y[None].")
        if self.y.shape[0] != n:
            raise InvalidInput(f"`y` has {self.y.shape[0]} labels; `x` has {n} samples: give one label per sample.")
        long = self.x.shape[self.axes.long("labels per step")] if self.y.dim() == 2 else None
        if self.y.dim() > 2 or (self.y.dim() == 2 and self.y.shape[1] != long):
            raise InvalidInput(
                f"`y` has shape {tuple(self.y.shape)}; `x` has {tuple(self.x.shape)}, axes (sample, {self.axes}): give "
                "one label per sample, (N), or one per sample and step, (N, T)."
            )
        for name in ("importance", "observed"):
            value = getattr(self, name)
            if value is not None and value.shape != self.x.shape:
                raise InvalidInput(f"`{name}` has shape {tuple(value.shape)}, not that of `x`, {tuple(self.x.shape)}.")
        for name, value in {"lengths": self.lengths, **self.constants}.items():
            if value is not None and (value.dim() < 1 or value.shape[0] != n):
                raise InvalidInput(f"`{name}` has shape {tuple(value.shape)}; `x` has {n} samples: give one each.")
        if self.lengths is None:
            return
        if self.lengths.dim() != 1:
            raise InvalidInput(f"`lengths` has shape {tuple(self.lengths.shape)}: give one number per sample, ({n},).")
        dim = self.axes.long("lengths")
        longest = self.x.shape[dim]
        if n and not 1 <= int(self.lengths.min()) <= int(self.lengths.max()) <= longest:
            raise InvalidInput(
                f"`lengths` lie in {int(self.lengths.min())}..{int(self.lengths.max())}; the axis "
                f"{self.axes.names[dim - 1]!r} of `x` has {longest}: a length is at least 1 and at most that."
            )

    def __len__(self) -> int:
        return self.x.shape[0]

    def __getitem__(self, index: slice | Tensor) -> Samples:
        """Return the samples at a slice or an index tensor, as a new :class:`Samples`."""
        return self._each(lambda value: value[index])

    def to(self, device: str | torch.device) -> Samples:
        """Return the same samples on another device."""
        return self._each(lambda value: value.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Samples:
        """Return the samples with a change made to every tensor."""
        names = ("x", "y", "importance", "observed", "lengths")
        changed: dict[str, Any] = {n: change(v) for n in names if (v := getattr(self, n)) is not None}
        return replace(self, **changed, constants={name: change(value) for name, value in self.constants.items()})


def _check_types(samples: Any) -> None:
    """Refuse what is no tensor, and tensors of another type than their field is."""
    if not isinstance(samples.axes, Axes):
        raise InvalidInput(f"`axes` is {samples.axes!r}: give the names as Axes('time', 'feature').")
    if not isinstance(samples.constants, Mapping):
        raise InvalidInput(
            f"`constants` is a {type(samples.constants).__name__}: give a dict from the name in the model's forward to "
            "its tensor, {'age': age}."
        )
    if reserved := sorted({"observed", "lengths"} & set(samples.constants)):
        raise InvalidInput(f"a constant is named {reserved[0]!r}: it is a field of its own; give it there.")
    for name, value in {**{n: getattr(samples, n) for n in KINDS}, **samples.constants}.items():
        if value is None and name in ("importance", "observed", "lengths"):
            continue
        if not isinstance(value, Tensor):
            raise InvalidInput(f"`{name}` is a {type(value).__name__}: give a tensor, e.g. torch.as_tensor({name}).")
        wanted = KINDS.get(name)
        whole = not (value.is_floating_point() or value.is_complex() or value.dtype == torch.bool)
        if (wanted == "integers" and not whole) or (wanted == "booleans" and value.dtype != torch.bool):
            call = "long()" if wanted == "integers" else "bool()"
            raise InvalidInput(f"`{name}` has dtype {value.dtype}: it holds {wanted}; call {name}.{call}.")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Holds three splits of one source of samples.

    ``background`` is given where the generating process is known (see :data:`Background`); the masked-accuracy metric
    draws its replacement values from it. Raises :class:`InvalidInput` where the splits have other axes or samples of
    another shape, or where ``feature_names`` are not as many as there are features.
    """

    name: str
    train: Samples
    validation: Samples
    test: Samples
    n_classes: int
    feature_names: tuple[str, ...]
    background: Background | None = None

    def __post_init__(self) -> None:
        for split in ("validation", "test"):
            other = getattr(self, split)
            if other.axes != self.axes:
                raise InvalidInput(
                    f"`train` has the axes {self.axes}; `{split}` has {other.axes}: give all splits the same axes."
                )
            if other.x.shape[1:] != self.train.x.shape[1:]:
                raise InvalidInput(
                    f"a sample of `train` has shape {tuple(self.train.x.shape[1:])}, one of `{split}` "
                    f"{tuple(other.x.shape[1:])}: give all splits one shape; pad shorter samples and give `lengths`."
                )
        if "feature" in self.axes and len(self.feature_names) != self.n_features:
            raise InvalidInput(
                f"`feature_names` are {len(self.feature_names)}; `x` has {self.n_features} features: name each once."
            )

    def to(self, device: str | torch.device) -> Dataset:
        """Return the same three splits on another device."""
        splits = {name: getattr(self, name).to(device) for name in ("train", "validation", "test")}
        return replace(self, **splits)

    @property
    def axes(self) -> Axes:
        """Return the names of the axes of a sample."""
        return self.train.axes

    @property
    def n_steps(self) -> int:
        """Return T, the length of the axis time; raises :class:`InvalidInput` where the data have none."""
        return self.train.x.shape[self.axes.dim("time")]

    @property
    def n_features(self) -> int:
        """Return F, the length of the axis feature; raises :class:`InvalidInput` where the data have none."""
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
        """Return the data set of these sizes; the same seed gives the same bytes."""
