"""Methods that know no time, on images: equal to the same method on the cells in a line, to Captum, and to loops."""

import inspect
from dataclasses import replace

import captum.attr
import pytest
import torch
from torch import nn

from tests import explainer_models as tiny
from tsinterp_lib import explainers as ex
from tsinterp_lib.axes import CLIP, IMAGE, SERIES, TEXT, Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._replaced import groups_of
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Samples

# Captum raises these on every such call, as in the tests against it.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting forward, backward hooks:UserWarning"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients:UserWarning"),
]

SHAPE = (3, 8, 8)

CELLS = {
    "gradient": ex.Gradient(),
    "absolute gradient": ex.Gradient(absolute=True),
    "input x gradient": ex.InputXGradient(),
    "integrated gradients": ex.IntegratedGradients(n_steps=5, baseline="uniform"),
    "integrated gradients from the mean": ex.IntegratedGradients(n_steps=5, baseline="train_mean"),
    "DeepLIFT": ex.DeepLift(baseline="train_mean"),
    "DeepSHAP": ex.DeepShap(n_references=4),
    "DeepSHAP in groups": ex.DeepShap(references="uniform", n_references=3, group_size=2),
    "GradientSHAP": ex.GradientShap(n_references=4, n_samples=3),
    "GradientSHAP with noise": ex.GradientShap(references="uniform", n_samples=2, noise_std=0.1, group_size=2),
    "SmoothGrad": ex.SmoothGrad(n_samples=3),
    "Shapley sampling": ex.ShapleyValueSampling(groups="cell", n_permutations=2, baseline="uniform"),
    "permutation": ex.FeaturePermutation(groups="cell"),
    "ablation": ex.FeatureAblation(groups="cell", baseline="train_mean"),
    "LIME": ex.Lime(groups="cell", n_samples=20, baseline="train_mean"),
    "LIME, lasso": ex.Lime(groups="cell", n_samples=20, penalty="lasso", alpha=1e-4, baseline="train_mean"),
    "KernelSHAP": ex.KernelShap(groups="cell", n_samples=30, baseline="train_mean"),
    "random": ex.Random(),
    "oracle": ex.Oracle(),
    "position only": ex.PositionOnly(),
}


@pytest.fixture
def data():
    return tiny.images()  # as many samples as channels: a factor per sample must not become one per channel


@pytest.fixture
def model():
    return tiny.Picture().double().eval()


def close(a, b, rtol=1e-10, atol=1e-12):
    torch.testing.assert_close(a, b.detach(), rtol=rtol, atol=atol, check_dtype=False)


def unrolled(samples):
    return replace(
        samples, x=samples.x.flatten(1)[..., None], importance=samples.importance.flatten(1)[..., None], axes=SERIES
    )


def explained(e, model, data, train):
    with scope(5):
        return e.prepare(model, train).for_samples(data).attribute(model, data.x, data.y)


@pytest.mark.parametrize("case", CELLS)
def test_an_image_is_explained_like_its_cells_in_a_line(case, model, data):
    train, line = tiny.images(7, seed=9), tiny.Unrolled(model, SHAPE)
    a = explained(CELLS[case], model, data, train)
    assert a.shape == data.x.shape
    close(a.flatten(1), explained(CELLS[case], line, unrolled(data), unrolled(train)).flatten(1))


def test_deep_lift_on_a_network_with_a_maximum_over_pixels_is_captums(data):
    model, pool = tiny.Picture(pooled=True, apart=True).double().eval(), tiny.images(4, seed=8).x
    with attribution_mode(model):
        one = captum.attr.DeepLift(model).attribute(data.x.clone(), baselines=pool[:1], target=data.y)
        several = captum.attr.DeepLiftShap(model).attribute(data.x.clone(), baselines=pool, target=data.y)
    close(ex.DeepLift(reference=pool[0]).for_axes(IMAGE).attribute(model, data.x, data.y), one)
    close(ex.DeepShap(reference=pool, batch_size=2).for_axes(IMAGE).attribute(model, data.x, data.y), several)
    model.apart = False  # the same network; a ReLU directly before a maximum
    close(ex.DeepLift(reference=pool[0]).for_axes(IMAGE).attribute(model, data.x, data.y), one)
    close(ex.DeepShap(reference=pool, batch_size=2).for_axes(IMAGE).attribute(model, data.x, data.y), several)


@pytest.mark.parametrize(
    ("window", "sizes"),
    [("channel=1,row=1,column=1", (1, 1, 1)), ("row=2, column=3", (3, 2, 3)), ("channel=2", (2, 8, 8))],
)
def test_occlusion_slides_a_window_that_is_said_by_the_names_of_axes(window, sizes, model, data):
    with attribution_mode(model):
        expected = captum.attr.Occlusion(model).attribute(data.x.clone(), sliding_window_shapes=sizes, target=data.y)
    a = ex.Occlusion(window=window, batch_size=50).for_axes(IMAGE).attribute(model, data.x, data.y)
    close(a, expected, rtol=1e-6, atol=1e-8)  # Captum's answer is float32
    series, recurrent = tiny.samples(2), tiny.Recurrent().double().eval()
    said = ex.Occlusion(window="time=2,feature=1").attribute(recurrent, series.x, series.y)
    plain = ex.Occlusion(window_steps=2, window_features=1).attribute(recurrent, series.x, series.y)
    assert torch.equal(said, plain)


BY_NAME = {
    "row": lambda i: [(c, i, k) for c in range(3) for k in range(8)],
    "channel": lambda i: [(i, j, k) for j in range(8) for k in range(8)],
    "row+column": lambda i: [(c, i // 8, i % 8) for c in range(3)],
}
COUNT = {"row": 8, "channel": 3, "row+column": 64}


@pytest.mark.parametrize("groups", BY_NAME)
def test_groups_that_are_named_by_axes_are_ablated_and_shuffled_together(groups, model, data):
    ablated, shuffled = torch.zeros_like(data.x), torch.zeros_like(data.x)
    with scope(5):
        a = ex.FeaturePermutation(groups=groups, batch_size=7).for_axes(IMAGE).attribute(model, data.x, data.y)
    with scope(5), torch.no_grad():
        for i in range(COUNT[groups]):
            order = torch.randperm(3)
            while order.tolist() == [0, 1, 2]:
                order = torch.randperm(3)
            for n in range(3):
                clean, without, swapped = data.x[n], data.x[n].clone(), data.x[n].clone()
                for cell in BY_NAME[groups](i):
                    without[cell], swapped[cell] = 0.25, data.x[int(order[n])][cell]
                f = model(torch.stack([clean, without, swapped]))[:, data.y[n]]
                for cell in BY_NAME[groups](i):
                    ablated[n][cell], shuffled[n][cell] = f[0] - f[1], f[0] - f[2]
    close(a, shuffled)
    e = ex.FeatureAblation(groups=groups, reference=torch.full(SHAPE, 0.25), batch_size=7).for_axes(IMAGE)
    close(e.attribute(model, data.x, data.y), ablated)


@pytest.mark.parametrize("groups", BY_NAME)
def test_shapley_methods_give_a_linear_models_groups_their_terms(groups, data):
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, tiny.C)).double()
    terms = model[1].weight.detach()[data.y].view(-1, *SHAPE) * data.x
    kept = [1 + IMAGE.names.index(name) for name in groups.split("+")]
    others = [d for d in (1, 2, 3) if d not in kept]
    expected = terms.sum(others, keepdim=True).expand_as(data.x)
    for e, rtol in (
        (ex.ShapleyValueSampling(groups=groups, n_permutations=2), 1e-9),
        (ex.KernelShap(groups=groups, n_samples=300), 1e-5),
        (ex.Lime(groups=groups, n_samples=300, alpha=0.0), 1e-5),
    ):
        close(e.for_axes(IMAGE).attribute(model, data.x, data.y), expected, rtol=rtol, atol=rtol)


def test_the_groups_of_a_series_are_numbered_as_its_cells_are():
    x = torch.rand(2, 5, 3)
    cells = torch.arange(15).view(5, 3)
    for kind, expected in (("cell", cells), ("time", cells // 3), ("feature", cells % 3), ("time+feature", cells)):
        assert torch.equal(groups_of(SERIES, kind, x), expected)


def test_a_clip_is_explained_frame_by_frame():
    x = torch.rand(2, 4, 1, 3, 3, dtype=torch.float64)
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, tiny.C)).double()
    y = torch.tensor([0, 1])
    expected = model[1].weight.detach()[y].view_as(x) * x
    close(ex.InputXGradient().for_axes(CLIP).attribute(model, x, y), expected)
    a = ex.FeatureAblation(groups="frame").for_axes(CLIP).attribute(model, x, y)
    close(a, expected.sum((2, 3, 4), keepdim=True).expand_as(x))


def test_completeness_is_measured_on_images(model, data):
    e = ex.IntegratedGradients(n_steps=60, baseline="train_mean").prepare(model, tiny.images(5, seed=9))
    a = e.attribute(model, data.x, data.y)
    delta = ex.convergence_delta(e, model, data.x, data.y, a)
    assert delta.abs().max() < 1e-2 * a.abs().sum((1, 2, 3)).max()
    close(ex.convergence_delta(e, model, data.x, data.y, a + 1.0), delta + 192)


def test_features_are_permuted_along_the_axis_of_that_name():
    axes = Axes("channel", "feature", "column")
    x, y = torch.rand(3, *SHAPE, dtype=torch.float64), torch.tensor([0, 1, 0])
    model = tiny.Picture().double().eval()
    base = ex.Gradient().for_axes(axes).attribute(model, x, y)
    with scope(4):
        a = ex.PermutedFeatures(base=ex.Gradient()).for_axes(axes).attribute(model, x, y)
    with scope(4):
        assert torch.equal(a, base[:, :, torch.randperm(8)])
    with pytest.raises(InvalidInput, match="no axis 'feature'"):
        ex.PermutedFeatures(base=ex.Gradient()).for_axes(IMAGE)


def test_preparing_takes_over_the_axes_of_the_training_data(model, data):
    train = tiny.images(5, seed=9)
    for e in (ex.Gradient(), ex.IntegratedGradients(baseline="train_mean"), ex.EachSeries(base=ex.Gradient())):
        prepared = e.prepare(model, train)
        assert prepared.axes == IMAGE
        assert replace(prepared).axes == IMAGE
        assert prepared.attribute(model, data.x, data.y).shape == data.x.shape
        assert e.axes == SERIES
    assert ex.EachSeries(base=ex.Gradient()).prepare(model, train).base.axes == IMAGE


def test_what_does_not_go_with_the_axes_is_refused_by_name(model, data):
    with pytest.raises(InvalidInput, match=r"\(sample, time, feature\)"):
        ex.Gradient().attribute(model, data.x, data.y)
    with pytest.raises(InvalidInput, match=r"\(sample, channel, row, column\)"):
        ex.Gradient().for_axes(IMAGE).attribute(model, data.x[:, 0], data.y)
    for e, words in (
        (ex.FeatureAblation(groups="time"), "`groups` is 'time'; the axes of `x` are channel, row, column"),
        (ex.ShapleyValueSampling(), "`groups` is 'time'"),
        (ex.Lime(groups="row+step"), r"`groups` is 'row\+step'"),
        (ex.Occlusion(), "window has a length on time, feature; the axes of `x` are channel, row, column"),
        (ex.Occlusion(window="row=9"), "a window covers 1 to 8"),
        (ex.Occlusion(window="row=0"), "a window covers 1 to 8"),
    ):
        with pytest.raises(InvalidInput, match=words):
            e.for_axes(IMAGE).attribute(model, data.x, data.y)
    series = tiny.samples(2)
    with pytest.raises(InvalidInput, match="`groups` is 'row'; the axes of `x` are time, feature"):
        ex.ShapleyValueSampling(groups="row").attribute(tiny.Recurrent().double(), series.x, series.y)
    with pytest.raises(InvalidInput, match="a window covers"):
        ex.Occlusion(window_steps=0).attribute(tiny.Recurrent().double(), series.x, series.y)
    for groups in ("", "row+", "row+row"):
        with pytest.raises(InvalidInput, match="`groups` is"):
            ex.KernelShap(groups=groups)
    with pytest.raises(InvalidInput, match="write axis=length"):
        ex.Occlusion(window="3x3")


def test_steps_as_samples_need_time_and_feature():
    with pytest.raises(InvalidInput, match="EachSeries with steps_as_samples takes the axes time, feature"):
        ex.EachSeries(base=ex.Gradient(), steps_as_samples=True).for_axes(IMAGE)


def test_training_data_with_missing_values_are_refused_by_name(model):
    train = tiny.samples(4)
    holes = train.x.clone()
    holes[1, 2, 0] = torch.nan
    with pytest.raises(InvalidInput, match=r"`train.x` holds 1 values that are NaN"):
        ex.Gradient().prepare(model, replace(train, x=holes))
    unmeasured = replace(
        train, observed=torch.ones_like(train.x, dtype=torch.bool).index_fill(0, torch.tensor([3]), False)
    )
    with pytest.raises(InvalidInput, match=r"IntegratedGradients takes no missing values; `train.x` has 15"):
        ex.IntegratedGradients().prepare(model, unmeasured)


def test_tokens_that_are_not_embedded_are_refused_with_the_next_step(model):
    tokens = Samples(torch.ones(2, 4), torch.tensor([0, 1]), axes=Axes("token"))
    object.__setattr__(tokens, "x", tokens.x.long())  # as without the shape checks that tests install
    e = ex.Gradient().for_axes(Axes("token"))
    for call in (
        lambda: e.prepare(model, tokens),
        lambda: inspect.unwrap(type(e).explain_samples)(e, model, tokens),
        lambda: inspect.unwrap(type(e).attribute)(e, model, tokens.x, tokens.y),
    ):
        with pytest.raises(InvalidInput, match=r"x = embedding\(tokens\), with axes Axes\('token', 'embedding'\)"):
            call()
    text = Samples(torch.rand(2, 4, 5), torch.tensor([0, 1]), axes=TEXT)
    behind = nn.Sequential(nn.Flatten(), nn.Linear(20, tiny.C))
    expected = behind[1].weight.detach()[text.y].view(2, 4, 5)
    close(ex.Gradient().explain_samples(behind, text), expected, rtol=1e-6)
