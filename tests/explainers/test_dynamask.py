"""Dynamask: its slow twin, the objective and its gradient, groups and single masks, ties, choices, refusals."""

import inspect
import warnings
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from tests import explainer_models as tiny
from tests.oracles import dynamask as twin
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import Dynamask
from tsinterp_lib.explainers.dynamask import regularisers as size
from tsinterp_lib.explainers.dynamask.descent import Settings, _Fit
from tsinterp_lib.explainers.dynamask.masks import MaskCollapsed, MaskGroup, entropy, information
from tsinterp_lib.explainers.dynamask.regularisers import areas_of
from tsinterp_lib.models import WhiteBox
from tsinterp_lib.perturbations import GaussianBlur, MovingAverage
from tsinterp_lib.registry import Choice, build

T, F = tiny.T, tiny.F
BLUR = {"name": "gaussian_blur"}
FADE = {"name": "moving_average"}


class PerStep(nn.Module):
    """Two class scores at every step, from this step and the one before."""

    n_steps, n_features, per_step = T, F, True

    def __init__(self):
        super().__init__()
        self.now, self.past = nn.Linear(F, 2), nn.Linear(F, 2)

    def forward(self, x):
        return torch.tanh(self.now(x)) + self.past(torch.nn.functional.pad(x, (0, 0, 1, 0))[:, :-1])


class LastStep(nn.Module):
    """The features of the last step."""

    def forward(self, x):
        return x[:, -1]


@pytest.fixture
def data():
    return tiny.samples(2)


@pytest.fixture
def model():
    return tiny.Recurrent().double().eval()


def settings(**changes):
    given = {
        "areas": (0.2, 0.5),
        "perturbation": GaussianBlur(),
        "mode": "preservation",
        "loss": "cross_entropy",
        "epochs": 1,
        "learning_rate": 0.1,
        "momentum": 0.0,
        "optimiser": "sgd",
        "rate": "own",
        "initial": 0.5,
        "size_weight": 0.7,
        "size_growth": 1.0,
        "time_weight": 0.0,
        "last_pair": True,
        "batch_size": 200,
    }
    return Settings(**{**given, **changes})


def oracle_settings(s):
    names = ("mode", "loss", "epochs", "learning_rate", "momentum", "optimiser", "initial", "size_weight")
    more = {"size_growth": s.size_growth, "time_weight": s.time_weight, "last_pair": s.last_pair}
    perturbation = BLUR if isinstance(s.perturbation, GaussianBlur) else FADE
    return {**{name: getattr(s, name) for name in names}, **more, "perturbation": perturbation}


CASES = {
    "cross-entropy": {},
    "deletion": {"mode": "deletion", "perturbation": MovingAverage()},
    "log loss": {"loss": "log_loss"},
    "target": {"loss": "log_loss_target", "mode": "deletion"},
    "mse": {"loss": "mse"},
    "time": {"time_weight": 0.8},
    "time as released": {"time_weight": 0.8, "last_pair": False},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("network", [tiny.Recurrent, PerStep], ids=lambda n: n.__name__)
def test_the_objective_and_its_gradient_equal_their_slow_twin(case, network, data):
    s = settings(**CASES[case])
    model = network().double().eval()
    per_step = network is PerStep
    target = torch.arange(T).expand(2, T) % 2 if per_step else data.y
    fitting = _Fit(model, data.x, target, s)
    masks = torch.rand(4, T * F, dtype=torch.float64) * 0.9 + 0.05  # no ties, no bounds
    fitting.m = masks.clone()
    errors = fitting.errors()
    fitting.step(0)
    for row in range(4):
        area, n = s.areas[row // 2], row % 2
        m, series, wanted = masks[row].view(T, F).tolist(), data.x[n].tolist(), target[n].tolist()
        o = oracle_settings(s)
        assert float(errors[row]) == pytest.approx(twin.error(model, series, m, o, wanted), abs=1e-9)
        objective = partial(twin.objective, model, series, s=o, area=area, weight=0.7, target=wanted)
        expected = twin.slopes(objective, m)
        torch.testing.assert_close(
            fitting.velocity[row].view(T, F), torch.tensor(expected, dtype=torch.float64), rtol=1e-5, atol=1e-7
        )


@pytest.mark.parametrize("optimiser", ["sgd", "projected"])
def test_a_fitted_mask_equals_its_slow_twin(model, data, optimiser):
    e = Dynamask(
        areas=(0.2,), epochs=8, learning_rate=6.0, momentum=0.9, size_weight=1.0, size_growth=30.0, optimiser=optimiser
    )
    mask = e.fit(model, data.x[:1], data.y[:1]).masks[0, 0]
    s = settings(epochs=8, learning_rate=6.0, momentum=0.9, size_weight=1.0, size_growth=30.0, optimiser=optimiser)
    expected = torch.tensor(twin.fit(model, data.x[0].tolist(), oracle_settings(s), 0.2, 0), dtype=torch.float64)
    torch.testing.assert_close(mask, expected, rtol=0, atol=1e-6)
    assert {0.0, 1.0} <= set(mask.flatten().tolist())  # bounds were met


def test_a_layer_that_is_called_output_says_nothing_of_the_output(model, data):
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.output = model

        def forward(self, x):
            return self.output(x)

    e = Dynamask(areas=(0.2,), epochs=3)
    assert torch.equal(e.attribute(Named(), data.x, data.y), e.attribute(model, data.x, data.y))


def test_a_trace_shows_the_masks_after_every_epoch_and_ends_where_the_fit_does(model, data):
    e, seen = Dynamask(areas=(0.2, 0.4), epochs=5, batch_size=2), {}
    group = e.trace(model, data.x, data.y, lambda epoch, masks: seen.update({epoch: masks.clone()}))
    fitted = e.fit(model, data.x, data.y)  # one series at a time
    assert list(seen) == [0, 1, 2, 3, 4]
    torch.testing.assert_close(seen[4], fitted.masks, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(seen[0], replace(e, epochs=1).fit(model, data.x, data.y).masks, rtol=1e-10, atol=1e-12)
    assert torch.equal(group.masks, seen[4])
    torch.testing.assert_close(group.errors, fitted.errors, rtol=1e-10, atol=1e-12)
    assert not model.training
    with pytest.raises(InvalidInput, match=r"targets lie in 0\.\.1"):
        e.trace(model, data.x, data.y + 2, lambda *_: None)


@pytest.mark.parametrize("optimiser", ["sgd", "projected"])
def test_only_the_projected_descent_forgets_the_velocity_of_a_coefficient_at_a_bound(model, data, optimiser):
    fitting = _Fit(model, data.x, data.y, settings(optimiser=optimiser, momentum=1.0))
    fitting.velocity[:, 0] = -9.0  # beyond one
    fitting.step(0)
    assert fitting.m[:, 0].tolist() == [1.0] * 4
    assert bool((fitting.velocity[:, 0] == 0).all()) == (optimiser == "projected")
    assert bool((fitting.velocity[:, 1:] != 0).any())


def test_a_group_equals_single_masks_at_a_rate_divided_by_its_size(model, data):
    areas = (0.1, 0.25, 0.6)
    e = Dynamask(areas=areas, epochs=12, learning_rate=1.2, size_weight=1.0)
    group = e.fit(model, data.x, data.y)
    own = replace(e, learning_rate=0.4, rate="own").fit(model, data.x, data.y)
    torch.testing.assert_close(group.masks, own.masks, rtol=0, atol=1e-9)
    for r, area in enumerate(areas):
        for n in range(2):
            one = replace(e, areas=(area,), learning_rate=0.4).fit(model, data.x[n : n + 1], data.y[n : n + 1])
            torch.testing.assert_close(one.masks[0, 0], group.masks[n, r], rtol=0, atol=1e-9)
            assert float(one.errors) == pytest.approx(float(group.errors[n, r]))


def test_the_last_step_is_all_that_a_model_of_the_last_step_needs():
    x = torch.randn(1, 10, 3, dtype=torch.float64)
    x[:, -1] += 4  # no blur of the steps before comes near
    e = Dynamask(areas="0.1:0.25:4", loss="mse", epochs=500, size_weight=0.01, rate="own")
    group = e.fit(LastStep(), x, torch.zeros(1, dtype=torch.long))
    assert float(group.errors.max()) < 2e-3
    mask = group.masks[0, 0]
    assert float(mask[-1].min()) > 0.8
    assert float(mask[:-1].max()) < 0.5


def test_a_mask_of_the_white_box_marks_the_large_cells_it_reads():
    box = WhiteBox(10, 8)
    cells = torch.zeros(10, 8, dtype=torch.bool)
    cells[3:7, 2] = True
    x = torch.randn(1, 10, 8, dtype=torch.float64)
    e = Dynamask(areas=(0.05,), loss="mse", epochs=400, learning_rate=1.0, size_weight=1.0, size_growth=1000.0)
    with box.restricted(cells):
        mask = e.attribute(box, x, torch.zeros(1, 10, dtype=torch.long))[0]
    largest = (x[0].square() * cells).flatten().argmax()
    assert float(mask.flatten()[largest]) > 0.9
    assert float((mask * cells).sum()) >= 0.5 * float(mask.sum())
    assert float(mask[~cells].max()) == 0.0 or float(mask.sum()) < 4.5  # four cells are kept


def test_the_reference_keeps_as_many_as_the_released_one():
    for rounding in size.ROUNDINGS:
        assert size.kept_counts((0.001, 0.002, 0.003), 50, 50, rounding) == [3, 5, 8]
        assert size.kept_counts((0.25, 0.34), 200, 3, rounding) == [150, 205]


def test_the_order_of_the_product_moves_three_masks_of_the_state_experiment_by_one_cell():
    areas = areas_of("0.25:0.34:10")
    first, left = (size.kept_counts(areas, 200, 3, rounding) for rounding in size.ROUNDINGS)
    assert left == [twin.reference(a, 200, 3).count(1.0) for a in areas]
    assert [a for a, one, other in zip(areas, first, left, strict=True) if one == other + 1] == [0.31, 0.32, 0.33]
    assert sum(first) == sum(left) + 3
    e = Dynamask(areas=(0.31,), epochs=60, size_weight=10.0, learning_rate=20.0, momentum=0.0, loss="mse")
    x = torch.rand(1, 200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    network = nn.Sequential(nn.Flatten(), nn.Linear(600, 2)).double()
    for rounding, n_kept in (("cells_first", 187), ("left_to_right", 186)):
        mask = replace(e, rounding=rounding).fit(network, x, torch.tensor([0])).masks
        assert int((mask > 0.5).sum()) == n_kept


@pytest.mark.parametrize("much", [1, 10**6])
def test_of_equal_coefficients_the_later_are_kept_as_by_a_stable_sort(much, monkeypatch):
    monkeypatch.setattr(size, "MUCH", much)
    for ties in (2, 5, 100):
        m = torch.randint(0, ties, (30, 40)).double() / ties
        counts = torch.randint(1, 40, (30,))
        counts[:3] = 40
        chosen = size.kept(m, counts, int(counts.max()))
        mirrored = size.kept(m.flip(1), counts, int(counts.max()), "earlier").flip(1)
        for row, k, found, other in zip(m, counts, chosen, mirrored, strict=True):
            expected = torch.zeros(40, dtype=torch.float64)
            expected[row.sort(stable=True).indices[40 - k :]] = 1
            assert torch.equal(found, expected)
            assert torch.equal(other, expected)


def test_areas_can_be_written_as_a_range():
    assert size.areas_of("0.001:0.05:50")[:3] == (0.001, 0.002, 0.003)
    assert len(size.areas_of("0.001:0.05:50")) == 50
    assert size.areas_of([0.5]) == (0.5,)


def group(errors, clean=0.1, sign=1):
    errors = torch.tensor([errors], dtype=torch.float64)
    masks = torch.rand(1, errors.shape[1], T, F, dtype=torch.float64)
    ones = torch.ones_like(errors)
    return MaskGroup(
        masks, tuple(0.1 * (r + 1) for r in range(len(ones[0]))), errors, errors[:, 0] * 0 + clean, sign, ones, ones
    )


def test_the_best_mask_has_the_lowest_error_and_the_extremal_is_the_smallest_good_enough():
    made = group([0.5, 0.3, 0.2, 0.2])
    assert made.best().tolist() == [2]
    assert made.extremal(0.4).tolist() == [1]
    assert made.extremal(0.3).tolist() == [2]  # strictly below
    assert made.extremal(0.2).tolist() == [2]  # the best equals the threshold
    assert made.extremal().tolist() == [2]  # none is below the clean error
    assert torch.equal(made.take(made.best())[0], made.masks[0, 2])
    assert group([0.5, 0.7, 0.7, 0.6], sign=-1).best().tolist() == [1]
    assert group([0.5, 0.7, 0.9, 0.6], sign=-1).extremal(0.6).tolist() == [1]


def test_the_explainer_returns_the_mask_it_says_it_takes(model, data):
    e = Dynamask(areas=(0.2, 0.4, 0.6), epochs=20, learning_rate=1.0)
    made = e.fit(model, data.x, data.y)
    torch.testing.assert_close(e.attribute(model, data.x, data.y), made.take(made.best()))
    middle = float(made.errors.median())
    extremal = replace(e, selection="extremal", threshold=middle).attribute(model, data.x, data.y)
    torch.testing.assert_close(extremal, made.take(made.extremal(middle)))


@pytest.mark.parametrize("selection", ["best", "extremal"])
def test_in_deletion_the_released_choice_is_the_lowest_error(model, data, selection):
    e = Dynamask(
        areas=(0.2, 0.4, 0.6), epochs=20, learning_rate=1.0, mode="deletion", selection=selection, threshold=0.7
    )
    made = e.fit(model, data.x, data.y)
    lowest, highest = made.errors.argmin(1), made.errors.argmax(1)
    assert (lowest != highest).all()
    if selection == "best":
        wanted = {"mode": highest, "lowest": lowest}
    else:
        first = [(sign * made.errors < sign * 0.7) for sign in (-1, 1)]
        pairs = zip(first, (highest, lowest), strict=True)
        higher, lower = (torch.where(f.any(1), f.to(torch.int64).argmax(1), end) for f, end in pairs)
        wanted = {"mode": higher, "lowest": lower}
    for good, area in wanted.items():
        torch.testing.assert_close(replace(e, good=good).attribute(model, data.x, data.y), made.take(area))
    preserved = replace(e, mode="preservation")
    same = [replace(preserved, good=good).attribute(model, data.x, data.y) for good in ("mode", "lowest")]
    assert torch.equal(*same)


def test_the_history_holds_the_terms_before_each_step(model, data):
    s = settings(perturbation=MovingAverage(), time_weight=0.3)
    e = Dynamask(areas=s.areas, perturbation="moving_average", epochs=6, learning_rate=2.0, time_weight=0.3)
    long, short = (replace(e, epochs=n, size_growth=1.0).fit(model, data.x, data.y, history=True) for n in (6, 5))
    assert long.history.shape == (3, 6, 2, 2)
    torch.testing.assert_close(long.history[0, 5], short.errors)  # after five steps, before the sixth
    for n in range(2):
        for r, area in enumerate(s.areas):
            m = short.masks[n, r].tolist()
            assert float(long.history[1, 5, n, r]) == pytest.approx(twin.size_term(m, area))
            assert float(long.history[2, 5, n, r]) == pytest.approx(twin.time_term(m, True))
    assert replace(e).fit(model, data.x, data.y).history is None


def test_information_and_entropy_of_a_mask_count_bits():
    mask = torch.zeros(2, T, F, dtype=torch.float64)
    mask[0, :2, 0] = 1
    mask[1] = 0.5
    assert information(mask)[0] == pytest.approx(2 * 23.2535, rel=1e-4)
    assert information(mask, epsilon=1e-5)[0] == pytest.approx(2 * 16.6096, rel=1e-4)
    assert information(mask, steps=[0], normalise=True)[0] == pytest.approx(0.5, rel=1e-4)
    assert entropy(mask)[1] == pytest.approx(T * F, rel=1e-5)
    assert entropy(mask, steps=[0, 3], features=[1])[1] == pytest.approx(2, rel=1e-5)
    with pytest.raises(InvalidInput, match="leaves the axis"):
        entropy(mask, features=[F])


def test_a_mask_that_says_nothing_is_warned_of(model, data):
    e = Dynamask(areas=(0.4,), epochs=3)
    constant = torch.full_like(data.x, 0.5)
    with pytest.warns(MaskCollapsed, match=r"2 of 2 series has collapsed, .*no gradient"):
        e.attribute(model, constant, data.y)
    everything = Dynamask(areas=(1.0,), epochs=60, learning_rate=3.0, size_weight=1.0)
    with pytest.warns(MaskCollapsed, match="same end"):
        everything.attribute(model, data.x, data.y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        e.attribute(model, data.x, data.y)
    made = e.fit(model, data.x, data.y)
    assert made.undecided().shape == made.change.shape == (2, 1)
    assert float(made.undecided().min()) == 1.0  # three epochs decide nothing


class Deaf(nn.Module):
    def forward(self, x):
        return torch.tensor([[0.2, 0.8]], dtype=x.dtype).expand(len(x), 2)


class OneForAll(nn.Module):
    def forward(self, x):
        return x.mean((0, 1))[None, :2]


def test_models_that_cannot_be_explained_by_a_mask_are_refused(data):
    with pytest.raises(InvalidInput, match="the same whatever the series"):
        Dynamask(epochs=2).attribute(Deaf(), data.x, data.y)
    with pytest.raises(InvalidInput, match="2 series to 1 outputs"):
        Dynamask(epochs=2).attribute(OneForAll(), data.x, data.y)
    box, target = WhiteBox(T, F), torch.zeros(2, T, dtype=torch.long)
    with pytest.raises(InvalidInput, match="use loss='mse'"):
        Dynamask(epochs=2).attribute(box, data.x, target)
    with pytest.raises(InvalidInput, match="one class per sample and step"):
        inspect.unwrap(Dynamask.fit)(Dynamask(epochs=2, loss="mse"), box, data.x, target[:, :2])


class ShapeOfBatch(nn.Module):
    """One output per series for the series themselves, one per step for any larger batch."""

    def forward(self, x):
        scores = x[:, :, :2].cumsum(1)
        return scores[:, -1] if len(x) <= 2 else scores


def test_a_model_whose_outputs_change_their_shape_is_refused(data):
    with pytest.raises(InvalidInput, match="it must give outputs of one shape"):
        Dynamask(epochs=2, areas=(0.2, 0.4)).attribute(ShapeOfBatch(), data.x, data.y)


def test_series_that_cannot_be_explained_by_a_mask_are_refused(model, data):
    spoiled = data.x.clone()
    spoiled[0, 1, 1] = float("nan")
    with pytest.raises(InvalidInput, match="NaN or infinite"):
        Dynamask(epochs=2).fit(model, spoiled, data.y)
    short = tiny.Recurrent(1, F).double().eval()
    with pytest.raises(InvalidInput, match="series of at least 2 steps"):
        Dynamask(epochs=2).attribute(short, data.x[:, :1], data.y)
    two = tiny.Recurrent(2, F).double().eval()
    e = Dynamask(epochs=2, time_weight=1.0)
    assert torch.isfinite(e.attribute(two, data.x[:, :2], data.y)).all()
    with pytest.raises(InvalidInput, match="series of at least 3 steps"):
        replace(e, last_pair=False).attribute(two, data.x[:, :2], data.y)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"areas": (0.0, 0.5)}, "above 0 and at most 1"),
        ({"areas": (0.5, 1.1)}, "above 0 and at most 1"),
        ({"areas": ()}, "at least one share"),
        ({"areas": (0.5, 0.2)}, "must rise"),
        ({"areas": (0.2, 0.2)}, "none may come twice"),
        ({"areas": "0.1-0.5"}, "first:last:count"),
        ({"epochs": 0}, "at least one epoch"),
        ({"learning_rate": 0.0}, "a rate above 0"),
        ({"momentum": 1.5}, r"momentum and initial value in \[0, 1\]"),
        ({"size_weight": -1.0}, "weights are not negative"),
        ({"batch_size": 0}, "at least one row"),
        ({"mode": "keep"}, "no mode"),
        ({"loss": "hinge"}, "no loss"),
        ({"optimiser": "adam"}, "no optimiser"),
        ({"selection": "worst"}, "no selection"),
        ({"rate": "fast"}, "no rate"),
        ({"ties": "random"}, "no order of ties"),
    ],
)
def test_wrong_settings_are_refused(wrong, words):
    with pytest.raises((InvalidInput, LookupError), match=words):
        Dynamask(**wrong)


def test_a_perturbation_can_be_named_given_or_chosen(model, data):
    e = Dynamask(epochs=3, areas=(0.3,), learning_rate=2.0)
    named = replace(e, perturbation="moving_average").attribute(model, data.x, data.y)
    given = replace(e, perturbation=MovingAverage()).attribute(model, data.x, data.y)
    params = {"epochs": 3, "learning_rate": 2.0, "areas": "0.3:0.3:1", "perturbation": Choice("moving_average")}
    chosen = build("explainer", Choice("dynamask", params)).attribute(model, data.x, data.y)
    assert torch.equal(named, given)
    assert torch.equal(named, chosen)
    with pytest.raises(LookupError, match="no perturbation"):
        replace(e, perturbation="smear").attribute(model, data.x, data.y)
