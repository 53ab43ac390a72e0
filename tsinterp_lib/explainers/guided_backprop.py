"""Guided backpropagation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._chunked import Chunked


@dataclass(frozen=True, kw_only=True)
class GuidedBackprop(Chunked):
    r"""Takes the gradient with only its positive parts passed back through ReLUs :cite:p:`springenberg2015`.

    .. math:: g^{\text{in}} = g^{\text{out}} \cdot \mathbf 1[g^{\text{out}} > 0] \cdot \mathbf 1[z > 0]

    at every ``nn.ReLU`` module with output z; a ReLU that is called as a function is not seen, and a network without
    one (an LSTM) gets its plain gradient. Units: none. Equal to Captum's ``GuidedBackprop``, in one
    backward pass. Raises :class:`~tsinterp_lib.errors.InvalidInput` as ``attribute`` states.
    """

    needs: ClassVar[tuple[str, ...] | None] = None

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """In any number and order: a copy's map depends on the copy alone."""
        return Paired(lambda of: self, (slice(0, len(x)),))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        with guided(model):
            return self.gradients(model, x, target)


class PositiveOnly(torch.autograd.Function):
    """Passes what is positive forward, and back only what is positive there too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return the positive part."""
        y = x.clamp_min(0)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """Return the positive part of the gradient, where the output is positive."""
        (y,) = ctx.saved_tensors
        kept: Tensor = grads[0].clamp_min(0) * (y > 0)
        return kept


@contextmanager
def guided(model: nn.Module) -> Iterator[None]:
    """While the block runs, every ReLU module of the model passes only positive gradients back."""

    def replace(_module: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> Tensor:
        answer: Tensor = PositiveOnly.apply(inputs[0])  # type: ignore[no-untyped-call]
        return answer

    hooks = [module.register_forward_hook(replace) for module in model.modules() if isinstance(module, nn.ReLU)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
