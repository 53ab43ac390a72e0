"""Remove and retrain: what retraining needs besides training costs little, and three ensembles cost one pass.

Preparing 60,000 images at five levels for one estimator (ranks once, then masks and fills) is held against one training
epoch of the small network on as many; the three statistics of a noise ensemble against a pass of draws each.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from benchmarks import Result
from tsinterp_lib.axes import IMAGE
from tsinterp_lib.explainers import Gradient, NoiseEnsemble
from tsinterp_lib.explainers.noise_ensemble import STATISTICS
from tsinterp_lib.metrics.roar.filling import filled
from tsinterp_lib.metrics.roar.ranking import n_removed, ranked, replaced, unit_scores
from tsinterp_lib.models import ImageCNN
from tsinterp_lib.seeding import scope
from tsinterp_lib.trainers import Standard
from tsinterp_lib.types import Dataset, Samples

N, LEVELS = 60_000, (0.1, 0.3, 0.5, 0.7, 0.9)


def run() -> list[Result]:
    """Two comparisons."""
    return [_preparing(), _ensembles()]


def _preparing() -> Result:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(N, 1, 28, 28, generator=draw)
    a = torch.randn(N, 1, 28, 28, generator=draw)
    train = Samples(x, torch.arange(N) % 10, axes=IMAGE)
    small = train[slice(100)]
    data = Dataset("noise", train, small, small, 10, ())
    with scope(0):
        model = ImageCNN((1, 28, 28))
    trainer, optimiser = Standard(), torch.optim.Adam(model.parameters(), fused=True)

    def one_epoch() -> None:
        for batch in torch.split(torch.randperm(N), 100):
            loss = trainer.loss(model, x[batch], train.y[batch], data)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()

    epoch = _timed(one_epoch)[0]
    masks: list[torch.Tensor] = []

    def prepare() -> None:
        order = ranked(unit_scores(a, IMAGE, "cell", "signed"), 0)
        for level in LEVELS:
            mask = replaced(order, level, False, IMAGE, "cell", x.shape[1:])
            filled(x, mask, x, IMAGE, "channel_mean", 0)
            masks.append(mask)

    ours = _timed(prepare)[0]
    counts = [set(mask.flatten(1).sum(1).tolist()) for mask in masks]
    equal = counts == [{n_removed(level, 784)} for level in LEVELS]
    detail = f"60,000 images at five levels against one training epoch; counts exact: {equal}"
    return Result("roar: preparing every image", epoch, ours, 1.0, equal, detail)


def _ensembles() -> Result:
    with scope(0):
        model = ImageCNN((1, 28, 28)).eval()
    x, y = torch.rand(1000, 1, 28, 28, generator=torch.Generator().manual_seed(1)), torch.arange(1000) % 10

    def maps(network: ImageCNN, apart: bool) -> list[torch.Tensor]:
        found = []
        for statistic in STATISTICS:
            method = NoiseEnsemble(base=Gradient(), statistic=statistic).for_axes(IMAGE)
            with scope(2):
                made = method.moments(network, x, y) if apart else None  # type: ignore[attr-defined]
                found.append(getattr(made, statistic) if made else method.attribute(network, x, y))
        return found

    peer, theirs = _timed(lambda: maps(model, True))
    ours, own = _timed(lambda: maps(model, False))
    difference = max(float((a - b).abs().max()) for a, b in zip(theirs, own, strict=True))
    equal = difference < 1e-6
    return Result("roar: three ensembles from one pass", peer, ours, 2.0, equal, f"largest difference {difference:.1e}")


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.process_time()
    found = work()
    return time.process_time() - start, found
