"""Input-cell attention as one prefix softmax against a new softmax over the past at every step."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks import Result
from tsinterp_lib.models import InputCellLSTM

T, F = 50, 50
TRAIN, EVALUATE = 50, 100
"""Series per training step and per chunk of an evaluation."""


def stepwise(model: InputCellLSTM, x: Tensor) -> Tensor:
    """Logits, batched over series as in the released code, which attends anew at each step."""
    h = c = x.new_zeros(len(x), model.hidden_size)
    for t in range(x.shape[1]):
        past = x[:, : t + 1]
        weights = torch.softmax(model.attention_out(torch.tanh(model.attention_in(past))), dim=1)
        m = (weights.transpose(1, 2) @ past).sum(1) / model.n_hops
        i, f, g, o = (m @ model.weight_ih.T + h @ model.weight_hh.T + model.bias).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
    logits: Tensor = model.head(h)
    return logits


def seconds(peer: Callable[[], object], ours: Callable[[], object], rounds: int = 9) -> tuple[float, float]:
    """Least CPU seconds of a call of each, in turn, after a warm-up: other work on a machine only ever adds."""
    least = {peer: float("inf"), ours: float("inf")}
    peer(), ours()
    for run in rounds * (peer, ours, ours, ours):
        start = time.process_time()
        run()
        least[run] = min(least[run], time.process_time() - start)
    return least[peer], least[ours]


def run() -> list[Result]:
    """Training step and forward pass at the synthetic benchmark's sizes; equality in float64."""
    torch.manual_seed(0)
    model, x = InputCellLSTM(T, F).double().eval(), torch.rand(EVALUATE, T, F, dtype=torch.float64)
    worst = _difference(model, x)
    model, x = model.float(), x.float()

    def step(forward: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        return lambda: forward(x[:TRAIN]).logsumexp(1).sum().backward()

    def forward_only(forward: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        return lambda: torch.no_grad()(forward)(x)

    results = []
    for name, make, n in (("training step", step, TRAIN), ("forward", forward_only, EVALUATE)):
        peer, ours = seconds(make(lambda z: stepwise(model, z)), make(model))
        detail = f"largest difference of outputs and gradients {worst:.0e} in float64; {n} series, float32"
        results.append(Result(f"input-cell LSTM, {name}", peer, ours, 10.0, worst < 1e-12, detail))
    return results


def _difference(model: InputCellLSTM, x: Tensor) -> float:
    """Largest absolute difference of outputs, input gradients and weight gradients."""
    x = x.clone().requires_grad_()
    pairs = []
    for forward in (model, lambda z: stepwise(model, z)):
        out = forward(x)
        inputs = [x, *model.parameters()]
        pairs.append([out, *torch.autograd.grad(out[:, 0].mean(), inputs, allow_unused=True, materialize_grads=True)])
    return max(float((a - b).detach().abs().max()) for a, b in zip(*pairs, strict=True))
