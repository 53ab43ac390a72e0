"""Every explainer against answers known beforehand, and its refusals."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from tests import explainer_models as tiny
from tsinterp_lib import explainers as ex
from tsinterp_lib.errors import InvalidInput, UnknownName
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


def close(a, b, rtol=1e-10, atol=1e-12):
    torch.testing.assert_close(a, b, rtol=rtol, atol=atol)


def test_the_sets_of_kernel_shap_follow_the_shapley_kernel():
    on = coalitions(6002, 5)
    assert on[0].all()
    assert not on[1].any()
    sizes = on[2:].sum(1).bincount(minlength=6)[1:5] / 6000
    kernel = torch.tensor([1 / (k * (5 - k)) for k in range(1, 5)])
    torch.testing.assert_close(sizes, kernel / kernel.sum(), atol=0.03, rtol=0)
    torch.testing.assert_close(on[2:].float().mean(0), torch.full((5,), 0.5), atol=0.03, rtol=0)


def test_shapley_methods_are_exact_for_an_additive_model(data):
    model = tiny.Additive().double()
    expected = (model.terms(data.x) - model.terms(mean_series(data))).detach()
    expected = expected[torch.arange(2), :, data.y][:, :, None].expand_as(data.x)
    for e, rtol in ((ex.ShapleyValueSampling(n_permutations=2, baseline="train_mean"), 1e-10),
                    (ex.KernelShap(n_samples=60, baseline="train_mean"), 1e-6),
                    (ex.Lime(n_samples=60, baseline="train_mean", alpha=0.0), 1e-6)):  # fmt: skip
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
    e = ex.GradientShap(reference=tiny.samples(3, seed=8).x, n_samples=600)
    a = e.attribute(model, data.x, data.y)
    delta = ex.convergence_delta(e, model, data.x, data.y, a)
    few = replace(e, n_samples=2)
    rough = ex.convergence_delta(few, model, data.x, data.y, few.attribute(model, data.x, data.y))
    assert delta.abs().mean() < 0.3 * rough.abs().mean() + 1e-3


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


@pytest.mark.parametrize("method", [ex.Gradient, ex.IntegratedGradients, ex.FeatureAblation, ex.SmoothGrad, ex.Lime])
def test_a_progress_bar_names_the_method_and_is_off_by_default(method, data, capfd):
    model = tiny.Linear().double()
    method(batch_size=1).attribute(model, data.x, data.y)
    assert capfd.readouterr().err == ""
    method(batch_size=1, progress=True).attribute(model, data.x, data.y)
    assert method.__name__ in capfd.readouterr().err


def test_errors_of_settings_say_what_to_do(data):
    model = tiny.Reused().double()
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
        (ex.ShapleyValueSampling, {"groups": "time+"}),
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
