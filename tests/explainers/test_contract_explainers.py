"""What every explainer of the registry keeps to, under both protocols; a new name is covered by being listed."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests import explainer_models as tiny
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import AS_RELEASED, CORRECTED, EXPLAINERS
from tsinterp_lib.models import MODELS
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import scope

pytestmark = pytest.mark.filterwarnings("ignore:the mask of")  # constant series and two epochs leave no mask

FEW = {"n_samples": 12, "n_permutations": 3, "n_steps": 8, "epochs": 2}
"""Fewer draws than the protocols have: the contract does not depend on their number."""

TOGETHER = {"feature_permutation"}
"""Methods whose scores of a sample depend on the others by definition."""

TWO_STEPS = {"fit", "dynamask"}
"""Methods that compare a step with another: a series of one step is refused."""

PREFIXES = {"feature_occlusion", "augmented_occlusion", "fit", "each_step"}
"""Methods that read a model at every step, so that a network of fixed length is refused."""

BY_TIME = PREFIXES | {"dynamask", "retain_attention", "scrambled_output"}
"""Methods whose definition speaks of time and features."""

ANY_LENGTH = {"gru", "retain"}

PROTOCOLS = {"as_released": AS_RELEASED, "corrected": CORRECTED}
CASES = [(protocol, name) for protocol, table in PROTOCOLS.items() for name in table]
CASES += [("default", name) for name in EXPLAINERS if name not in CORRECTED]

TRAIN = tiny.samples(9, seed=11)


def choice(protocol, name):
    given = PROTOCOLS.get(protocol, {}).get(name, Choice(name))
    accepted = inspect.signature(EXPLAINERS[name]).parameters
    params = {**given.params, **{key: value for key, value in FEW.items() if key in accepted}}
    return Choice(name, params)


def cast(samples, dtype):
    return replace(samples, x=samples.x.to(dtype))


def prepared(case, model, samples, **changes):
    e = build("explainer", choice(*case))
    fields = {key: value for key, value in changes.items() if key in inspect.signature(type(e)).parameters}
    e = replace(e, **fields) if fields else e
    return e.prepare(model, cast(TRAIN, samples.x.dtype)).for_samples(samples)


def explain(case, model, samples, seed=1, **changes):
    with scope(seed):
        return prepared(case, model, samples, **changes).attribute(model, samples.x, samples.y)


def moves_a_generator(e, model, samples):
    """Whether attribute draws random numbers."""
    before = torch.get_rng_state(), np.random.get_state()[2]
    e.attribute(model, samples.x, samples.y)
    return not torch.equal(before[0], torch.get_rng_state()) or before[1] != np.random.get_state()[2]


def draws(case, model, samples):
    with scope(1):
        return moves_a_generator(prepared(case, model, samples), model, samples)


@pytest.fixture(params=[tiny.Recurrent, tiny.Convolutional], ids=lambda network: network.__name__)
def model(request):
    return request.param().double().eval()


@pytest.fixture
def recurrent():
    return tiny.Recurrent().double().eval()


each_case = pytest.mark.parametrize("case", CASES, ids="-".join)


def test_both_protocols_set_the_same_known_methods():
    assert set(AS_RELEASED) == set(CORRECTED)
    assert set(CORRECTED) <= set(EXPLAINERS)
    assert all(chosen.label == name for table in PROTOCOLS.values() for name, chosen in table.items())


@each_case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_map_has_the_shape_and_type_of_the_input_and_is_finite(case, dtype, model):
    samples = cast(tiny.samples(), dtype)
    a = explain(case, model.to(dtype), samples)
    assert a.shape == samples.x.shape
    assert a.dtype == dtype
    assert torch.isfinite(a).all()
    assert not a.requires_grad


@each_case
def test_the_same_seed_gives_the_same_map_and_only_a_method_that_draws_heeds_the_seed(case, model):
    samples = tiny.samples()
    a = explain(case, model, samples)
    assert torch.equal(a, explain(case, model, samples))
    same = torch.equal(a, explain(case, model, samples, seed=2))
    assert same or draws(case, model, samples) or "train" in str(choice(*case).params)


@each_case
@pytest.mark.parametrize("wants_gradient", [False, True])
def test_the_input_is_left_as_it_was(case, wants_gradient, model):
    samples = tiny.samples()
    x = samples.x.clone().requires_grad_(wants_gradient)
    explain(case, model, replace(samples, x=x))
    assert torch.equal(x, samples.x)
    assert x.requires_grad == wants_gradient
    assert x.grad is None


@each_case
@pytest.mark.parametrize("training", [False, True])
def test_the_model_is_left_as_it_was(case, training, model):
    model.train(training)
    model.scores.bias.requires_grad_(False)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    before = [(set(m.__dict__), len(m._forward_hooks), len(m._backward_hooks)) for m in model.modules()]
    explain(case, model, tiny.samples())
    assert all(m.training == training for m in model.modules())
    assert all(p.grad is None for p in model.parameters())
    assert [name for name, p in model.named_parameters() if not p.requires_grad] == ["scores.bias"]
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert before == [(set(m.__dict__), len(m._forward_hooks), len(m._backward_hooks)) for m in model.modules()]


@each_case
def test_dropout_does_not_move_the_map(case, recurrent):
    samples = tiny.samples()
    a = explain(case, recurrent.eval(), samples)
    assert torch.equal(a, explain(case, recurrent.train(), samples))


@each_case
def test_a_batch_gives_what_its_samples_give_alone_and_in_another_order(case, model):
    samples = tiny.samples()
    if case[1] in TOGETHER or draws(case, model, samples):
        pytest.skip("draws anew, or compares samples with each other: alone and together differ by definition")
    a = explain(case, model, samples)
    alone = torch.cat([explain(case, model, samples[n : n + 1]) for n in range(len(samples))])
    torch.testing.assert_close(alone, a, rtol=1e-9, atol=1e-12)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(explain(case, model, samples[order]), a[order], rtol=1e-9, atol=1e-12)


@each_case
@pytest.mark.parametrize("name", MODELS)
def test_the_networks_of_the_registry_are_explained_and_left_as_they_were(case, name):
    sizes = {"n_heads": 1} if name == "transformer" else {}
    network = MODELS[name](n_steps=tiny.T, n_features=tiny.F, n_classes=tiny.C, output="probabilities", **sizes)
    samples = cast(tiny.samples(), torch.float32)
    if case[1] in PREFIXES and name not in ANY_LENGTH:
        with pytest.raises(InvalidInput, match="refuses a prefix of 1 of 5 steps"):
            explain(case, network, samples)
        return
    a = explain(case, network, samples)
    assert torch.isfinite(a).all()
    assert all(m.training and "input" not in m.__dict__ for m in network.modules())
    assert torch.equal(a, explain(case, network, samples))
    if case[1] not in TOGETHER and not draws(case, network, samples):
        # In 64 bits: a mask's descent asks which of nearly equal coefficients is larger; in 32 rounding would say.
        network, samples = network.double(), cast(samples, torch.float64)
        alone = torch.cat([explain(case, network, samples[n : n + 1]) for n in range(len(samples))])
        torch.testing.assert_close(alone, explain(case, network, samples), rtol=1e-6, atol=1e-9)


@each_case
def test_the_chunk_size_moves_memory_only(case, model):
    samples = tiny.samples()
    a = explain(case, model, samples)
    for rows in (1, 3):
        torch.testing.assert_close(explain(case, model, samples, batch_size=rows), a, rtol=1e-9, atol=1e-12)


@each_case
def test_memory_layout_does_not_matter(case, model):
    samples = tiny.samples()
    strided = replace(samples, x=samples.x.transpose(1, 2).contiguous().transpose(1, 2))
    assert not strided.x.is_contiguous()
    torch.testing.assert_close(explain(case, model, strided), explain(case, model, samples), rtol=1e-9, atol=1e-12)


@each_case
def test_short_and_constant_series_are_explained(case, model):
    constant = replace(tiny.samples(), x=torch.full((tiny.N, tiny.T, tiny.F), 0.5, dtype=torch.float64))
    assert torch.isfinite(explain(case, model, constant)).all()
    for n_steps, n_features in ((1, tiny.F), (tiny.T, 1)):
        samples = tiny.samples(3, n_steps, n_features)
        short = tiny.Recurrent(n_steps, n_features).double().eval()
        with scope(1):
            e = build("explainer", choice(*case))
            if n_steps == 1 and case[1] in TWO_STEPS:
                with pytest.raises(InvalidInput, match="series of at least 2 steps"):
                    e.prepare(short, samples)
                continue
            e = e.prepare(short, samples).for_samples(samples)
            assert torch.isfinite(e.attribute(short, samples.x, samples.y)).all()


ON_IMAGES = {"groups": "channel", "window": "row=2,column=3", "outer": "row", "inner": "column"}
"""Where a method's own setting names time, another that names axes of an image."""


def on_images(case):
    e = build("explainer", choice(*case))
    changes = {key: value for key, value in ON_IMAGES.items() if key in inspect.signature(type(e)).parameters}
    return replace(e, **changes) if changes else e


@each_case
def test_an_image_is_explained_or_refused_in_the_names_of_its_axes(case):
    e, data = on_images(case), tiny.images()
    model = tiny.Picture().double().eval()
    if case[1] == "permuted_features":
        with pytest.raises(InvalidInput, match="no axis 'feature': the axes are channel, row, column"):
            e.prepare(model, tiny.images(9, seed=11))
        return
    if e.needs is not None:
        words = f"{type(e).__name__} takes the axes time, feature; this input has channel, row, column"
        for call in (e.for_axes, lambda _: e.prepare(model, data), lambda _: e.explain_samples(model, data)):
            with pytest.raises(InvalidInput, match=words):
                call(data.axes)
        return
    with scope(1):
        told = e.prepare(model, tiny.images(9, seed=11)).for_samples(data)
        a = told.attribute(model, data.x, data.y)
    assert a.shape == data.x.shape
    assert torch.isfinite(a).all()
    with scope(1):
        assert torch.equal(e.prepare(model, tiny.images(9, seed=11)).explain_samples(model, data), a)
    if case[1] not in TOGETHER and not moves_a_generator(told, model, data):
        order = torch.tensor([2, 0, 1])
        moved = told.for_samples(data[order]).attribute(model, data.x[order], data.y[order])
        torch.testing.assert_close(moved, a[order], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", EXPLAINERS)
def test_a_method_says_on_which_axes_it_is_defined(name):
    needs = EXPLAINERS[name].needs
    assert needs is None or needs == ("time", "feature")
    if name in BY_TIME:
        assert needs == ("time", "feature")
    else:
        assert needs is None


@each_case
def test_an_input_with_another_number_of_axes_is_refused(case, recurrent):
    e = prepared(case, recurrent, GOOD)
    attribute = inspect.unwrap(type(e).attribute)  # as without the shape checks that tests install
    with pytest.raises(InvalidInput, match=r"it wants the axes \(sample, time, feature\)"):
        attribute(e, recurrent, tiny.images().x, GOOD.y[:3])


def spoiled(value):
    x = tiny.samples().x.clone()
    x[1, 2, 0] = value
    return x


GOOD = tiny.samples()
BAD = {
    "NaN": (spoiled(float("nan")), GOOD.y, "NaN or infinite"),
    "infinite": (spoiled(float("inf")), GOOD.y, "NaN or infinite"),
    "axes swapped": (GOOD.x.transpose(1, 2), GOOD.y, "swapped"),
    "no sample": (GOOD.x[:0], GOOD.y[:0], "empty"),
    "one series": (GOOD.x[0], GOOD.y, r"x\[None\]"),
    "integers": (GOOD.x.long(), GOOD.y, "float"),
    "class too high": (GOOD.x, GOOD.y + tiny.C, r"0\.\.1"),
    "class negative": (GOOD.x, GOOD.y - 1, r"0\.\.1"),
    "float target": (GOOD.x, GOOD.y.double(), "integers"),
    "target too short": (GOOD.x, GOOD.y[:-1], "one class per sample"),
}


@each_case
@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_refused_in_words(case, kind, recurrent):
    x, target, words = BAD[kind]
    e = prepared(case, recurrent, GOOD)
    attribute = inspect.unwrap(type(e).attribute)  # as without the shape checks that tests install
    with pytest.raises(InvalidInput, match=words):
        attribute(e, recurrent, x, target)
    assert not recurrent.training


@pytest.mark.parametrize("name", [n for n, e in EXPLAINERS.items() if "reference" in inspect.signature(e).parameters])
def test_a_baseline_of_another_shape_is_refused(name, recurrent):
    for shape in ((2, tiny.T + 1, tiny.F), (2, tiny.T, tiny.F + 1)):
        wrong = torch.rand(*shape, dtype=torch.float64)
        e = replace(build("explainer", name), reference=wrong if "shap" in name else wrong[0])
        with pytest.raises(InvalidInput, match=r"last (two|three) axes must agree"):
            e.attribute(recurrent, GOOD.x, GOOD.y)
