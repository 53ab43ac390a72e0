"""Define the nouns of judging: an explanation, all that a metric may look at, and the metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib import parts
from tsinterp_lib.axes import SERIES, Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.retraining import Retraining
from tsinterp_lib.samples import Background


@dataclass(frozen=True, eq=False)
class Explanation:
    """Holds all that a metric may look at.

    ``axes`` names the axes of ``x``; ``seed`` feeds metrics that draw (masked accuracy); ``background`` is the data
    set's, where it has one. ``lengths`` are those of the samples: a cell of padding is no cell to a metric.
    ``constants`` are what the model is given by name beside ``x``, its samples first. Raises :class:`InvalidInput`
    where ``x`` has other axes, another part another shape, or a score is NaN or infinite.
    """

    model: nn.Module
    x: Float[Tensor, "N *axes"]
    target: Int[Tensor, "N"] | Int[Tensor, "N T"]
    attribution: Float[Tensor, "N *axes"]
    importance: Bool[Tensor, "N *axes"] | None = None
    background: Background | None = None
    seed: int = 0
    axes: Axes = SERIES
    lengths: Int[Tensor, "N"] | None = None
    constants: Mapping[str, Tensor] = field(default_factory=dict)
    memo: dict[object, Tensor] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What one metric computed and another needs again, by metric (a frozen dataclass hashes by its settings)."""
    retraining: Retraining | None = None
    """What metrics need that train the network again; None: they refuse."""

    def __post_init__(self) -> None:
        self.axes.check(self.x.shape)
        if not isinstance(self.attribution, Tensor):
            raise InvalidInput(f"`attribution` is a {type(self.attribution).__name__}: give a torch tensor.")
        if self.importance is not None and getattr(self.importance, "dtype", None) != torch.bool:
            given = getattr(self.importance, "dtype", type(self.importance).__name__)
            raise InvalidInput(f"`importance` is {given}: give a Boolean tensor, True at the important cells.")
        if self.lengths is not None and len(self.lengths) != len(self.x):
            raise InvalidInput(
                f"`lengths` has {len(self.lengths)} entries for {len(self.x)} samples: give each its own."
            )
        for name, value in (("attribution", self.attribution), ("importance", self.importance)):
            if value is not None:
                self._check_shape(name, value)
        bad = ~torch.isfinite(self.attribution)
        if bool(bad.any()):
            where = tuple(int(i) for i in bad.nonzero()[0])
            raise InvalidInput(
                f"`attribution` holds {int(bad.sum())} scores that are NaN or infinite, the first at {where}: ranking "
                "with such a score means nothing; find out where it comes from, or leave the sample out."
            )

    def _check_shape(self, name: str, value: Tensor) -> None:
        shape, wanted = tuple(value.shape), tuple(self.x.shape)
        if shape == wanted:
            return
        hint = ""
        if len(shape) == len(wanted) and sorted(shape) == sorted(wanted):
            hint = f" Its axes look swapped: bring them into the order (sample, {self.axes})."
        elif shape[-len(wanted) + 1 :] == wanted[1:]:
            hint = " One map is not copied to all samples: give each its own, or say so with expand_as(x)."
        raise InvalidInput(f"`{name}` has shape {shape}, not that of `x`, {wanted}: one score per cell of x.{hint}")

    def answers(self, x: Float[Tensor, "n *axes"], rows: slice) -> Float[Tensor, "n C"]:
        """Return the model's output for inputs in the place of samples ``rows``, with the constants of these."""
        out: Tensor = self.model(x, **{name: value[rows].to(x.device) for name, value in self.constants.items()})
        return out

    @cached_property
    def alone(self) -> tuple[Explanation, ...] | None:
        """Return each sample's own explanation, without its padding; None where there is no padding."""
        if not parts.padded(self):
            return None
        found = []
        for n, length in enumerate(parts.lengths(self)):
            at, dim = slice(n, n + 1), self.axes.long("lengths")
            cut = {k: v.narrow(dim, 0, length) if k == "observed" else v for k, v in self._constants_of(at).items()}
            target = self.target[at, :length] if self.target.dim() == 2 else self.target[at]
            m = None if self.importance is None else self.importance[at].narrow(dim, 0, length)
            x, a = (value[at].narrow(dim, 0, length) for value in (self.x, self.attribution))
            found.append(Explanation(self.model, x, target, a, m, None, self.seed, self.axes, None, cut))
        return tuple(found)

    def _constants_of(self, at: slice) -> dict[str, Tensor]:
        return {name: value[at] for name, value in self.constants.items()}

    @cached_property
    def magnitude(self) -> Float[Tensor, "N D"]:
        """Return ``|a|``, min–max scaled to [0, 1] per sample, its D cells in the order of the axes, the last one
        fastest.

        Of a series that is flat index t·F + f. A constant map becomes all zeros. Ranking metrics work on this; float64,
        so that sums over D cells are exact enough to cut by mass. Padding has magnitude 0 and scales nothing.
        """
        if self.lengths is not None and parts.padded(self):
            return self._padded_magnitude()
        s = self.attribution.detach().flatten(1).abs().to(torch.float64)
        low, high = s.amin(1, keepdim=True), s.amax(1, keepdim=True)
        spread = high - low
        return (s - low) / torch.where(spread > 0, spread, 1.0)

    def _padded_magnitude(self) -> Float[Tensor, "N D"]:
        inside = parts.real(self)
        s = torch.zeros(self.x.shape, dtype=torch.float64, device=self.x.device)
        for n, one in enumerate(self.alone or ()):
            s[n][inside[n]] = one.magnitude[0].to(s)
        return s.flatten(1)

    @cached_property
    def truth(self) -> Bool[Tensor, "N D"]:
        """Return the importance mask, flattened like ``magnitude``; raises where the data has none."""
        if self.importance is None:
            raise InvalidInput("`importance` is None: this metric needs data whose important cells are known.")
        return self.importance.flatten(1)

    @cached_property
    def order(self) -> Int[Tensor, "N D"]:
        """Return flat cell indices from the highest to the lowest magnitude; ties keep the lower index first
        (stable).
        """
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
    retrains: ClassVar[bool] = False
    """Whether the network is trained again: the explanation then needs its ``retraining``."""

    @property
    def mixes_samples(self) -> bool:
        """Say whether the score of a sample depends on others; padded samples are then refused. Here: ``pool``."""
        return bool(getattr(self, "pool", False))

    def scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        """Return a score per sample and level; those of several levels are computed once per explanation and settings.

        They are kept in ``e.memo``, so that areas under a curve cost nothing. Samples with padding are scored one by
        one, each without it; a metric that mixes samples refuses them.
        """
        if e.alone is not None:
            if self.mixes_samples:
                raise InvalidInput(
                    f"the samples have `lengths`; {self!r} takes cells or values of several samples together: choose "
                    "settings that score each by itself (pool=False, fill='zero'), or another metric."
                )
            return torch.cat([self.scores(one) for one in e.alone])
        if len(self.levels) == 1:
            return self._scores(e)
        if self not in e.memo:
            e.memo[self] = self._scores(e)
        return e.memo[self]

    def __call__(self, e: Explanation) -> Float[Tensor, "N"]:
        """Return the score per sample of a metric of one level; raises :class:`InvalidInput` where there are
        several.
        """
        if len(self.levels) != 1:
            raise InvalidInput(
                f"{type(self).__name__} has {len(self.levels)} levels: call scores(e), which has a column for each."
            )
        return self.scores(e)[:, 0]

    @abstractmethod
    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]: ...
