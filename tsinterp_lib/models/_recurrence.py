"""Run the LSTM recurrence, its gradient written out: a fifth of the small operations of autograd."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable


class LastHidden(torch.autograd.Function):
    """Computes the last hidden state of an LSTM, from gate inputs (N, T, 4H) and recurrent weights (4H, H).

    Gate rows are ordered output, input, forget, cell: the three sigmoids lie together, and so do the three gates that
    the cell state feeds. Inside, everything is laid out (T, rows, N), so that each gate of a step is one contiguous
    block: at these sizes the cost is the number of operations, not their length.
    """

    @staticmethod
    def forward(ctx: Any, gate_inputs: Tensor, w: Tensor) -> Tensor:
        """Return h of the last step, (N, H); h and c start at zero."""
        n, n_steps, rows = gate_inputs.shape
        size = rows // 4
        gates = gate_inputs.permute(1, 2, 0).clone(memory_format=torch.contiguous_format)
        c = gates.new_zeros(n_steps + 1, size, n)
        h = gates.new_zeros(n_steps + 1, size, n)
        tanh_c = torch.empty_like(c[1:])
        sigmoids, cells = gates[:, : 3 * size].unbind(), gates[:, 3 * size :].unbind()
        o, i, f, _ = (gate.unbind() for gate in torch.split(gates, size, dim=1))
        every, cs, hs, tanhs = gates.unbind(), c.unbind(), h.unbind(), tanh_c.unbind()
        for t in range(n_steps):
            if t:
                every[t].addmm_(w, hs[t])
            sigmoids[t].sigmoid_()
            cells[t].tanh_()
            torch.mul(i[t], cells[t], out=cs[t + 1])
            if t:
                cs[t + 1].addcmul_(f[t], cs[t])
            torch.tanh(cs[t + 1], out=tanhs[t])
            torch.mul(o[t], tanhs[t], out=hs[t + 1])
        ctx.save_for_backward(gates, c, h, tanh_c, w)
        return h[-1].t().contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor | None]:
        """Propagate back through time; what does not depend on later steps is computed for all steps at
        once.
        """
        gates, c, h, tanh_c, w = ctx.saved_tensors
        n_steps, rows, n = gates.shape
        size = rows // 4
        o, i, f, g = torch.split(gates, size, dim=1)
        local = torch.empty_like(gates)
        local[:, :size] = tanh_c * (o - o * o)
        local[:, size : 2 * size] = g * (i - i * i)
        local[:, 2 * size : 3 * size] = c[:-1] * (f - f * f)
        local[:, 3 * size :] = i * (1 - g * g)
        through_h = (o * (1 - tanh_c * tanh_c)).unbind()
        d_o, d_rest = local[:, :size].unbind(), local[:, size:].view(n_steps, 3, size, n).unbind()
        forget, every, back = f.unbind(), local.unbind(), w.t().contiguous()
        dh, dc = gradients[0].t().contiguous(), torch.zeros_like(c[0])
        for t in range(n_steps - 1, -1, -1):
            dc.addcmul_(dh, through_h[t])
            d_o[t].mul_(dh)
            d_rest[t].mul_(dc)
            if t:
                dc.mul_(forget[t])
                torch.mm(back, every[t], out=dh)
        dw = torch.einsum("trn,tsn->rs", local, h[:-1]) if ctx.needs_input_grad[1] else None
        return local.permute(2, 0, 1), dw


def last_hidden(gate_inputs: Float[Tensor, "N T G"], w: Float[Tensor, "G H"]) -> Float[Tensor, "N H"]:
    """Return h of the last step; gate rows ordered output, input, forget, cell."""
    h: Tensor = LastHidden.apply(gate_inputs, w)  # type: ignore[no-untyped-call]
    return h


def reordered(w: Float[Tensor, "G *rest"]) -> Float[Tensor, "G *rest"]:
    """Return rows in the usual order (input, forget, cell, output) brought into the order of :func:`last_hidden`."""
    i, f, g, o = w.chunk(4)
    return torch.cat((o, i, f, g))
