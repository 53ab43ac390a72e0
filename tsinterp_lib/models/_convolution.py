"""Convolve channels-last series, causally and dilated, with the gradient written out and no copy per tap."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable


class Convolution(torch.autograd.Function):
    """Computes ``y[t] = bias + sum_j x[t - (k - 1 - j) d] w[j]``, x (N, T, C) zero before its start, taps w (k, C, D).

    All series lie behind one another as rows of one matrix, with room for the taps' reach between them. A tap is then
    one product of a slice of these rows: the shifted copies of the series, k times their size, are never written. Rows
    of the room between two series come out as well, and are left behind. Taps and bias get no gradient.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, bias: Tensor, dilation: int) -> Tensor:
        """Return the convolved series, (N, T, D)."""
        n, n_steps, width = x.shape
        reach = (len(w) - 1) * dilation
        rows, used = n * (n_steps + reach), n * (n_steps + reach) - reach
        padded = x.new_empty(n, n_steps + reach, width)
        padded[:, :reach] = 0
        padded[:, reach:] = x
        flat, out = padded.view(rows, width), x.new_empty(rows, w.shape[2])
        torch.addmm(bias, flat[:used], w[0], out=out[:used])
        for j in range(1, len(w)):
            out[:used].addmm_(flat[j * dilation : j * dilation + used], w[j])
        ctx.save_for_backward(flat, w)
        ctx.dilation, ctx.shape = dilation, (n, n_steps)
        return out.view(n, n_steps + reach, -1)[:, :n_steps]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient of the series; taps and bias are frozen."""
        flat, w = ctx.saved_tensors
        (n, n_steps), dilation = ctx.shape, ctx.dilation
        reach = (len(w) - 1) * dilation
        used = len(flat) - reach
        g = flat.new_empty(n, n_steps + reach, w.shape[2])
        g[:, n_steps:] = 0
        g[:, :n_steps] = gradients[0]
        late, dx = g.view(len(flat), -1)[:used], torch.empty_like(flat)
        torch.mm(late, w[0].t(), out=dx[:used])
        dx[used:] = 0
        for j in range(1, len(w)):
            dx[j * dilation : j * dilation + used].addmm_(late, w[j].t())
        return dx.view(n, n_steps + reach, -1)[:, reach:], None, None, None


def convolve(
    x: Float[Tensor, "N T C"], w: Float[Tensor, "k C D"], bias: Float[Tensor, "D"], dilation: int
) -> Float[Tensor, "N T D"]:
    """Return the causal convolution with frozen taps; step t sees steps t, t − d, …, t − (k − 1) d."""
    w = w[max(0, len(w) - 1 - (x.shape[1] - 1) // dilation) :]  # taps that reach before the start see zeros only
    y: Tensor = Convolution.apply(x, w, bias, dilation)  # type: ignore[no-untyped-call]
    return y
