"""Every explainer against its slow twin: the definition in loops, on the same draws."""

from dataclasses import replace

import pytest
import torch

from tests import explainer_models as tiny
from tests.oracles.deep_lift import deep_lift_one_hidden_layer
from tests.oracles.deep_shap import deep_shap_one_hidden_layer
from tests.oracles.feature_ablation import feature_ablation
from tests.oracles.feature_permutation import feature_permutation
from tests.oracles.gradient import gradient
from tests.oracles.gradient_shap import gradient_shap
from tests.oracles.input_x_gradient import input_x_gradient
from tests.oracles.integrated_gradients import integrated_gradients
from tests.oracles.kernel_shap import kernel_regression, shapley
from tests.oracles.lime import lime_ridge
from tests.oracles.occlusion import occlusion
from tests.oracles.shapley_value_sampling import shapley_value_sampling
from tests.oracles.smoothgrad import smoothgrad
from tsinterp_lib import explainers as ex
from tsinterp_lib.explainers.kernel_shap import coalitions
from tsinterp_lib.seeding import scope

NETWORKS = [tiny.Recurrent, tiny.Convolutional]


@pytest.fixture
def data():
    return tiny.samples(2)


@pytest.fixture(params=NETWORKS, ids=lambda network: network.__name__)
def model(request):
    return request.param().double().eval()


def mean_series(data):
    return data.x.mean(0).expand_as(data.x)


def each(twin, model, data, b, *args):
    return torch.stack([twin(model, x, b[n], int(data.y[n]), *args) for n, x in enumerate(data.x)])


def close(a, b, rtol=1e-10, atol=1e-12):
    torch.testing.assert_close(a, b, rtol=rtol, atol=atol)


@pytest.mark.parametrize("absolute", [False, True])
def test_gradient_is_the_central_difference(model, data, absolute):
    expected = gradient(model, data.x, data.y)
    a = ex.Gradient(absolute=absolute).attribute(model, data.x, data.y)
    close(a, expected.abs() if absolute else expected, rtol=1e-6, atol=1e-9)


def test_input_x_gradient_equals_its_slow_twin(model, data):
    a = ex.InputXGradient().attribute(model, data.x, data.y)
    close(a, input_x_gradient(model, data.x, data.y), rtol=1e-6, atol=1e-9)


def test_integrated_gradients_equal_their_slow_twin(model, data):
    e = ex.IntegratedGradients(baseline="train_mean", n_steps=7).prepare(model, data)
    expected = integrated_gradients(model, data.x, mean_series(data), data.y, 7)
    close(e.attribute(model, data.x, data.y), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("absolute", [False, True])
def test_smoothgrad_equals_its_slow_twin_on_the_same_noise(model, data, absolute):
    with scope(5):
        a = ex.SmoothGrad(n_samples=3, noise_std=0.2, absolute=absolute).attribute(model, data.x, data.y)
    with scope(5):
        noises = [0.2 * torch.randn(data.x.shape).double() for _ in range(3)]
    close(a, smoothgrad(model, data.x, data.y, noises, absolute), rtol=1e-6, atol=1e-9)


def test_gradient_shap_equals_its_slow_twin_on_the_same_draws(model, data):
    e = ex.GradientShap(references="uniform", n_references=4, group_size=1, n_samples=3, noise_std=0.1)
    with scope(5):
        a = e.attribute(model, data.x, data.y)
    with scope(5):
        shape, double = data.x.shape, {"dtype": torch.float64}
        pools, draws = [torch.rand(4, *shape[1:], **double) for _ in range(2)], []
        for _ in range(3):
            references = torch.cat([pool[torch.randint(4, (1,))] for pool in pools])
            draws.append((references, torch.rand(2, 1, 1, **double), 0.1 * torch.randn(shape).double()))
    close(a, gradient_shap(model, data.x, data.y, draws), rtol=1e-6, atol=1e-9)


def test_deep_lift_follows_the_rescale_rule_unit_by_unit(data):
    model = tiny.OneHidden().double()
    w1, b1, w2 = (p.detach() for p in (model.inner.weight, model.inner.bias, model.outer.weight))
    x, b = data.x.flatten(1), data.x.mean(0).flatten()
    a = ex.DeepLift(baseline="train_mean").prepare(model, data).attribute(model, data.x, data.y)
    for n in range(2):
        close(a[n].flatten(), deep_lift_one_hidden_layer(w1, b1, w2, x[n], b, int(data.y[n])))


def test_deep_shap_is_the_mean_of_deep_lift_over_references(data):
    model, references = tiny.OneHidden().double(), tiny.samples(3, seed=8).x
    w1, b1, w2 = (p.detach() for p in (model.inner.weight, model.inner.bias, model.outer.weight))
    a = ex.DeepShap(reference=references).attribute(model, data.x, data.y)
    for n in range(2):
        flat = data.x[n].flatten()
        close(a[n].flatten(), deep_shap_one_hidden_layer(w1, b1, w2, flat, references.flatten(1), int(data.y[n])))


def test_deep_lift_of_a_recurrent_network_is_gradient_times_input_difference(data):
    model = tiny.Recurrent().double().eval()
    a = ex.DeepLift(baseline="train_mean").prepare(model, data).attribute(model, data.x, data.y)
    close(a, (data.x - mean_series(data)) * gradient(model, data.x, data.y), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("groups", ["cell", "time", "feature"])
def test_feature_ablation_equals_its_slow_twin(model, data, groups):
    e = ex.FeatureAblation(groups=groups, baseline="train_mean", batch_size=7).prepare(model, data)
    close(e.attribute(model, data.x, data.y), each(feature_ablation, model, data, mean_series(data), groups))


@pytest.mark.parametrize("window", [(1, tiny.F), (2, 2), (tiny.T, 1)])
def test_occlusion_equals_its_slow_twin(model, data, window):
    e = ex.Occlusion(window_steps=window[0], window_features=window[1], batch_size=3, baseline="train_mean")
    a = e.prepare(model, data).attribute(model, data.x, data.y)
    close(a, each(occlusion, model, data, mean_series(data), window))


@pytest.mark.parametrize("groups", ["cell", "time", "feature"])
def test_shapley_value_sampling_equals_its_slow_twin_on_the_same_orders(model, data, groups):
    e = ex.ShapleyValueSampling(groups=groups, n_permutations=3, baseline="train_mean", batch_size=8)
    with scope(5):
        a = e.prepare(model, data).attribute(model, data.x, data.y)
    with scope(5):
        n = {"cell": tiny.T * tiny.F, "time": tiny.T, "feature": tiny.F}[groups]
        orders = [torch.randperm(n).tolist() for _ in range(3)]
    close(a, each(shapley_value_sampling, model, data, mean_series(data), groups, orders))


@pytest.mark.parametrize("groups", ["cell", "time", "feature"])
def test_feature_permutation_equals_its_slow_twin_on_the_same_shuffles(model, groups):
    data = tiny.samples(7)
    with scope(5):
        a = ex.FeaturePermutation(groups=groups, group_size=3, batch_size=4).attribute(model, data.x, data.y)
    n = {"cell": tiny.T * tiny.F, "time": tiny.T, "feature": tiny.F}[groups]
    with scope(5):  # groups of 3 and 4: a lone last sample joins the others
        for start, size in ((0, 3), (3, 4)):
            sources = []
            while len(sources) < n:
                order = torch.randperm(size)
                if order.tolist() != list(range(size)):
                    sources.append(order)
            part = data.x[start : start + size]
            for i in range(size):
                close(a[start + i], feature_permutation(model, part, i, int(data.y[start + i]), groups, sources))


@pytest.mark.parametrize("groups", ["cell", "time", "feature"])
def test_lime_equals_its_slow_twin_on_the_same_patterns(model, data, groups):
    n = {"cell": tiny.T * tiny.F, "time": tiny.T, "feature": tiny.F}[groups]
    for n_samples in (6, 40):  # fewer patterns than groups, and more
        e = ex.Lime(groups=groups, n_samples=n_samples, batch_size=16, alpha=0.5, kernel_width=0.4)
        with scope(5):
            a = replace(e, baseline="train_mean").prepare(model, data).attribute(model, data.x, data.y)
        with scope(5):
            patterns = (torch.rand(n_samples, n) < 0.5).tolist()
        close(a, each(lime_ridge, model, data, mean_series(data), groups, patterns, 0.4, 0.5), rtol=1e-8)


@pytest.mark.parametrize("groups", ["time", "feature"])
def test_kernel_shap_equals_its_slow_twin_on_the_same_sets(model, data, groups):
    e = ex.KernelShap(groups=groups, n_samples=40, batch_size=16, anchor=1e3, baseline="train_mean")
    with scope(5):
        a = e.prepare(model, data).attribute(model, data.x, data.y)
    with scope(5):
        sets = coalitions(40, {"time": tiny.T, "feature": tiny.F}[groups]).tolist()
    close(a, each(kernel_regression, model, data, mean_series(data), groups, sets, 1e3), rtol=1e-8, atol=1e-11)


def test_kernel_shap_approaches_exact_shapley_values(model):
    data = tiny.samples(1)
    exact = shapley(model, data.x[0], torch.zeros_like(data.x[0]), int(data.y[0]), "feature")
    a = ex.KernelShap(groups="feature", n_samples=1500).attribute(model, data.x, data.y)
    close(a[0], exact, rtol=0.05, atol=0.05 * float(exact.abs().max()))
