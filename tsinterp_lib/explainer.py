"""The noun of every attribution method: what it is given, what it answers, and what it refuses by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks, parts
from tsinterp_lib.axes import SERIES, Axes
from tsinterp_lib.errors import InvalidInput
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


@dataclass(frozen=True)
class Line:
    """Says that a method's map is a mean of gradients on the line from a baseline to the input, and what it is times.

    ``slopes``: those means for a network, its inputs, the baselines of these (None: there are none) and targets;
    ``baseline`` of each sample, or None; ``times_input``: whether they are multiplied by the input minus its baseline;
    ``absolute``: whether their sign is dropped.
    """

    slopes: Callable[..., Tensor]
    baseline: Tensor | None = None
    times_input: bool = True
    absolute: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Explainer(ABC):
    """Gives every input cell a signed score: a frozen dataclass whose fields are its hyper-parameters.

    Subclasses write ``_attribute``, and ``_prepare`` where they learn; callers use ``attribute``, which checks the
    input, puts the model into a state in which input gradients are safe (recurrent guard, dropout off, parameters
    frozen), and checks what comes back. Random methods draw from torch's and numpy's global generators: wrap the call
    in :func:`tsinterp_lib.seeding.scope`. ``axes``: the names of the axes of what is explained, taken from the training
    samples in :meth:`prepare`, or given with :meth:`for_axes`.

    What random methods draw falls to the samples in the order of the batch: a sample explained beside others gets
    another map than alone, from the same seed too (GradientSHAP, SmoothGrad, permutation; by up to 0.8 of the largest
    score). Compare maps of one batch.
    """

    per_step: ClassVar[bool] = False
    """Whether models with one output per step, (N, T, C), are explained too; ``target`` is then (N, T)."""

    needs: ClassVar[tuple[str, ...] | None] = ("time", "feature")
    """The axes the method is defined on, in order; None: any."""

    by_gradient: ClassVar[bool] = False
    """Whether the method sees a model through the gradients of its outputs, and through nothing else."""

    drawn_alike: ClassVar[tuple[str, ...]] = ()
    """Hyper-parameters that change nothing of what is drawn: in a study, methods that differ in them share draws."""

    axes: Axes = field(default=SERIES, repr=False, compare=False)

    @property
    def mixes_samples(self) -> bool:
        """Say whether the scores of a sample depend on others beside it: what needs samples to be alone is refused."""
        return False

    @property
    def takes_missing(self) -> bool:
        """Say whether values that were not measured may be NaN; they are refused by name otherwise. Here: they may
        not.
        """
        return False

    def for_axes(self, axes: Axes) -> Explainer:
        """Return a copy that explains inputs with these axes; raises :class:`InvalidInput` where the method cannot."""
        if self.needs is not None:
            axes.need(self.needs, type(self).__name__)
        other = copy(self)
        object.__setattr__(other, "axes", axes)
        return other

    def prepare(self, model: nn.Module, train: Samples) -> Explainer:
        """Return a copy for inputs with the axes of ``train`` that has learned what it needs from it (references,
        generators).

        Raises :class:`InvalidInput` for axes the method is not defined on, and for missing values.
        """
        self._check_measured(train, "train")
        return self.for_axes(train.axes)._prepare(model, train)

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        """Say what :meth:`prepare` returns, once axes are set and values are checked; here: itself."""
        return self

    def for_samples(self, samples: Samples) -> Explainer:
        """Return a copy told what only the samples to be explained know (the oracle's true mask); here: itself."""
        return self

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Say how altered copies of the samples x reach the method, many at a time; None: only all together, in order.

        What is compared with (baselines, references) is drawn here, once. A method whose scores of a sample depend on
        that sample alone says more than None, in its own file, and is then given copies of several samples and masks
        in one call. ``shared``: all calls start from the same generator state.
        """
        return None

    def on_a_line(self, model: nn.Module, x: Float[Tensor, "N *axes"], rows: int) -> Line | None:
        """Say how the map of the samples x follows from gradients on a line, ``rows`` at a time; None: it does not.

        What says so can be explained behind a linear first layer of ``model``, where masked copies are cheap.
        """
        return None

    def cut_to(self, length: int, of: int) -> Explainer:
        """Return a copy for samples of which the first ``length`` of ``of`` places on the axis time, token or frame are
        left.

        What the method knows by place (references) is cut like the samples; here: itself, as it knows nothing so.
        """
        return self

    def explain_samples(
        self, model: nn.Module, samples: Samples, target: Int[Tensor, "N"] | Int[Tensor, "N T"] | None = None
    ) -> Float[Tensor, "N *axes"]:
        """Return scores of the cells of ``samples`` for ``target`` (default: their labels), whatever they hold beside
        ``x``.

        Samples with ``lengths`` or ``constants`` are explained one at a time: cut to their length, so that padding
        neither moves a score nor gets one (it scores zero), and with their constants given to the model by name.
        Others go to :meth:`attribute` in one call. Where values were not measured, ``x`` holds NaN or a filled-in
        value there, and the model sees it so; a model whose ``forward`` has a parameter ``observed`` is told which were
        measured: those of the sample, also for copies in which the method replaced cells. Raises
        :class:`InvalidInput` for missing values where the method takes none, for tokens that are not embedded, for a
        model that does not take the constants by name, for samples that need to be alone where the method mixes
        them, and as :meth:`attribute` does.
        """
        checks.check_model(model)
        method = self.for_axes(samples.axes)
        self._check_measured(samples, "samples")
        target = samples.y if target is None else target
        named = parts.beside(model, samples)
        if not parts.padded(samples) and not named:
            return method.for_samples(samples).attribute(model, samples.x, target, **_observed(samples))
        if self.mixes_samples:
            own = [*(["lengths"] if parts.padded(samples) else []), *named]
            raise InvalidInput(
                f"{type(self).__name__} shuffles cells between samples; these have {', '.join(own)} of their own: "
                "choose a method that explains each sample by itself, or drop them with dataclasses.replace."
            )
        checks.check_target_type(target)
        a, inside = torch.zeros_like(samples.x), parts.real(samples)
        for n in range(len(samples)):
            one = parts.one_of(replace(samples, y=target), n)
            alone = parts.OfOneSample(model, parts.beside(model, one))
            cut = method if samples.lengths is None else method.cut_to(*parts.length_of(samples, n))
            a[n][inside[n]] = cut.for_samples(one).attribute(alone, one.x, one.y, **_observed(one))[0].flatten()
        return a

    def _check_measured(self, samples: Samples, name: str) -> None:
        """Raise :class:`InvalidInput` for values that are missing, unless the method takes such; padding is none."""
        parts.check_floats(samples.x, samples.axes, f"{name}.x")
        if not self.takes_missing:
            parts.check_measured(samples, f"{name}.x", type(self).__name__)

    def attribute(
        self,
        model: nn.Module,
        x: Float[Tensor, "N *axes"],
        target: Int[Tensor, "N"] | Int[Tensor, "N T"],
        observed: Bool[Tensor, "N *axes"] | None = None,
    ) -> Float[Tensor, "N *axes"]:
        """Return scores of the cells of ``x`` for output ``target`` of ``model``: shape, dtype and device of ``x``.

        ``observed``: where it is False, ``x`` may be NaN, for a method that takes missing values. Raises
        :class:`InvalidInput` on non-finite or empty ``x``, other axes than ``axes``, an axis order the model refuses,
        or a target that is no column of the model's output.
        """
        checks.check_model(model)
        parts.check_floats(x, self.axes, "x")
        missing = None if observed is None or not self.takes_missing else ~observed & x.isnan()
        checks.check_series(x if missing is None else torch.where(missing, 0.0, x), axes=self.axes)
        with attribution_mode(model):
            *steps, n_classes = checks.output_shape(model, x, self.per_step, axes=self.axes)
            checks.check_target(target, n_classes, x.shape[0], *steps)
            # A copy: a method or model that writes into its input must not change the caller's data.
            a = self._attribute(model, x.detach().clone(), target)
        return checks.check_attribution(a.detach(), x, method=type(self).__name__)

    @abstractmethod
    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"] | Int[Tensor, "N T"]
    ) -> Float[Tensor, "N *axes"]: ...


def _observed(samples: Samples) -> dict[str, Tensor]:
    """Say what an explainer is told of missing values; nothing where there are none, as one of your own may not ask."""
    return {} if samples.observed is None else {"observed": samples.observed}
