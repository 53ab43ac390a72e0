"""Groups of masks on 50 × 50 series: ours against a loop that follows the released algorithm, one series at a time.

The loop lets autograd go through all pairs of steps of the blur, sorts every mask (stably: the released sort breaks
ties as it happens to) and calls the model once per mask. CPU seconds of one thread in float32, fastest of several runs;
that both give the same masks is checked in float64, after 200 epochs at the released default rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks import Result
from tsinterp_lib.datasets import RareFeature
from tsinterp_lib.explainers import Dynamask
from tsinterp_lib.explainers.dynamask.regularisers import areas_of
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.models import MODELS, WhiteBox
from tsinterp_lib.types import Sizes

STEPS, FEATURES = 50, 50
EQUAL = 1e-5
EPOCHS_COMPARED = 200


def run() -> list[Result]:
    """The white box under a blur, an LSTM and a TCN under a fade."""
    data = RareFeature(protocol="as_released", dtype="float64").load(Sizes(1, 1, 4), 0).test
    assert data.importance is not None
    box = WhiteBox(STEPS, FEATURES)
    found = []
    with box.restricted(data.importance[0]):
        blur = Dynamask(areas="0.001:0.05:50", perturbation="gaussian_blur", loss="mse")
        found.append(_compare("50 areas, Gaussian blur, white box", box, blur, data.x[:1], "0.01:0.04:4", 40, 8))
    for name, target, compared in (("lstm", 4.0, "0.1:0.4:4"), ("tcn", 6.0, "0.1:0.2:2")):
        torch.manual_seed(0)
        network = MODELS[name](n_steps=STEPS, n_features=FEATURES, n_classes=2, output="probabilities")
        fade = Dynamask(areas="0.02:0.5:25", perturbation="moving_average", loss="cross_entropy", batch_size=100)
        found.append(_compare(f"25 areas, fade, {name}", network, fade, data.x, compared, target, 10))
    return found


def _compare(name: str, model: nn.Module, e: Dynamask, x: Tensor, compared: str, target: float, epochs: int) -> Result:
    from dataclasses import replace

    few = replace(e, areas=compared, epochs=EPOCHS_COMPARED)
    wide, shape = model.double(), (1, STEPS) if isinstance(model, WhiteBox) else (1,)
    classes = torch.zeros(shape, dtype=torch.long)
    expected = released(wide, x[0], few)
    off = float((few.fit(wide, x[:1], classes).masks[0] - expected).abs().max())
    narrow, timed = model.float(), replace(e, epochs=epochs)
    series = x.float()
    peer = _fastest(lambda: released(narrow, series[0], timed), 2) * len(series)
    ours = _fastest(lambda: timed.fit(narrow, series, classes.expand(len(series), *shape[1:])), 6)
    detail = f"{len(series)} series, {epochs} epochs; masks differ by {off:.1e} after {EPOCHS_COMPARED} epochs, float64"
    return Result(name, peer, ours, target, off < EQUAL, detail)


def _fastest(call: Callable[[], object], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


def released(model: nn.Module, x: Tensor, e: Dynamask) -> Tensor:
    """Masks (R, T, F) of one series, as the released group of masks fits them."""
    areas = areas_of(e.areas)
    n_steps, n_features = x.shape
    reference = torch.stack([_reference(a, x.numel()) for a in areas]).to(x)
    m = torch.full((len(areas), n_steps, n_features), 0.5, dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.SGD([m], lr=e.learning_rate, momentum=e.momentum)
    weight = e.size_weight
    perturb = _blur if e.perturbation == "gaussian_blur" else _fade
    with attribution_mode(model):
        clean = model(x[None]).detach()
        for _ in range(e.epochs):
            optimiser.zero_grad()
            perturbed = perturb(x, m)
            out = torch.stack([model(series[None]) for series in perturbed])
            error = _mse(out, clean) if e.loss == "mse" else -(clean * out.log()).mean()
            ordered = m.flatten(1).sort(dim=1, stable=True).values
            (error + weight * (reference - ordered).square().mean()).backward()
            optimiser.step()
            with torch.no_grad():
                m.clamp_(0, 1)
            weight *= e.size_growth ** (1 / e.epochs)
    return m.detach()


def _reference(area: float, n: int) -> Tensor:
    wanted = torch.ones(n)
    wanted[: int((1 - area) * n)] = 0
    return wanted


def _mse(out: Tensor, clean: Tensor) -> Tensor:
    return (out - clean).square().mean()


def _blur(x: Tensor, m: Tensor) -> Tensor:
    at = torch.arange(len(x), dtype=x.dtype)
    sigma = 2.0 * (1 + 1e-7 - m)[:, None]
    weights = torch.exp(-((at[:, None] - at[None, :]) ** 2)[None, :, :, None] / (2 * sigma**2))
    weights = weights / weights.sum(1, keepdim=True)
    return torch.einsum("sf,rstf->rtf", x, weights)


def _fade(x: Tensor, m: Tensor) -> Tensor:
    return m * x + (1 - m) * x.mean(0)
