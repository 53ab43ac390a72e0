"""The noun of every attribution method: what it is given, what it answers, and what it refuses by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks, parts
from tsinterp_lib.axes import SERIES, Axes
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.samples import Samples


@dataclass(frozen=True)
class Paired:
    """Says how copies of samples reach a method so that each is treated as its sample is.

    ``explainer``: the method for the copies of samples ``of``, all from one part; ``parts``: samples whose copies may
    share a call; ``together``: copies of all samples must come in one call, in the samples' order, one of each.
    """

    explainer: Callable[[Tensor], Explainer]
    parts: tuple[slice, ...]
    together: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Explainer(ABC):
    """Gives every input cell a signed score: a frozen dataclass whose fields are its hyper-parameters.

    Subclasses write ``_attribute``, and ``_prepare`` where they learn; callers use ``attribute``, which checks the
    input, puts the model into a state in which input gradients are safe (recurrent guard, dropout off, parameters
    frozen), and checks what comes back. Random methods draw from torch's and numpy's global generators: wrap the call
    in :func:`tsinterp_lib.seeding.scope`. ``axes``: the names of the axes of what is explained, taken from the
    training samples in :meth:`prepare`, or given with :meth:`for_axes`.
    """

    per_step: ClassVar[bool] = False
    """Whether models with one output per step, (N, T, C), are explained too; ``target`` is then (N, T)."""

    needs: ClassVar[tuple[str, ...] | None] = ("time", "feature")
    """The axes the method is defined on, in order; None: any."""

    by_gradient: ClassVar[bool] = False
    """Whether the method sees a model through the gradients of its outputs, and through nothing else."""

    takes_missing: ClassVar[bool] = False
    """Whether values that were not measured may be NaN; they are refused by name otherwise."""

    axes: Axes = field(default=SERIES, repr=False, compare=False)

    def for_axes(self, axes: Axes) -> Explainer:
        """A copy that explains inputs with these axes; raises :class:`InvalidInput` where the method cannot."""
        if self.needs is not None:
            axes.need(self.needs, type(self).__name__)
        other = copy(self)
        object.__setattr__(other, "axes", axes)
        return other

    def prepare(self, model: nn.Module, train: Samples) -> Explainer:
        """A copy for inputs with the axes of ``train`` that has learned what it needs from it (references, generators).

        Raises :class:`InvalidInput` for axes the method is not defined on, and for missing values.
        """
        self._check_measured(train, "train")
        return self.for_axes(train.axes)._prepare(model, train)

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        """What :meth:`prepare` returns, once axes are set and values are checked; here: itself."""
        return self

    def for_samples(self, samples: Samples) -> Explainer:
        """A copy told what only the samples to be explained know (the oracle's true mask); here: itself."""
        return self

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """How altered copies of the samples x reach the method, many at a time; None: only all together, in order.

        What is compared with (baselines, references) is drawn here, once. A method whose scores of a sample depend on
        that sample alone says more than None, in its own file, and is then given copies of several samples and masks
        in one call. ``shared``: all calls start from the same generator state.
        """
        return None

    def cut_to(self, length: int, of: int) -> Explainer:
        """A copy for samples of which the first ``length`` of ``of`` places on the first axis are left.

        What the method knows by place (references) is cut like the samples; here: itself, as it knows nothing so.
        """
        return self

    def explain_samples(
        self, model: nn.Module, samples: Samples, target: Int[Tensor, "N"] | Int[Tensor, "N T"] | None = None
    ) -> Float[Tensor, "N *axes"]:
        """Scores of the cells of ``samples`` for ``target`` (default: their labels), whatever they hold beside ``x``.

        Samples with ``lengths`` or ``constants`` are explained one at a time: cut to their length, so that padding
        neither moves a score nor gets one (it scores zero), and with their constants given to the model by name.
        Others go to :meth:`attribute` in one call. Raises :class:`InvalidInput` for missing values where the method
        takes none, for tokens that are not embedded, for a model that does not take the constants by name, and as
        :meth:`attribute` does.
        """
        method = self.for_axes(samples.axes)
        self._check_measured(samples, "samples")
        target = samples.y if target is None else target
        longest, lengths = samples.x.shape[1], parts.lengths(samples.x, samples.lengths)
        if set(lengths) <= {longest} and not samples.constants:
            return method.for_samples(samples).attribute(model, samples.x, target)
        a = torch.zeros_like(samples.x)
        for n, length in enumerate(lengths):
            one = parts.one_of(samples, n, length)
            wanted = target[n : n + 1, :length] if target.dim() == 2 else target[n : n + 1]
            own = parts.OfOneSample(model, one.constants)
            a[n, :length] = method.cut_to(length, longest).for_samples(one).attribute(own, one.x, wanted)[0]
        return a

    def _check_measured(self, samples: Samples, name: str) -> None:
        """Raises :class:`InvalidInput` for values that are missing, unless the method takes such; padding is none."""
        parts.check_floats(samples.x, samples.axes, f"{name}.x")
        if not self.takes_missing:
            parts.check_measured(samples.x, samples.observed, samples.lengths, f"{name}.x", type(self).__name__)

    def attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"] | Int[Tensor, "N T"]
    ) -> Float[Tensor, "N *axes"]:
        """Scores of the cells of ``x`` for output ``target`` of ``model``: shape, dtype and device of ``x``.

        Raises :class:`InvalidInput` on non-finite or empty ``x``, other axes than ``axes``, an axis order the model
        refuses, or a target that is no column of the model's output.
        """
        parts.check_floats(x, self.axes, "x")
        checks.check_series(torch.where(x.isnan(), 0.0, x) if self.takes_missing else x, axes=self.axes)
        with attribution_mode(model):
            *steps, n_classes = checks.output_shape(model, x, self.per_step, axes=self.axes)
            checks.check_target(target, n_classes, x.shape[0], *steps)
            a = self._attribute(model, x.detach(), target)
        return checks.check_attribution(a.detach(), x, method=type(self).__name__)

    @abstractmethod
    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"] | Int[Tensor, "N T"]
    ) -> Float[Tensor, "N *axes"]: ...
