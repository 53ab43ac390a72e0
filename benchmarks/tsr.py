"""Temporal saliency rescaling of one 50 × 50 series: all masked copies together against one Captum call per copy.

The peer does what the released scripts do: it goes through the masks in a loop and calls Captum for each copy, one
series at a time, in float64. It calls networks in the form of the released code: the two recurrent ones step through
time in small operations of autograd, the TCN is made of the library's one-dimensional convolutions (a call takes 1.4
times as long as one of our network). For the Transformer it calls our own network. At the released settings a series
takes 1201 calls; the peer runs the complete method with groups of ten features, 166 calls, and the seconds per call of
its fastest fifth in a row are multiplied by 1201. Ours is timed on all 1201 copies in float32, the fastest of up to
five runs. Equality is that of the two complete maps with groups of ten, both in float64. CPU seconds of one thread.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import captum.attr as peer
import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from benchmarks import Result
from benchmarks.input_cell import stepwise as input_cell
from tsinterp_lib import explainers as ours
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.models import MODELS

STEPS, FEATURES, GROUP = 50, 50, 10
COMPARED: tuple[tuple[str, str, float], ...] = (
    ("gradient", "lstm", 120.0),
    ("gradient", "lstm_input_cell", 150.0),
    ("gradient", "tcn", 9.0),
    ("gradient", "transformer", 5.0),
    ("integrated gradients", "lstm", 13.0),
    ("integrated gradients", "tcn", 3.0),
)
"""Method, network, and how many times faster ours should be."""

BASES: dict[str, tuple[Explainer, Callable[[nn.Module], Callable[..., Tensor]]]] = {
    "gradient": (ours.Gradient(absolute=True), lambda network: peer.Saliency(network).attribute),
    "integrated gradients": (
        ours.IntegratedGradients(),
        lambda network: lambda x, target: peer.IntegratedGradients(network).attribute(x, 0.0, target),
    ),
}


def lstm(model: nn.Module, x: Tensor) -> Tensor:
    """Logits of an LSTM, batched over series, a step at a time."""
    h = c = x.new_zeros(len(x), model.hidden_size)
    for step in x.unbind(1):
        gates = step @ model.weight_ih.T + model.bias_ih + h @ model.weight_hh.T + model.bias_hh
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
    return model.head(h)


def tcn(model: nn.Module, x: Tensor) -> Tensor:
    """Logits of a TCN that pads both ends of each convolution and cuts the later one off."""
    y = x.transpose(1, 2)
    for block in model.blocks:
        inner = y
        for conv in (block.conv1, block.conv2):
            reach = (conv.kernel_size - 1) * conv.dilation
            longer = nnf.conv1d(inner, conv.weight(), conv.bias, padding=reach, dilation=conv.dilation)
            inner = torch.relu(longer[:, :, :-reach].contiguous())
        if isinstance(block.residual, nn.Linear):
            y = nnf.conv1d(y, block.residual.weight[:, :, None], block.residual.bias)
        y = torch.relu(inner + y)
    return model.head(nnf.max_pool1d(y, y.shape[2]).squeeze(-1))


RELEASED = {"lstm": lstm, "lstm_input_cell": input_cell, "tcn": tcn}


class Released(nn.Module):
    """A network of the library, computed in the form of the released code."""

    def __init__(self, model: nn.Module, logits: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.model, self.logits = model, logits

    def forward(self, x: Tensor) -> Tensor:
        """Probabilities of the classes."""
        return torch.softmax(self.logits(self.model, x), dim=1)


def run() -> list[Result]:
    """One comparison per method and network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [_compare(*case) for case in COMPARED]


def _compare(method: str, name: str, target_ratio: float) -> Result:
    torch.manual_seed(0)
    network = MODELS[name](n_steps=STEPS, n_features=FEATURES, n_classes=2, output="probabilities").double().eval()
    x, target = torch.rand(1, STEPS, FEATURES, dtype=torch.float64), torch.zeros(1, dtype=torch.long)
    base, call = BASES[method]
    grouped, whole = (ours.TemporalSaliencyRescaling(base=base, group_size=g) for g in (GROUP, 1))
    attribute = call(Released(network, RELEASED[name]) if name in RELEASED else network)
    with attribution_mode(network):
        expected, clock = _loop(attribute, x, target)
        each = min(part.mean().item() for part in torch.tensor(clock, dtype=torch.float64).diff().chunk(5))
    off = float((grouped.attribute(network, x, target)[0] - expected).abs().max())
    mine = _seconds(lambda: whole.attribute(network.float(), x.float(), target))
    n = whole.budget(STEPS, FEATURES)
    detail = f"{n} copies, {1e6 * mine / n:.0f} against {1e6 * each:.0f} us each; maps differ by {off:.0e} at most"
    return Result(f"rescaled {method}, {name}", each * n, mine, target_ratio, off < 1e-6, detail)


def _loop(attribute: Callable[..., Tensor], x: Tensor, target: Tensor) -> tuple[Tensor, list[float]]:
    """The map with groups of features, one call per masked copy, and the clock at the start and after each call."""
    clock = [time.process_time()]

    def explain(copy: Tensor) -> Tensor:
        a = attribute(copy.requires_grad_(), target=target).detach()[0]
        clock.append(time.process_time())
        return a

    def moved(t: int, features: slice) -> Tensor:
        copy = x.clone()
        copy[0, t, features] = x[0, 0, 0]
        return (a - explain(copy)).abs().sum()

    a = explain(x.clone())
    tau = _scaled(torch.stack([moved(t, slice(None)) for t in range(STEPS)]))
    found = torch.full((STEPS, FEATURES), 0.1, dtype=x.dtype)
    for t in (tau > tau.quantile(0.55)).nonzero()[:, 0].tolist():
        phi = torch.stack([moved(t, slice(f, f + GROUP)) for f in range(0, FEATURES, GROUP)])
        found[t] = _scaled(phi).repeat_interleave(GROUP)
    return _scaled(tau[:, None] * found), clock


def _scaled(s: Tensor) -> Tensor:
    return (s - s.min()) / (s.max() - s.min())


def _seconds(call: Callable[[], object]) -> float:
    """Fastest of up to five runs, or of as many as start within four seconds."""
    times: list[float] = []
    while not times or (len(times) < 5 and sum(times) < 4):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)
