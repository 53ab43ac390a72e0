"""Compute scaled dot-product attention with dropout on its weights, its gradient written out."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from tsinterp_lib.models._dropout import kept, scale_of

SERIES = 50
"""Heads of series per block: their weights (0.5 MB in float32 at 50 steps) stay in a core's second-level cache.

An accelerator takes all at once."""


class Attention(torch.autograd.Function):
    r"""Computes ``dropout(softmax(q k' / sqrt(d) + mask)) v`` of stacked q, k, v (B, T, d); B counts heads too.

    With the kept and scaled weights A′ and the softmax A, the gradient of the scores is
    :math:`A' \odot (G V^\top) - A \odot \delta`, where :math:`\delta` is the row sum of G times the output: the mask
    of the dropout is in A′ and needs no storing.
    """

    @staticmethod
    def forward(ctx: Any, qkv: Tensor, mask: Tensor, n_dropped: int, trained: bool) -> Tensor:
        """Return the mixed values, (B, T, d)."""
        q, k, v = qkv
        n_steps, size = q.shape[1:]
        weights, out = q.new_empty(len(q), n_steps, n_steps), torch.empty_like(q)
        used = torch.empty_like(weights) if n_dropped else weights
        for block in _blocks(len(q), q.is_cpu):
            scores = torch.baddbmm(mask, q[block], k[block].transpose(1, 2), alpha=size**-0.5)
            torch.softmax(scores, -1, out=weights[block])
            if n_dropped:
                torch.mul(weights[block], kept(scores, n_dropped).mul_(scale_of(n_dropped)), out=used[block])
            _product(used[block], v[block], out[block], trained)
        ctx.save_for_backward(qkv, weights, used, out)
        ctx.trained = trained
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """Return the gradient of q, k and v, stacked."""
        qkv, weights, used, out = ctx.saved_tensors
        (q, k, v), result, g = qkv, torch.empty_like(qkv), gradients[0].contiguous()
        dq, dk, dv = result
        delta = (g * out).sum(-1, keepdim=True)
        for block in _blocks(len(q), q.is_cpu):
            _product(used[block].transpose(1, 2), g[block], dv[block], ctx.trained)
            d = torch.bmm(g[block], v[block].transpose(1, 2)).mul_(used[block])
            d.addcmul_(weights[block], delta[block], value=-1)
            _product(d, k[block], dq[block], ctx.trained)
            _product(d.transpose(1, 2), q[block], dk[block], ctx.trained)
        result[:2] *= q.shape[-1] ** -0.5
        return result, None, None, None


def _product(a: Tensor, b: Tensor, out: Tensor, trained: bool) -> None:
    """Return ``a b`` into ``out``, where b has few columns: a third of the time by way of the transposed product.

    A model in training keeps the order of summation that the published weights were trained with.
    """
    if trained or not a.is_cpu:
        torch.bmm(a, b, out=out)
    else:
        out.copy_(torch.bmm(b.transpose(1, 2), a.transpose(1, 2)).transpose(1, 2))


def _blocks(n: int, on_cpu: bool) -> list[slice]:
    return [slice(i, i + SERIES) for i in range(0, n, SERIES)] if on_cpu else [slice(0, n)]


def attention(
    qkv: Float[Tensor, "N T three_F"], n_heads: int, mask: Float[Tensor, "T T"], n_dropped: int, trained: bool
) -> Float[Tensor, "N T F"]:
    """Return attention of every head over the steps; ``mask`` is added to the scaled scores.

    ``trained``: the weights want gradients. Guided training also asks for gradients in evaluation mode.
    """
    n, n_steps, size = qkv.shape[0], qkv.shape[1], qkv.shape[2] // (3 * n_heads)
    heads = qkv.view(n, n_steps, 3, n_heads, size).permute(2, 0, 3, 1, 4).reshape(3, n * n_heads, n_steps, size)
    mixed: Tensor = Attention.apply(heads, mask, n_dropped, trained)  # type: ignore[no-untyped-call]
    return mixed.view(n, n_heads, n_steps, size).transpose(1, 2).reshape(n, n_steps, n_heads * size)
