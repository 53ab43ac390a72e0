"""Show a method outputs per step whose axes are read the other way round, as a switch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._wrapper import Wrapper
from tsinterp_lib.explainers.gradient import Gradient


@dataclass(frozen=True, kw_only=True)
class ScrambledOutput(Wrapper):
    r"""Shows another method the black box of the released state experiment of :cite:t:`crabbe2021`.

    .. math:: \tilde z_{r c} = z_{(2 r + c) \bmod T, \, \lfloor (2 r + c) / T \rfloor}, \qquad
        \tilde p_{r} = \mathrm{softmax}_c \, \tilde z_{r c}

    for two classes: the released code (:ref:`DYN-1 <dyn-1>`) has class scores of shape (C, T) and reads them as (T, C)
    without a transpose, so that a row holds two neighbouring steps of one class and the softmax compares times, not
    classes. ``base`` (default the gradient) explains :math:`\tilde p`. It is kept to measure what that does; a model
    with one output per series has no axis to mix up and is shown as it is. Units and errors: those of ``base``.
    """

    per_step: ClassVar[bool] = True
    base: Explainer = field(default_factory=Gradient)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N T F"]:
        return self.base._attribute(Scrambled(model) if target.dim() == 2 else model, x, target)


class Scrambled(nn.Module):
    """Gives probabilities of a model's logits (N, T, C) after reading (C, T) as (T, C)."""

    output, per_step = "probabilities", True

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N T C"]:
        """Return rows of mixed-up scores, each summing to one."""
        logits: Tensor = self.model(x)
        return torch.softmax(logits.transpose(1, 2).reshape(logits.shape), 2)
