"""Guided backprop, noise ensembles, squares, blurred maps and edges: twins, Captum, limits, refusals."""

import warnings
from dataclasses import dataclass
from itertools import product

import pytest
import torch
from captum.attr import GuidedBackprop as CaptumGuidedBackprop
from scipy import ndimage
from torch import nn

from tests import explainer_models as tiny
from tests.oracles.guided_backprop import guided_one_hidden_layer
from tests.oracles.noise_ensemble import moments
from tests.oracles.sobel import sobel
from tsinterp_lib import explainers as ex
from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.guard import counted
from tsinterp_lib.seeding import scope


@pytest.fixture
def data():
    return tiny.samples(2)


def test_guided_backprop_equals_its_twin_and_captum_and_is_the_gradient_without_a_relu(data):
    model = tiny.OneHidden().double().eval()
    a = ex.GuidedBackprop().attribute(model, data.x, data.y)
    torch.testing.assert_close(a, guided_one_hidden_layer(model, data.x, data.y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Captum says that it hooks ReLUs
        theirs = CaptumGuidedBackprop(model).attribute(data.x.clone().requires_grad_(), data.y)
    torch.testing.assert_close(a, theirs)
    deep = tiny.Pooled(after=True).double().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = CaptumGuidedBackprop(deep).attribute(data.x.clone().requires_grad_(), data.y)
    torch.testing.assert_close(ex.GuidedBackprop().attribute(deep, data.x, data.y), theirs)
    plain = tiny.Recurrent().double().eval()
    assert torch.equal(
        ex.GuidedBackprop().attribute(plain, data.x, data.y), ex.Gradient().attribute(plain, data.x, data.y)
    )


def test_noise_ensembles_equal_their_twin_on_the_same_noise_and_share_one_pass(data):
    model, kinds = tiny.Convolutional().double().eval(), ("mean", "mean_square", "variance")
    found, calls = {}, []
    for kind in kinds:
        with scope(5), counted(model) as n:
            e = ex.NoiseEnsemble(base=ex.Gradient(), statistic=kind, n_samples=3, noise=0.2)
            found[kind] = e.attribute(model, data.x, data.y)
            after = torch.rand(1)
        calls.append((n[0], float(after)))
    spread = 0.2 * (data.x.flatten(1).amax(1) - data.x.flatten(1).amin(1)).view(-1, 1, 1)
    with scope(5):
        noises = [spread * torch.randn(data.x.shape).double() for _ in range(3)]
    for kind, expected in zip(kinds, moments(model, data.x, data.y, noises), strict=True):
        torch.testing.assert_close(found[kind], expected, rtol=1e-5, atol=1e-7)
    assert len(set(calls)) == 1  # a shared pass counts, and leaves the generator, as one of its own
    with scope(5):
        before = ex.NoiseEnsemble(statistic="mean", n_samples=3, noise=0.2).attribute(model, data.x, data.y)
    with torch.no_grad():
        model.scores.weight.mul_(2.0)
    with scope(5):
        changed = ex.NoiseEnsemble(statistic="mean", n_samples=3, noise=0.2).attribute(model, data.x, data.y)
    torch.testing.assert_close(changed, 2 * before)  # other weights, another pass


def test_three_statistics_cost_one_pass_of_draws(data):
    passes = []

    class Counted(ex.Gradient):
        def _attribute(self, model, x, target):
            passes.append(len(x))
            return super()._attribute(model, x, target)

    model = tiny.Convolutional().double().eval()
    for kind in ("mean", "mean_square", "variance"):
        with scope(1):
            ex.NoiseEnsemble(base=Counted(), statistic=kind, n_samples=4).attribute(model, data.x, data.y)
    assert len(passes) == 4


def test_vargrad_is_not_negative_and_zero_without_noise_where_smoothgrad_is_the_gradient(data):
    model = tiny.Convolutional().double().eval()
    assert (ex.NoiseEnsemble(statistic="variance", noise=0.3).attribute(model, data.x, data.y) >= 0).all()
    still = {k: ex.NoiseEnsemble(statistic=k, noise=0.0, n_samples=4).attribute(model, data.x, data.y)
             for k in ("mean", "mean_square", "variance")}  # fmt: skip
    gradient = ex.Gradient().attribute(model, data.x, data.y)
    torch.testing.assert_close(still["mean"], gradient)
    torch.testing.assert_close(still["mean_square"], gradient**2)
    assert still["variance"].abs().max() < 1e-28
    torch.testing.assert_close(ex.Squared(base=ex.Gradient()).attribute(model, data.x, data.y), gradient**2)
    for bad in ({"n_samples": 0}, {"noise": -0.1}):
        with pytest.raises(InvalidInput, match="at least one draw"):
            ex.NoiseEnsemble(**bad)


def test_sobel_finds_edges_as_its_twin_and_a_blur_keeps_the_sum():
    images = tiny.images(2)
    model = tiny.Picture().double().eval()
    a = ex.Sobel().for_axes(images.axes).attribute(model, images.x, images.y)
    for n, c in product(range(2), range(3)):
        torch.testing.assert_close(a[n, c], sobel(images.x[n, c]))
    released = ex.Sobel(form="as_released").for_axes(images.axes).attribute(model, images.x, images.y)
    mixed = torch.as_tensor(ndimage.sobel(images.x[0].numpy().transpose(1, 2, 0), axis=0).transpose(2, 0, 1))
    torch.testing.assert_close(released[0], mixed)
    steps = tiny.samples(2)
    line = ex.Sobel().attribute(tiny.Linear().double(), steps.x, steps.y)
    torch.testing.assert_close(line[:, 1:-1], (steps.x[:, 2:] - steps.x[:, :-2]).abs())
    for data, of in ((images, model), (steps, tiny.Linear().double())):
        with scope(3):
            blurred = ex.Blurred(base=ex.Random(), sigma=0.7).for_axes(data.axes).attribute(of, data.x, data.y)
        with scope(3):
            sharp = ex.Random().for_axes(data.axes).attribute(of, data.x, data.y)
        torch.testing.assert_close(blurred.sum(), sharp.sum())
        assert blurred.std() < sharp.std()
    with pytest.raises(InvalidInput, match="sigma"):
        ex.Blurred(sigma=0.0)
    for e in (ex.Sobel(), ex.Blurred()):
        with pytest.raises(InvalidInput, match="rows and columns"):
            e.for_axes(Axes("gene"))


def test_the_lowest_training_value_is_a_baseline(data):
    many, model = tiny.samples(30), tiny.Linear().double()
    a = ex.IntegratedGradients(baseline="train_min").prepare(model, many).attribute(model, data.x, data.y)
    torch.testing.assert_close(a, model.weights(data.y) * (data.x - many.x.amin((0, 1))))
    with pytest.raises(InvalidInput, match="'train_min' and no training sample"):
        ex.IntegratedGradients(baseline="train_min").attribute(model, data.x, data.y)


def test_a_base_or_model_that_changed_under_the_same_name_is_asked_anew(data):
    def own(factor):
        @dataclass(frozen=True)
        class Mine(Explainer):
            def _attribute(self, model, x, target):
                return factor * x

        return Mine()

    model = tiny.Recurrent().double().eval()
    maps = []
    for factor in (1.0, -5.0):
        with scope(0):
            maps.append(ex.NoiseEnsemble(base=own(factor), n_samples=3).attribute(model, data.x, data.y))
    torch.testing.assert_close(maps[1], -5 * maps[0])

    class Tempered(nn.Module):
        temperature = 1.0

        def forward(self, x):
            return torch.stack([x.flatten(1).sum(1), -x.flatten(1).sum(1)], 1) * self.temperature

    tempered, maps = Tempered(), []
    for tempered.temperature in (1.0, 10.0):
        with scope(0):
            maps.append(ex.NoiseEnsemble(n_samples=3).attribute(tempered, data.x, data.y))
    torch.testing.assert_close(maps[1], 10 * maps[0])
