"""A guided training step, masks of the whole batch at once, against one sample after the other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as nnf
from captum.attr import Saliency
from torch import Tensor, nn

from benchmarks import Result
from tsinterp_lib.models import LSTM, TCN, InputCellLSTM
from tsinterp_lib.seeding import scope
from tsinterp_lib.trainers import SaliencyGuided
from tsinterp_lib.trainers._second_pass import lowest, n_masked
from tsinterp_lib.types import Dataset, Samples

T, F, N, SHARE = 50, 50, 50, 0.5
NETWORKS: dict[str, Callable[..., nn.Module]] = {"LSTM": LSTM, "input-cell LSTM": InputCellLSTM, "TCN": TCN}


def by_sample(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The mask by Captum's gradient of the batch and a stable sort per sample."""
    model.eval()
    gradient = Saliency(model).attribute(x.clone().requires_grad_(), target=y, abs=False)
    mask = torch.zeros_like(x, dtype=torch.bool)
    for n in range(len(x)):
        ranked = torch.argsort(gradient[n].flatten(), stable=True)
        mask[n].view(-1)[ranked[: int(SHARE * T * F)]] = True
    return mask


def by_cell(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The mask by its definition: a gradient and a sorted list per sample, one cell after the other."""
    model.eval()
    mask = torch.zeros_like(x, dtype=torch.bool)
    for n in range(len(x)):
        g = Saliency(model).attribute(x[n : n + 1].clone().requires_grad_(), target=int(y[n]), abs=False).flatten()
        for cell in sorted(range(T * F), key=g.tolist().__getitem__)[: int(SHARE * T * F)]:
            mask[n, cell // F, cell % F] = True
    return mask


PEERS: dict[str, tuple[Callable[[nn.Module, Tensor, Tensor], Tensor], float, int]] = {
    "sort per sample": (by_sample, 1.0, 9),
    "loop over cells": (by_cell, 3.0, 1),
}
"""How the peer masks, how many times faster ours must be, repeats. A sort per sample costs little beside the three
passes through the network, which both sides share: there ours need only not be slower."""


def loop_loss(mask: Tensor, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy plus divergence, masked cells filled sample by sample."""
    changed = x.clone()
    for n in range(len(x)):
        low, high = float(x[n].min()), float(x[n].max())
        changed[n, mask[n]] = torch.empty(int(mask[n].sum()), dtype=x.dtype).uniform_(low, high)
    model.train()
    a, b = model(x), model(changed)
    divergence = nnf.kl_div(b.log_softmax(1), a.log_softmax(1), log_target=True, reduction="batchmean")
    loss: Tensor = nnf.cross_entropy(a, y) + divergence
    return loss


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds of one call, after a warm-up."""
    run()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)


def run() -> list[Result]:
    """A step at the synthetic benchmark's sizes; masks compared in float64."""
    results, trainer = [], SaliencyGuided(share=SHARE)
    samples = Samples(torch.rand(N, T, F), torch.arange(N) % 2)
    dataset = Dataset("uniform", samples, samples, samples, 2, tuple(map(str, range(F))))
    for name, network in NETWORKS.items():
        with scope(0):
            model = network(T, F)
        x, y = samples.x, samples.y
        model.double()
        ours = lowest(trainer.scores(model, x.double(), y), n_masked(SHARE, T * F))
        masks = {peer: mask(model, x.double(), y) for peer, (mask, _, _) in PEERS.items()}
        model.float().train()

        def step(loss: Callable[[], Tensor], model: nn.Module = model) -> Callable[[], object]:
            return lambda: (model.zero_grad(), loss().backward())  # type: ignore[no-untyped-call, func-returns-value]

        our = seconds(step(lambda: trainer.loss(model.train(), x, y, dataset)), 9)  # noqa: B023
        for peer, (mask, target, repeats) in PEERS.items():
            theirs = seconds(step(lambda: loop_loss(mask(model, x, y), model, x, y)), repeats)  # noqa: B023
            detail = f"{N} series, masks of {n_masked(SHARE, T * F)} cells compared in float64, steps in float32"
            equal = torch.equal(ours, masks[peer])
            results.append(Result(f"guided step, {name}, {peer}", theirs, our, target, equal, detail))
    return results
