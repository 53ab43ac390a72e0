"""Any method, one series at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._wrapper import Wrapper
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.models.white_box import WhiteBox
from tsinterp_lib.parts import OfOneSample
from tsinterp_lib.types import Samples


@dataclass(frozen=True, kw_only=True)
class EachSeries(Wrapper):
    r"""Runs another method on each series by itself, as :cite:t:`crabbe2021` run theirs and Captum's.

    .. math:: a_n = a^{\text{base}}(f_n, x_n)

    ``base`` (default the gradient) is shown one series, and where the model is a
    :class:`~tsinterp_lib.models.white_box.WhiteBox` one that reads the important cells of that series. With
    ``steps_as_samples`` the base is shown the steps of the series as if each were a sample of one step, the model's
    output at a step being the output of that sample: the released scripts hand Captum the (T, F) matrix (:ref:`DYN-31
    <dyn-31>`). "Mean training sample" is then the mean of the series over time, and shuffling between samples shuffles
    time; the score of a cell is about the output at its own step alone. All copies of the series go through the model
    at once.

    Units and errors: those of ``base``; also raises :class:`~tsinterp_lib.errors.InvalidInput` where steps are to be
    samples and the model has one output per series, or where it has one per step and the base explains one per series.
    """

    per_step: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...] | None] = None
    base: Explainer = field(default_factory=Gradient)
    steps_as_samples: bool = False
    samples: Samples | None = field(default=None, repr=False, compare=False)

    def for_axes(self, axes: Axes) -> Explainer:
        """Return a copy that explains inputs with these axes; steps as samples need time and feature."""
        if self.steps_as_samples:
            axes.need(("time", "feature"), f"{type(self).__name__} with steps_as_samples")
        return super().for_axes(axes)

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        # A base that is shown steps as samples learns from each series by itself.
        return self if self.steps_as_samples else super()._prepare(model, train)

    def for_samples(self, samples: Samples) -> Explainer:
        """Return a copy that knows the samples, of which it tells the base one at a time."""
        return replace(self, samples=samples)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N *axes"]:
        self._check(x, target)
        found = []
        for n in range(len(x)):
            base, own = self.base, None if self.samples is None else self.samples[slice(n, n + 1)]
            with restricted_to(model, own):
                if self.steps_as_samples:
                    found.append(self._by_step(model, x[n], target[n]))
                else:
                    base = base if own is None else base.for_samples(own)
                    found.append(base._attribute(model, x[n : n + 1], target[n : n + 1])[0])
        return torch.stack(found)

    def _by_step(self, model: nn.Module, x: Float[Tensor, "T F"], target: Int[Tensor, "T"]) -> Float[Tensor, "T F"]:
        steps = Samples(x[:, None], target)
        rows = _Rows(model, len(x))
        base = self.base
        if hasattr(base, "batch_size"):  # a batch must hold whole series
            base = replace(cast(Any, base), batch_size=2**31)
        return base.prepare(rows, steps)._attribute(rows, steps.x, target)[:, 0]

    def _check(self, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N *T"]) -> None:
        if self.steps_as_samples and target.dim() == 1:
            raise InvalidInput(
                "`steps_as_samples` is True and the model gives one output per series: a step has no output of its own."
            )
        if target.dim() == 2 and not self.steps_as_samples and not self.base.per_step:
            raise InvalidInput(
                f"the model gives one output per step and `base`, {type(self.base).__name__}, explains one per series: "
                "set steps_as_samples=True, or wrap the base in each_step."
            )
        if self.samples is not None and len(self.samples) != len(x):
            raise InvalidInput(f"`samples` are {len(self.samples)}; `x` has {len(x)}: tell the method about these.")


class _Rows(nn.Module):
    """Runs a model of steps: rows are the steps of whole series, one series after another."""

    def __init__(self, model: nn.Module, n_steps: int) -> None:
        super().__init__()
        self.model, self.length = model, n_steps

    def forward(self, x: Float[Tensor, "B 1 F"]) -> Float[Tensor, "B C"]:
        """Return the output at every step."""
        series = x.reshape(-1, self.length, x.shape[2])
        return cast(Tensor, self.model(series)).flatten(0, 1)


@contextmanager
def restricted_to(model: nn.Module, own: Samples | None) -> Iterator[None]:
    """A white box reads the important cells of one series while the block runs; another model is left alone."""
    model = model.model if isinstance(model, OfOneSample) else model
    if isinstance(model, WhiteBox) and own is not None and own.importance is not None:
        with model.restricted(own.importance[0]):
            yield
    else:
        yield
