"""FIT and augmented occlusion at every step: ours against one call per feature and step on the whole prefix.

100 series of 60 steps, 3 features, 10 draws, a GRU of 50 units, float32, CPU seconds of one thread. The peer stacks all
draws of a feature and a step into one call, and takes its conditional draws from a Cholesky factor of the Schur
complement. Occlusion gets the same draws on both sides and must be equal; FIT draws by another rule from the same law,
so that the two maps must agree as two draws of one map do.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from scipy import stats
from torch import Tensor, nn

from benchmarks import Result
from tsinterp_lib.explainers import FIT, AugmentedOcclusion
from tsinterp_lib.explainers._probabilities import divergence
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.models import MODELS
from tsinterp_lib.models.conditional_gaussian import ConditionalGaussian, covariance
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Samples

SERIES, STEPS, FEATURES, DRAWS, SEED = 100, 60, 3, 10, 3


def run() -> list[Result]:
    """One comparison per method."""
    torch.manual_seed(0)
    network = MODELS["gru"](n_steps=STEPS, n_features=FEATURES, hidden_size=50, per_step=True).eval()
    x, y = torch.randn(SERIES, STEPS, FEATURES), torch.zeros(SERIES, STEPS, dtype=torch.long)
    train = Samples(torch.randn(200, STEPS, FEATURES), torch.zeros(200, STEPS, dtype=torch.long))
    afo = AugmentedOcclusion(n_samples=DRAWS, first_step=1, batch_size=2000).prepare(network, train)
    fit = FIT(n_samples=DRAWS, average="mean_of_kl", epochs=5, batch_size=2000).prepare(network, train)
    return [
        _occlusion(network, x, y, afo, train.x.flatten(0, 1)),
        _fit(network, x, y, fit, fit.generator),  # type: ignore[attr-defined]
    ]


def _occlusion(network: nn.Module, x: Tensor, y: Tensor, ours: AugmentedOcclusion, pool: Tensor) -> Result:
    def peer() -> Tensor:
        a = torch.zeros_like(x)
        for t in range(1, STEPS):
            clean = _probabilities(network, x[:, : t + 1])
            chosen = torch.randint(len(pool), (SERIES, FEATURES, DRAWS))
            for i in range(FEATURES):
                prefix = x[:, None, : t + 1].repeat(1, DRAWS, 1, 1)
                prefix[:, :, t, i] = pool[chosen[:, i], i]
                moved = _probabilities(network, prefix.flatten(0, 1)).view(SERIES, DRAWS, -1)
                a[:, t, i] = (moved - clean[:, None]).abs().mean((1, 2))
        return a

    (theirs, expected), (mine, a) = _time(network, peer), _time(network, lambda: ours.attribute(network, x, y))
    off = float((a - expected).abs().max() / expected.max())
    detail = f"{SERIES} series; largest difference {off:.1e} of the map's maximum"
    return Result("augmented occlusion", theirs, mine, 25.0, off < 1e-4, detail)


def _fit(network: nn.Module, x: Tensor, y: Tensor, ours: FIT, generator: ConditionalGaussian) -> Result:
    def peer() -> Tensor:
        a = torch.zeros_like(x)
        for t in range(1, STEPS):
            clean, before = (_probabilities(network, x[:, :end]).log() for end in (t + 1, t))
            for i in range(FEATURES):
                prefix = x[:, None, : t + 1].repeat(1, DRAWS, 1, 1)
                prefix[:, :, t] = _schur_draws(generator, x[:, : t + 1], i)
                hat = _probabilities(network, prefix.flatten(0, 1)).log().view(SERIES, DRAWS, -1)
                a[:, t, i] = divergence(clean, before) - divergence(clean[:, None], hat).mean(1)
        return a

    (theirs, expected), (mine, a) = _time(network, peer), _time(network, lambda: ours.attribute(network, x, y))
    difference = (a - expected)[:, 1:].double().flatten()
    z = float(difference.mean() / difference.std() * len(difference) ** 0.5)
    ks = float(stats.ks_2samp(a[:, 1:].flatten().numpy(), expected[:, 1:].flatten().numpy()).pvalue)
    detail = f"{SERIES} series; mean difference {z:+.1f} standard errors, Kolmogorov-Smirnov p {ks:.2f}"
    return Result("FIT", theirs, mine, 12.0, abs(z) < 4 and ks > 1e-3, detail)


def _schur_draws(generator: ConditionalGaussian, prefix: Tensor, i: int) -> Tensor:
    """Draws of the last column given its feature i, one Cholesky factor each."""
    history = generator.histories(prefix)[:, -1]
    mean, factor = generator.law(history.repeat_interleave(DRAWS, 0))
    sigma, column = covariance(factor), prefix[:, -1].repeat_interleave(DRAWS, 0)
    rest = [j for j in range(FEATURES) if j != i]
    gain = sigma[:, rest, i] / sigma[:, i, i, None]
    centre = mean[:, rest] + gain * (column[:, i, None] - mean[:, i, None])
    spread = sigma[:, rest][:, :, rest] - gain[:, :, None] * sigma[:, i, rest][:, None]
    column[:, rest] = torch.distributions.MultivariateNormal(centre, spread).sample()
    return column.view(len(prefix), DRAWS, -1)


def _probabilities(network: nn.Module, prefix: Tensor) -> Tensor:
    return torch.softmax(network.last(prefix), 1)  # type: ignore[operator]


def _time(network: nn.Module, call: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """CPU seconds of one run, after the same seed, and its answer."""
    with scope(SEED), attribution_mode(network), torch.no_grad():
        start = time.process_time()
        a = call()
        return time.process_time() - start, a
