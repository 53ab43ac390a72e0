"""Equal to Captum, called the plain way, in float64: what we batch ourselves and what we shortcut."""

import inspect
from dataclasses import replace

import captum.attr
import pytest
import torch
from captum._utils.models.linear_model import SkLearnLasso, SkLearnRidge
from captum.attr._core.lime import get_exp_kernel_similarity_function
from torch import nn

from tests import explainer_models as tiny
from tests.oracles import gradient_shap as twin
from tsinterp_lib import explainers as ex
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers.kernel_shap import coalitions
from tsinterp_lib.guard import attribution_mode, counted
from tsinterp_lib.models import MODELS
from tsinterp_lib.seeding import scope

# Captum raises these on every such call; they are the reason for the adapter's care, and no concern here.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting forward, backward hooks:UserWarning"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients:UserWarning"),
    pytest.mark.filterwarnings("ignore:You are providing multiple inputs for Lime:UserWarning"),
]


@pytest.fixture(params=[tiny.Recurrent, tiny.Convolutional], ids=lambda network: network.__name__)
def model(request):
    return request.param().double().eval()


@pytest.fixture
def data():
    return tiny.samples(6)


def close(a, b, rtol=1e-10, atol=1e-13):
    torch.testing.assert_close(a, b.detach(), rtol=rtol, atol=atol, check_dtype=False)


def groups(kind):
    cells = torch.arange(tiny.T * tiny.F).view(1, tiny.T, tiny.F)
    return {"cell": cells, "time": cells // tiny.F, "feature": cells % tiny.F}[kind]


def reference(data):
    return data.x.mean(0, keepdim=True)


def plain(model, method, data, **options):
    with attribution_mode(model):
        return method(model).attribute(data.x.clone(), target=data.y, **options)


def test_gradients_are_saliency(model, data):
    a = ex.Gradient(absolute=True, batch_size=4).attribute(model, data.x, data.y)
    close(a, plain(model, captum.attr.Saliency, data))
    a = ex.InputXGradient(batch_size=4).attribute(model, data.x, data.y)
    close(a, plain(model, captum.attr.InputXGradient, data))


@pytest.mark.parametrize("batch_size", [7, 1000])
def test_integrated_gradients_are_captums_in_any_chunks(model, data, batch_size):
    e = ex.IntegratedGradients(baseline="train_mean", n_steps=20, batch_size=batch_size).prepare(model, data)
    expected = plain(model, captum.attr.IntegratedGradients, data, baselines=reference(data), n_steps=20)
    close(e.attribute(model, data.x, data.y), expected, rtol=1e-6, atol=1e-9)  # Captum's weights are float32


def test_deep_lift_is_captums_and_the_shortcut_too(model, data):
    e = ex.DeepLift(baseline="train_mean", batch_size=5).prepare(model, data)
    close(e.attribute(model, data.x, data.y), plain(model, captum.attr.DeepLift, data, baselines=reference(data)))


@pytest.mark.parametrize("batch_size", [2, 5, 1000])
def test_deep_shap_is_captums_and_the_shortcut_too(model, data, batch_size):
    pool = tiny.samples(3, seed=8).x
    a = ex.DeepShap(reference=pool, batch_size=batch_size).attribute(model, data.x, data.y)
    close(a, plain(model, captum.attr.DeepLiftShap, data, baselines=pool))


def small_network(name):
    return MODELS[name](
        n_steps=tiny.T, n_features=tiny.F, output="probabilities", **({"n_heads": 1} if name == "transformer" else {})
    )


RULED = {
    "maximum last": (tiny.Pooled, True),
    "maximum inside": (lambda: tiny.Pooled(after=True), False),
    "two uses": (tiny.Reused, False),
    "TCN": (lambda: small_network("tcn"), True),
    "Transformer": (lambda: small_network("transformer"), True),
}


@pytest.mark.parametrize("batch_size", [4, 1000])
@pytest.mark.parametrize("case", [case for case in RULED if case != "two uses"])
def test_the_rule_is_captums_where_references_go_forward_alone_and_where_they_cannot(case, batch_size, data):
    model, pool = RULED[case][0]().double().eval(), tiny.samples(3, seed=8).x
    a = ex.DeepShap(reference=pool, batch_size=batch_size).attribute(model, data.x, data.y)
    close(a, plain(model, captum.attr.DeepLiftShap, data, baselines=pool))
    b = ex.DeepLift(baseline="train_mean", batch_size=batch_size).prepare(model, data)
    close(b.attribute(model, data.x, data.y), plain(model, captum.attr.DeepLift, data, baselines=reference(data)))


@pytest.mark.parametrize("case", RULED)
def test_references_go_forward_alone_where_the_only_maximum_comes_last(case, data, monkeypatch):
    model, served = RULED[case][0]().double().eval(), RULED[case][1]
    called = []
    pairs = lambda method, model, x, *_: called.append(len(x)) or x  # noqa: E731
    monkeypatch.setattr(inspect.getmodule(ex.DeepShap), "paired_rule", pairs)
    with counted(model) as rows:
        ex.DeepShap(reference=data.x[:3]).attribute(model, data.x, data.y)
    assert bool(called) != served
    if served:
        assert rows == [1 + len(data) + 3]  # the first shows that the model takes such series


def test_each_group_has_its_own_references(data):
    model = small_network("tcn").double().eval()
    e = ex.DeepShap(references="uniform", n_references=3, group_size=4, batch_size=5)
    with scope(3):
        a = e.attribute(model, data.x, data.y)
    with scope(3):
        for group, several in e.draws(data.x):
            expected = plain(model, captum.attr.DeepLiftShap, data[group], baselines=several)
            close(a[group], expected)


class SummedThenPooled(nn.Module):
    """The largest sum over features: exchanging values between features leaves what is pooled as it was."""

    n_steps, n_features = tiny.T, tiny.F

    def __init__(self):
        super().__init__()
        self.pool, self.scores = nn.MaxPool1d(tiny.T), nn.Linear(1, tiny.C)

    def forward(self, x):
        return torch.softmax(self.scores(self.pool(x.sum(2)[:, None])[:, 0]), 1)


def test_a_maximum_over_what_equals_the_reference_takes_its_own_gradient(data):
    """Captum gives such a cell the gradient of the batch's first row, so that its answer depends on the batch."""
    model, x = SummedThenPooled().double().eval(), data.x[:2].clone()
    x[0, 0], x[1, -1] = 5.0, torch.tensor([7.0, 5.0, 5.0])  # the largest sums stand at different steps
    e = ex.DeepLift(reference=x[1].roll(1, dims=1))
    together, alone = e.attribute(model, x, data.y[:2]), e.attribute(model, x[1:], data.y[1:2])
    assert alone.abs().max() > 0
    close(together[1:2], alone)


def test_deep_shap_with_one_reference_is_deep_lift(model, data):
    pool = tiny.samples(1, seed=8).x
    a = ex.DeepShap(reference=pool).attribute(model, data.x, data.y)
    close(a, plain(model, captum.attr.DeepLift, data, baselines=pool))


def test_smoothgrad_is_the_noise_tunnel_on_the_same_noise(model, data, monkeypatch):
    with scope(3):
        a = ex.SmoothGrad(n_samples=4, noise_std=0.3, absolute=True, batch_size=5).attribute(model, data.x, data.y)
    with scope(3):
        noise = torch.stack([0.3 * torch.randn(data.x.shape).double() for _ in range(4)], 1).flatten(0, 1)
    noisy = staticmethod(lambda x, std, n: x.repeat_interleave(n, 0) + noise)
    monkeypatch.setattr(captum.attr.NoiseTunnel, "_add_noise_to_input", noisy)
    with attribution_mode(model):
        tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(model))
        expected = tunnel.attribute(data.x.clone(), nt_samples=4, stdevs=0.3, target=data.y)
    close(a, expected)


def test_gradient_shap_is_captums_on_the_same_draws(model, data, monkeypatch):
    """With one reference and no noise only the positions on the path are drawn; Captum draws them from numpy."""
    pool = tiny.samples(1, seed=8).x
    with scope(3):
        a = ex.GradientShap(reference=pool, n_samples=3).attribute(model, data.x, data.y)
    with scope(3):
        positions = []
        for _ in range(3):
            torch.randint(1, (len(data),))
            positions.append(torch.rand(len(data), 1, 1, dtype=torch.float64).flatten())
    drawn = torch.stack(positions, 1).flatten().numpy()
    monkeypatch.setattr("captum.attr._core.gradient_shap.np.random.uniform", lambda low, high, n: drawn)
    close(a, plain(model, captum.attr.GradientShap, data, baselines=pool, n_samples=3))


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_gradient_shap_against_zeros_and_the_explained_batch_equals_its_slow_twin_and_captums_pool(model, data, noise):
    e = ex.GradientShap(references="explained", n_samples=4, noise_std=noise)
    with scope(3):
        a = e.prepare(model, tiny.samples(8, seed=9)).attribute(model, data.x, data.y)
    pool = torch.cat([data.x * 0, data.x])  # what the released scripts hand Captum as baselines
    with scope(3):
        draws = []
        for _ in range(4):
            reference = pool[torch.randint(2 * len(data), (len(data),))]
            alpha = torch.rand(len(data), 1, 1, dtype=torch.float64)
            drawn = noise * torch.randn(data.x.shape).double() if noise else torch.zeros_like(data.x)
            draws.append((reference, alpha, drawn))
    close(a, twin.gradient_shap(model, data.x, data.y, draws), rtol=1e-7, atol=1e-11)
    with scope(3):
        close(a, replace(e, reference=pool).attribute(model, data.x, data.y))


@pytest.mark.parametrize("kind", ["cell", "time", "feature"])
def test_feature_ablation_is_captums(model, data, kind):
    e = ex.FeatureAblation(groups=kind, baseline="train_mean", batch_size=10).prepare(model, data)
    options = {"baselines": reference(data), "feature_mask": groups(kind)}
    close(e.attribute(model, data.x, data.y), plain(model, captum.attr.FeatureAblation, data, **options))


@pytest.mark.parametrize("window", [(1, tiny.F), (2, 2), (3, 1)])
def test_occlusion_is_captums(model, data, window):
    e = ex.Occlusion(window_steps=window[0], window_features=window[1], baseline="train_mean", batch_size=10)
    options = {"baselines": reference(data), "sliding_window_shapes": window}
    a = e.prepare(model, data).attribute(model, data.x, data.y)
    close(a, plain(model, captum.attr.Occlusion, data, **options), rtol=1e-6, atol=1e-8)  # its answer is float32


@pytest.mark.parametrize("kind", ["cell", "time", "feature"])
def test_feature_permutation_is_captums_from_the_same_seed(model, data, kind):
    with scope(3):
        a = ex.FeaturePermutation(groups=kind, batch_size=10).attribute(model, data.x, data.y)
    with scope(3):
        expected = plain(model, captum.attr.FeaturePermutation, data, feature_mask=groups(kind))
    close(a, expected)


@pytest.mark.parametrize("kind", ["cell", "time", "feature"])
def test_shapley_value_sampling_is_captums_from_the_same_seed(model, data, kind):
    e = ex.ShapleyValueSampling(groups=kind, n_permutations=4, baseline="train_mean", batch_size=10)
    with scope(3):
        a = e.prepare(model, data).attribute(model, data.x, data.y)
    options = {"baselines": reference(data), "feature_mask": groups(kind).contiguous(), "n_samples": 4}
    with scope(3):
        expected = plain(model, captum.attr.ShapleyValueSampling, data, **options)
    close(a, expected, rtol=1e-5, atol=1e-7)  # Captum sums in float32; the slow twin is met to 1e-10


def test_lasso_lime_is_captums_from_the_same_seed(model, data):
    one = data[:1]
    with scope(3):
        a = ex.Lime(n_samples=30, penalty="lasso", alpha=1e-4).attribute(model, one.x, one.y)
    with attribution_mode(model), scope(3):
        method = captum.attr.Lime(model, interpretable_model=SkLearnLasso(alpha=1e-4))
        expected = method.attribute(one.x.clone(), target=one.y, feature_mask=groups("time"), n_samples=30)
    assert expected.abs().max() > 1e-3
    close(a, expected, rtol=1e-4, atol=1e-6)


def given(patterns):
    """In place of Captum's generators of patterns: the same patterns for every sample."""

    def generator(*_args, **_options):
        for pattern in patterns:
            yield pattern[None].long()

    return generator


def test_ridge_lime_is_captums_on_the_same_patterns(model, data):
    e = ex.Lime(n_samples=30, alpha=0.3, kernel_width=0.5, baseline="train_mean").prepare(model, data)
    with scope(3):
        a = e.attribute(model, data.x, data.y)
    with scope(3):
        patterns = torch.rand(30, tiny.T) < 0.5
    kernel = get_exp_kernel_similarity_function("cosine", kernel_width=0.5)
    with attribution_mode(model):
        method = captum.attr.Lime(model, SkLearnRidge(alpha=0.3), similarity_func=kernel, perturb_func=given(patterns))
        options = {"baselines": reference(data), "feature_mask": groups("time"), "n_samples": 30}
        expected = method.attribute(data.x.clone(), target=data.y, **options)
    close(a, expected, rtol=1e-3, atol=1e-6)  # Captum fits in float32


def test_kernel_shap_is_captums_on_the_same_sets(model, data, monkeypatch):
    e = ex.KernelShap(n_samples=30, baseline="train_mean").prepare(model, data)
    with scope(3):
        a = e.attribute(model, data.x, data.y)
    with scope(3):
        sets = coalitions(30, tiny.T)
    monkeypatch.setattr(captum.attr.KernelShap, "kernel_shap_perturb_generator", staticmethod(given(sets)))
    options = {"baselines": reference(data), "feature_mask": groups("time"), "n_samples": 30}
    expected = plain(model, captum.attr.KernelShap, data, **options)
    close(a, expected, rtol=1e-3, atol=1e-4)  # Captum fits in float32, with weights of a million


@pytest.mark.parametrize("kind", ["GradientShap", "SmoothGrad", "FeaturePermutation"])
def test_methods_that_draw_give_a_sample_another_map_beside_others_and_their_docstrings_say_so(kind, data):
    model = tiny.Convolutional().double().eval()
    e = getattr(ex, kind)(**({"reference": data.x} if kind == "GradientShap" else {}))
    maps = []
    for n in (4, 6):
        with scope(3):
            maps.append(e.attribute(model, data.x[:n], data.y[:n])[0])
    assert not torch.allclose(*maps)
    for doc in (type(e).__doc__, Explainer.__doc__):
        assert "another map" in " ".join(doc.split())
