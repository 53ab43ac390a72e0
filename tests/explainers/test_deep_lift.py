"""DeepLIFT's rule where Captum's own answer is wrong, refused or depends on the batch: complete, or refused."""

import captum.attr
import pytest
import torch
from torch import nn

from tests import explainer_models as tiny
from tsinterp_lib import explainers as ex
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.models import MODELS

T, F = tiny.T, tiny.F

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting forward, backward hooks:UserWarning"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients:UserWarning"),
]


class Stacked(nn.Module):
    """Convolution, ReLU, maximum, convolution, ReLU; ``apart`` puts a step that changes nothing behind the ReLU."""

    def __init__(self, apart=False, stride=2, inplace=False):
        super().__init__()
        self.apart = apart
        self.first, self.relu = nn.Conv1d(F, 5, 3, padding=1), nn.ReLU(inplace)
        self.pool, self.second, self.last = nn.MaxPool1d(2, stride), nn.Conv1d(5, 6, 3, padding=1), nn.Tanh()
        self.scores = nn.Linear(6, tiny.C)

    def forward(self, x):
        y = self.relu(self.first(x.transpose(1, 2)))
        return self.scores(self.last(self.second(self.pool(y * 1.0 if self.apart else y))).sum(2))


class Steps(nn.Module):
    """The sum over steps of a small network of each; ``order`` says where the samples are inside it."""

    def __init__(self, order="samples first"):
        super().__init__()
        self.order = order
        self.inner, self.relu, self.scores = nn.Linear(F, 8), nn.ReLU(), nn.Linear(8, tiny.C)

    def forward(self, x):
        n, t, f = x.shape
        if self.order == "samples first":
            return self.scores(self.relu(self.inner(x)).sum(1))
        if self.order == "samples and steps in one axis":
            return self.scores(self.relu(self.inner(x.reshape(n * t, f))).view(n, t, 8).sum(1))
        steps_first = x.transpose(0, 1)
        if self.order == "steps first":
            return self.scores(self.relu(self.inner(steps_first)).sum(0))
        return self.scores(self.relu(self.inner(steps_first.reshape(t * n, f))).view(t, n, 8).sum(0))


class TwoUnits(tiny.Reused):
    """The network of one ReLU that is used twice, with one ReLU for each use."""

    def __init__(self):
        super().__init__()
        self.other = nn.ReLU()

    def forward(self, x):
        return self.other(self.outer(self.relu(self.inner(x.flatten(1)))))


def made(build, *args, **options):
    torch.manual_seed(1)
    return build(*args, **options).double().eval()


@pytest.fixture(params=[6, 1, T])
def data(request):
    return tiny.samples(request.param)


@pytest.fixture
def pool():
    return tiny.samples(3, seed=8).x


def close(a, b, atol=1e-12):
    torch.testing.assert_close(a, b.detach(), rtol=1e-9, atol=atol)


def gap(model, a, x, y, references):
    """How far the scores are from adding up to the difference of the outputs."""
    with torch.no_grad():
        at = torch.stack([model(b.expand_as(x).contiguous()) for b in references]).mean(0)
        rise = (model(x) - at).gather(1, y[:, None])[:, 0]
    return float((a.flatten(1).sum(1) - rise).abs().max())


def test_a_relu_directly_before_a_maximum_keeps_both_rules(data, pool):
    model, apart = made(Stacked), made(Stacked, apart=True)
    a = ex.DeepLift(reference=pool[0]).attribute(model, data.x, data.y)
    several = ex.DeepShap(reference=pool, batch_size=5).attribute(model, data.x, data.y)
    with attribution_mode(apart), attribution_mode(model):
        one = captum.attr.DeepLift(apart).attribute(data.x.clone(), baselines=pool[:1], target=data.y)
        close(a, one)
        close(several, captum.attr.DeepLiftShap(apart).attribute(data.x.clone(), baselines=pool, target=data.y))
        lost = captum.attr.DeepLift(model).attribute(data.x.clone(), baselines=pool[:1], target=data.y)
    assert gap(model, a, data.x, data.y, pool[:1]) < 1e-12
    assert gap(model, several, data.x, data.y, pool) < 1e-12
    assert gap(model, lost.detach(), data.x, data.y, pool[:1]) > 1e-3  # why Captum is not asked


@pytest.mark.parametrize("options", [{"stride": 1}, {"inplace": True}], ids=["windows that overlap", "in place"])
def test_overlapping_windows_and_units_in_place_are_complete(options, data, pool):
    model = made(Stacked, **options)
    a = ex.DeepLift(reference=pool[0]).attribute(model, data.x, data.y)
    assert gap(model, a, data.x, data.y, pool[:1]) < 1e-12
    if "inplace" in options:
        close(a, ex.DeepLift(reference=pool[0]).attribute(made(Stacked), data.x, data.y))


def test_the_convolutional_network_of_images_is_complete(pool):
    model = made(MODELS["cnn"], T, F, n_channels=3, hidden_size=8)
    data = tiny.samples(4)
    a = ex.DeepShap(reference=pool).attribute(model, data.x, data.y)
    assert gap(model, a, data.x, data.y, pool) < 1e-12


@pytest.mark.parametrize("order", ["steps first", "samples and steps in one axis"])
def test_the_axis_of_the_samples_is_found_inside_the_network(order, data, pool):
    model, plain = made(Steps, order), made(Steps)
    for e in (ex.DeepLift(reference=pool[0]), ex.DeepShap(reference=pool), ex.DeepShap(reference=pool, batch_size=3)):
        close(e.attribute(model, data.x, data.y), e.attribute(plain, data.x, data.y))


def test_a_network_that_mixes_samples_and_steps_in_one_axis_is_refused(pool):
    data = tiny.samples(4)
    with pytest.raises(InvalidInput, match="no axis holds the first and then the others"):
        ex.DeepLift(reference=pool[0]).attribute(made(Steps, "steps and samples in one axis"), data.x, data.y)


def test_a_module_that_is_used_twice_is_as_two(data, pool):
    model, two = made(tiny.Reused), made(TwoUnits)
    a = ex.DeepLift(reference=pool[0]).attribute(model, data.x, data.y)
    close(a, ex.DeepLift(reference=pool[0]).attribute(two, data.x, data.y))
    assert gap(model, a, data.x, data.y, pool[:1]) < 1e-12


def test_nothing_stays_on_the_model(data, pool):
    model = made(Stacked)
    before = {name: dict(vars(m)) for name, m in model.named_modules()}
    ex.DeepLift(reference=pool[0]).attribute(model, data.x, data.y)
    assert all(vars(m).keys() == before[name].keys() for name, m in model.named_modules())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_maxima_that_answer_with_places_are_refused(pool):
    class Places(Stacked):
        def forward(self, x):
            return self.scores(self.second(self.pool(self.first(x.transpose(1, 2)))[0]).sum(2))

    model, data = made(Places), tiny.samples(2)
    model.pool.return_indices = True
    with pytest.raises(InvalidInput, match="return_indices=False"):
        ex.DeepLift(reference=pool[0]).attribute(model, data.x, data.y)
