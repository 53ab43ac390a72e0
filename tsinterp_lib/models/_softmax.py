"""Compute a softmax whose gradient survives saturation in float32."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


class StableSoftmax(torch.autograd.Function):
    r"""Computes the softmax over the last axis, with a backward pass free of cancellation.

    The textbook form of the gradient, :math:`p_i (g_i - \sum_j p_j g_j)`, subtracts two nearly equal numbers when one
    class has nearly all the mass: in float32 nothing but rounding is left of it (an error of 0.8 of a rescaled map was
    seen). The same quantity written with differences of the incoming gradient keeps its precision,

    .. math:: \partial_i = p_i \sum_j p_j (g_i - g_j),

    because the term of the saturated class itself is exactly zero. C² products instead of C: C is small here.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor) -> Tensor:
        """Probabilities of ``logits`` (N, C)."""
        p = torch.softmax(logits, dim=-1)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Return gradient with respect to the logits; plain tensor operations, so it can be differentiated again."""
        (p,) = ctx.saved_tensors
        (g,) = gradients
        gradient: Tensor = p * ((g.unsqueeze(-1) - g.unsqueeze(-2)) * p.unsqueeze(-2)).sum(-1)
        return gradient


def softmax(logits: Float[Tensor, "N C"]) -> Float[Tensor, "N C"]:
    """Probabilities with a gradient that is exact to float precision on saturated logits too."""
    p: Tensor = StableSoftmax.apply(logits)  # type: ignore[no-untyped-call]
    return p
