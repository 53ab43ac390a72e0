"""Compute the Transformer's feed-forward part with its gradient written out, a few rows at a time."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from tsinterp_lib.models._dropout import kept, scale_of

ROWS = 500
"""Rows per block: their hidden units (0.8 MB in float32 at 400 of them) stay in a core's second-level cache.

An accelerator takes all at once."""


class FeedForward(torch.autograd.Function):
    """Computes ``dropout(relu(x w1' + b1)) w2' + b2`` of rows x (R, F), H hidden units; n_dropped 0 drops none.

    The kept hidden units are scaled through ``w2``, and a dropped unit looks like one the ReLU closed, so neither
    pass needs the mask again.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, n_dropped: int) -> Tensor:
        """Return the rows' outputs, (R, F)."""
        hidden, out = x.new_empty(len(x), len(w1)), torch.empty_like(x)
        w2 = w2 * scale_of(n_dropped)
        for rows in _blocks(len(x), x.is_cpu):
            h = torch.addmm(b1, x[rows], w1.t(), out=hidden[rows]).relu_()
            if n_dropped:
                h.mul_(kept(h, n_dropped))
            torch.addmm(b2, h, w2.t(), out=out[rows])
        ctx.save_for_backward(x, hidden, w1, w2)
        ctx.scale = scale_of(n_dropped)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of rows, weights and biases; those of frozen weights are skipped."""
        x, hidden, w1, w2 = ctx.saved_tensors
        g = gradients[0].contiguous()
        dx = torch.empty_like(x)
        dw1, db1, dw2 = torch.zeros_like(w1), w1.new_zeros(len(w1)), torch.zeros_like(w2)
        for rows in _blocks(len(x), x.is_cpu):
            h = hidden[rows]
            dh = torch.ops.aten.threshold_backward(torch.mm(g[rows], w2), h, 0)
            torch.mm(dh, w1, out=dx[rows])
            if ctx.needs_input_grad[1]:
                dw2.addmm_(g[rows].t(), h)
                dw1.addmm_(dh.t(), x[rows])
                db1 += dh.sum(0)
        if not ctx.needs_input_grad[1]:
            return dx, None, None, None, None, None
        return dx, dw1, db1, dw2.mul_(ctx.scale), g.sum(0), None


def _blocks(n: int, on_cpu: bool) -> list[slice]:
    return [slice(i, i + ROWS) for i in range(0, n, ROWS)] if on_cpu else [slice(0, n)]


def feed_forward(
    x: Float[Tensor, "N T F"],
    w1: Float[Tensor, "H F"],
    b1: Float[Tensor, "H"],
    w2: Float[Tensor, "F H"],
    b2: Float[Tensor, "F"],
    n_dropped: int,
) -> Float[Tensor, "N T F"]:
    """Return two linear layers with ReLU and dropout between them, the same for every step."""
    out: Tensor = FeedForward.apply(x.reshape(-1, x.shape[-1]), w1, b1, w2, b2, n_dropped)  # type: ignore[no-untyped-call]
    return out.view(x.shape)
