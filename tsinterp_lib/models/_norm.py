"""Standardise as the released Transformer does, with the gradient written out."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

EPSILON = 1e-6


class Standardise(torch.autograd.Function):
    """Computes ``alpha * (x - mean) / (std + epsilon) + beta`` over the last axis, std with denominator n − 1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
        """Return the standardised rows."""
        centred = x - x.mean(-1, keepdim=True)
        std = torch.linalg.vector_norm(centred, dim=-1, keepdim=True) / max(x.shape[-1] - 1, 1) ** 0.5
        scaled = centred.div_(std + EPSILON)
        ctx.save_for_backward(scaled, std, alpha)
        return torch.addcmul(beta, scaled, alpha)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Gradients of rows, alpha and beta; rows without any spread get that of the mean part alone."""
        scaled, std, alpha = ctx.saved_tensors
        (g,) = gradients
        rows, width = g.reshape(-1, g.shape[-1]), g.shape[-1]
        d_alpha = (rows * scaled.reshape(rows.shape)).sum(0) if ctx.needs_input_grad[1] else None
        d_beta = rows.sum(0) if ctx.needs_input_grad[2] else None
        g = g * alpha
        along = (g * scaled).sum(-1, keepdim=True) * (std + EPSILON)
        along /= (max(width - 1, 1) * std).clamp_min_(torch.finfo(std.dtype).tiny)
        g -= g.mean(-1, keepdim=True)
        return g.addcmul_(scaled, along, value=-1).div_(std + EPSILON), d_alpha, d_beta


class Norm(nn.Module):
    r"""Standardises each step over its features, then applies a learned scale and shift.

    .. math:: y = \alpha \odot \frac{x - \bar x}{s + 10^{-6}} + \beta, \qquad s^2 = \frac{1}{F-1}\sum_i (x_i - \bar x)^2

    Not a layer norm: the standard deviation is the unbiased one, and the constant is added outside the root.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alpha, self.beta = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N T F"]:
        """Return the standardised steps."""
        y: Tensor = Standardise.apply(x, self.alpha, self.beta)  # type: ignore[no-untyped-call]
        return y
