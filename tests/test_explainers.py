"""Every explainer against its slow twin and against answers known beforehand."""

from dataclasses import replace
from itertools import product

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
from tests.oracles.kernel_shap import shapley
from tests.oracles.lime import lime_ridge
from tests.oracles.occlusion import occlusion
from tests.oracles.shapley_value_sampling import shapley_value_sampling
from tests.oracles.smoothgrad import smoothgrad
from tsinterp_lib import explainers as ex
from tsinterp_lib.errors import InvalidInput, UnknownName
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
        noises = [0.2 * torch.randn(data.x.shape, dtype=torch.float64) for _ in range(3)]
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
            draws.append((references, torch.rand(2, 1, 1, **double), 0.1 * torch.randn(shape, **double)))
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


def test_lime_equals_its_slow_twin_on_the_same_patterns(model):
    data = tiny.samples(1)
    b = torch.zeros_like(data.x)
    with scope(5):
        a = ex.Lime(groups="time", n_samples=40, batch_size=16, alpha=0.5).attribute(model, data.x, data.y)
    with scope(5):
        patterns = [torch.bernoulli(torch.full((1, tiny.T), 0.5))[0].tolist() for _ in range(40)]
    close(a, each(lime_ridge, model, data, b, "time", patterns, 1.0, 0.5), rtol=1e-3, atol=1e-6)  # Captum fits float32


def test_kernel_shap_approaches_exact_shapley_values(model):
    data = tiny.samples(1)
    exact = shapley(model, data.x[0], torch.zeros_like(data.x[0]), int(data.y[0]), "feature")
    a = ex.KernelShap(groups="feature", n_samples=1500).attribute(model, data.x, data.y)
    close(a[0], exact, rtol=0.05, atol=0.05 * float(exact.abs().max()))


def test_shapley_methods_are_exact_for_an_additive_model(data):
    model = tiny.Additive().double()
    expected = (model.terms(data.x) - model.terms(mean_series(data))).detach()
    expected = expected[torch.arange(2), :, data.y][:, :, None].expand_as(data.x)
    for e, rtol in ((ex.ShapleyValueSampling(n_permutations=2, baseline="train_mean"), 1e-10),
                    (ex.KernelShap(n_samples=60, baseline="train_mean"), 1e-3),
                    (ex.Lime(n_samples=60, baseline="train_mean", alpha=0.0), 1e-3)):  # fmt: skip
        close(e.prepare(model, data).attribute(model, data.x, data.y), expected, rtol=rtol, atol=rtol * 1e-2)


def test_a_linear_model_is_explained_by_its_weights(data):
    model = tiny.Linear().double()
    w, difference = model.weights(data.y), data.x - mean_series(data)
    for e in (ex.Gradient(), ex.SmoothGrad(n_samples=3)):
        close(e.attribute(model, data.x, data.y), w)
    cellwise = (ex.IntegratedGradients, ex.DeepLift, ex.FeatureAblation)
    for method in cellwise:
        a = method(baseline="train_mean").prepare(model, data).attribute(model, data.x, data.y)
        close(a, w * difference, rtol=1e-7)
    close(ex.InputXGradient().attribute(model, data.x, data.y), w * data.x)
    close(ex.DeepShap().prepare(model, data).attribute(model, data.x, data.y), w * difference)
    by_step = (w * difference).sum(2, keepdim=True).expand_as(data.x)
    for method in (ex.Occlusion, ex.ShapleyValueSampling):
        close(method(baseline="train_mean").prepare(model, data).attribute(model, data.x, data.y), by_step)


def test_smoothgrad_and_gradient_shap_have_the_right_limits(model, data):
    plain = ex.Gradient().attribute(model, data.x, data.y)
    close(ex.SmoothGrad(n_samples=2, noise_std=0.0).attribute(model, data.x, data.y), plain)
    own = ex.GradientShap(reference=data.x[:1], n_samples=2).attribute(model, data.x, data.y)
    close(own[0], torch.zeros_like(own[0]))


def test_cells_the_model_ignores_get_zero(data):
    model = tiny.Linear().double()
    with torch.no_grad():
        model.scores.weight.view(tiny.C, tiny.T, tiny.F)[:, :, 1] = 0
        model.scores.weight.view(tiny.C, tiny.T, tiny.F)[:, 3, :] = 0
    a = ex.Occlusion(window_steps=1, window_features=1).attribute(model, data.x, data.y)
    assert a[:, :, 1].abs().max() < 1e-14
    assert a[:, 3].abs().max() < 1e-14
    assert a.abs().max() > 1e-3
    for method in (ex.Gradient, ex.IntegratedGradients, ex.FeatureAblation, ex.DeepLift):
        assert method().attribute(model, data.x, data.y)[:, 3].abs().max() < 1e-14


def test_integrated_gradients_sum_to_the_difference_of_outputs(model, data):
    e = ex.IntegratedGradients(baseline="uniform", n_steps=300, batch_size=64)
    with scope(2):
        a = e.attribute(model, data.x, data.y)
    with scope(2):
        delta = ex.convergence_delta(e, model, data.x, data.y, a)
    assert delta.abs().max() < 1e-3 * a.flatten(1).sum(1).abs().max()


def test_the_convergence_delta_is_what_is_missing(model, data):
    f = torch.gather(model(data.x), 1, data.y[:, None])[:, 0].detach()
    a = torch.zeros_like(data.x)
    pool = tiny.samples(3, seed=8).x
    for e, b in ((ex.DeepLift(), torch.zeros(1, *data.x.shape[1:]).double()), (ex.DeepShap(reference=pool), pool)):
        start = model(b).detach().mean(0)[data.y]
        close(ex.convergence_delta(e, model, data.x, data.y, a), start - f)
    with pytest.raises(InvalidInput, match="completeness"):
        ex.convergence_delta(ex.Gradient(), model, data.x, data.y, a)


def test_gradient_shap_is_complete_in_expectation(model, data):
    e = ex.GradientShap(reference=tiny.samples(3, seed=8).x, n_samples=2000)
    a = e.attribute(model, data.x, data.y)
    delta = ex.convergence_delta(e, model, data.x, data.y, a)
    few = replace(e, n_samples=2)
    rough = ex.convergence_delta(few, model, data.x, data.y, few.attribute(model, data.x, data.y))
    assert delta.abs().mean() < 0.2 * rough.abs().mean() + 1e-3


def test_controls_know_what_they_should(data):
    model, many = tiny.Linear().double(), tiny.samples(400)
    scores = ex.Random().attribute(model, many.x, many.y)
    assert abs(float(scores.mean()) - 0.5) < 0.02
    assert abs(float(scores.std()) - 12**-0.5) < 0.02
    a = ex.Oracle().for_samples(data).attribute(model, data.x, data.y)
    assert torch.equal(a, data.importance.double())
    a = ex.PositionOnly().prepare(model, many).attribute(model, data.x, data.y)
    for n, t, f in product(range(2), range(tiny.T), range(tiny.F)):
        assert float(a[n, t, f]) == pytest.approx(sum(map(float, many.importance[:, t, f])) / 400)


def test_permuted_features_moves_whole_columns_of_the_base_map(data):
    model = tiny.Recurrent().double().eval()
    base = ex.Gradient().attribute(model, data.x, data.y)
    with scope(4):
        a = ex.PermutedFeatures(base=ex.Gradient()).attribute(model, data.x, data.y)
    with scope(4):
        assert torch.equal(a, base[:, :, torch.randperm(tiny.F)])


def test_errors_of_settings_say_what_to_do(data):
    model = tiny.Reused().double()
    with pytest.raises(InvalidInput, match="used, or registered, more than once"):
        ex.DeepLift().attribute(model, data.x, data.y)
    assert not any(hasattr(model.relu, name) for name in ("input", "output"))
    softmax = torch.nn.Sequential(tiny.Linear(), torch.nn.Softmax(1)).double()
    with pytest.raises(InvalidInput, match="explain the logits"):
        ex.DeepShap(reference=data.x).attribute(softmax, data.x, data.y)
    without_truth = replace(data, importance=None)
    for raises in (
        lambda: ex.PositionOnly().prepare(model, without_truth),
        lambda: ex.PositionOnly().attribute(model, data.x, data.y),
        lambda: ex.Oracle().for_samples(without_truth),
        lambda: ex.Oracle().attribute(model, data.x, data.y),
        lambda: ex.Oracle().for_samples(data).attribute(model, data.x[:1], data.y[:1]),
        lambda: ex.DeepLift(baseline="train_mean").attribute(model, data.x, data.y),
        lambda: ex.GradientShap().attribute(model, data.x, data.y),
        lambda: ex.FeaturePermutation().attribute(model, data.x[:1], data.y[:1]),
        lambda: ex.Occlusion(window_steps=tiny.T + 1).attribute(model, data.x, data.y),
    ):
        with pytest.raises(InvalidInput, match=r"call|leave it out|at least two|covers"):
            raises()


@pytest.mark.parametrize(
    ("method", "setting"),
    [
        (ex.Gradient, {"batch_size": 0}),
        (ex.IntegratedGradients, {"n_steps": 0}),
        (ex.SmoothGrad, {"noise_std": -0.1}),
        (ex.SmoothGrad, {"n_samples": 0}),
        (ex.GradientShap, {"n_samples": 0}),
        (ex.DeepShap, {"n_references": 0}),
        (ex.DeepShap, {"references": "mean"}),
        (ex.ShapleyValueSampling, {"n_permutations": 0}),
        (ex.ShapleyValueSampling, {"groups": "row"}),
        (ex.FeatureAblation, {"baseline": "mean"}),
        (ex.FeaturePermutation, {"group_size": 1}),
        (ex.Lime, {"penalty": "none"}),
        (ex.Lime, {"kernel_width": 0.0}),
        (ex.KernelShap, {"n_samples": 1}),
    ],
)
def test_settings_out_of_range_are_refused(method, setting):
    with pytest.raises((InvalidInput, UnknownName), match=str(next(iter(setting.values())))):
        method(**setting)
