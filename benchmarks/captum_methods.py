"""Every standard method on 50 × 50 series: ours against plain Captum calls in batches of ten, as the 2020 scripts ran.

Same network, float64 on both sides, CPU seconds of one thread. Where a method draws, both sides get the same draws: the
same seed, or Captum's generator replaced by the values that ours drew (which only makes Captum faster).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import captum.attr as peer
import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr._core.lime import get_exp_kernel_similarity_function
from torch import Tensor, nn

from benchmarks import Result
from tsinterp_lib import explainers as ours
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers.kernel_shap import coalitions
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.models import MODELS
from tsinterp_lib.seeding import scope

BATCH, STEPS, FEATURES, SEED = 10, 50, 50, 3
PATTERNS = 200
Call = Callable[[nn.Module, Tensor, Tensor], Tensor]


def run() -> list[Result]:
    """One comparison per method and network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [result for name in ("lstm", "tcn") for result in _compare(name, lambda method: True)]
        return [*found, *_compare("transformer", lambda method: method.startswith("Deep"))]


def _compare(name: str, wanted: Callable[[str], bool]) -> Iterator[Result]:
    torch.manual_seed(0)
    network = MODELS[name](n_steps=STEPS, n_features=FEATURES, n_classes=2, output="probabilities").double()
    x = torch.rand(20, STEPS, FEATURES, dtype=torch.float64)
    target = torch.arange(20) % 2
    for method, explainer, call, n, rtol in _methods(x):
        if not wanted(method):
            continue
        (seconds, expected), (mine, a) = _time(
            lambda call=call, n=n: _in_batches(call, network, x[:n], target[:n]),
            lambda e=explainer, n=n: e.attribute(network, x[:n], target[:n]),
        )
        off = float((a - expected).abs().max() / expected.abs().max())
        detail = f"{n} series, {name}; largest difference {off:.1e} of the map's maximum"
        yield Result(f"{method}, {name}", seconds, mine, 1.0, off < rtol, detail)


def _time(*calls: Callable[[], Tensor]) -> list[tuple[float, Tensor]]:
    """Seconds of the fastest run and the answer of each; they take turns, up to twenty times or for three seconds."""
    seconds: list[list[float]] = [[] for _ in calls]
    found: list[Tensor] = []
    while not found or (len(seconds[0]) < 20 and sum(map(sum, seconds)) < 3):
        found = []
        for call, times in zip(calls, seconds, strict=True):
            with scope(SEED):
                start = time.process_time()
                found.append(call())
                times.append(time.process_time() - start)
    return [(min(times), a) for times, a in zip(seconds, found, strict=True)]


def _in_batches(call: Call, network: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Batches of ten; the generators start alike in each, as ours share their draws between all series."""
    found = []
    with attribution_mode(network):
        for i in range(0, len(x), BATCH):
            with scope(SEED):
                found.append(call(network, x[i : i + BATCH].clone(), target[i : i + BATCH]).detach())
    return torch.cat(found)


def _methods(x: Tensor) -> Iterator[tuple[str, Explainer, Call, int, float]]:
    """Method, ours, Captum's, series, and how far apart the maps may be (Captum computes some parts in float32)."""
    pool = torch.rand(50, STEPS, FEATURES, dtype=torch.float64)
    steps = torch.arange(STEPS)[:, None].expand(STEPS, FEATURES)[None].contiguous()
    one = {"baselines": x.new_zeros(1, STEPS, FEATURES)}
    yield "gradient", ours.Gradient(absolute=True), _plain(peer.Saliency), 20, 1e-12
    yield "input x gradient", ours.InputXGradient(), _plain(peer.InputXGradient), 20, 1e-12
    yield "integrated gradients", ours.IntegratedGradients(), _plain(peer.IntegratedGradients, **one), 20, 1e-7
    yield "DeepLIFT", ours.DeepLift(), _plain(peer.DeepLift, **one), 20, 1e-10
    yield "DeepSHAP, 50 references", ours.DeepShap(reference=pool), _plain(peer.DeepLiftShap, baselines=pool), 20, 1e-10
    yield "SmoothGrad", ours.SmoothGrad(n_samples=5, noise_std=0.0), _smoothgrad, 20, 1e-12
    yield "GradientSHAP", ours.GradientShap(reference=pool[:1], n_samples=5), _gradient_shap(pool[:1]), BATCH, 1e-10
    yield "occlusion", ours.Occlusion(), _plain(peer.Occlusion, sliding_window_shapes=(1, FEATURES), **one), 20, 1e-6
    permuted = _plain(peer.FeaturePermutation, feature_mask=steps, perturbations_per_eval=10)
    yield "feature permutation", ours.FeaturePermutation(), permuted, BATCH, 1e-10
    sampled = _plain(peer.ShapleyValueSampling, feature_mask=steps, **one)
    yield "Shapley value sampling", ours.ShapleyValueSampling(), sampled, BATCH, 1e-5
    yield "feature ablation", ours.FeatureAblation(), _plain(peer.FeatureAblation, **one), BATCH, 1e-10
    yield "LIME", ours.Lime(n_samples=PATTERNS), _lime(steps), BATCH, 1e-3
    yield "KernelSHAP", ours.KernelShap(n_samples=PATTERNS), _kernel_shap(steps), BATCH, 1e-2


def _plain(method: type, **options: object) -> Call:
    return lambda network, x, target: method(network).attribute(x, target=target, **options)


def _smoothgrad(network: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    tunnel = peer.NoiseTunnel(peer.Saliency(network))
    options = {"nt_samples": 5, "stdevs": 0.0, "abs": False}
    return tunnel.attribute(x, target=target, **options)


def _gradient_shap(reference: Tensor) -> Call:
    def call(network: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        positions = []
        for _ in range(5):
            torch.randint(1, (len(x),))
            positions.append(torch.rand(len(x), 1, 1, dtype=x.dtype).flatten())
        drawn = torch.stack(positions, 1).flatten().numpy()
        with mock.patch("captum.attr._core.gradient_shap.np.random.uniform", return_value=drawn):
            return peer.GradientShap(network).attribute(x, baselines=reference, target=target, n_samples=5)

    return call


@contextmanager
def _given(patterns: Tensor) -> Iterator[Callable[..., Iterator[Tensor]]]:
    def generator(*_args: object, **_options: object) -> Iterator[Tensor]:
        for pattern in patterns:
            yield pattern[None].long()

    with mock.patch.object(peer.KernelShap, "kernel_shap_perturb_generator", staticmethod(generator)):
        yield generator


def _lime(steps: Tensor) -> Call:
    def call(network: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        kernel = get_exp_kernel_similarity_function("cosine", kernel_width=1.0)
        with _given(torch.rand(PATTERNS, STEPS) < 0.5) as patterns, torch.no_grad():
            lime = peer.Lime(network, SkLearnRidge(alpha=0.01), similarity_func=kernel, perturb_func=patterns)
            return lime.attribute(x, target=target, feature_mask=steps, n_samples=PATTERNS)

    return call


def _kernel_shap(steps: Tensor) -> Call:
    def call(network: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        with _given(coalitions(PATTERNS, STEPS)), torch.no_grad():
            shap = peer.KernelShap(network)
            return shap.attribute(x, target=target, feature_mask=steps, n_samples=PATTERNS)

    return call
