"""State, switch feature and spike: the laws of the generators, the marks of what is important, and their training."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as nnf

from tests.oracles import per_step as oracle
from tsinterp_lib import denormals
from tsinterp_lib.datasets import DATASETS, Spike, State, SwitchFeature
from tsinterp_lib.datasets.state import ACTIVE, MEANS, covariances
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.models import MODELS
from tsinterp_lib.seeding import scope
from tsinterp_lib.trainers import PerStep
from tsinterp_lib.trainers.per_step import ends, evaluate_per_step
from tsinterp_lib.types import Sizes

SIZES = Sizes(train=30, validation=10, test=8)
PER_STEP = pytest.mark.parametrize("name", ["state", "switch_feature", "spike"])


def bits(dataset):
    splits = [getattr(dataset, s) for s in ("train", "validation", "test")]
    return [t.numpy().tobytes() for s in splits for t in (s.x, s.y, s.importance)]


@PER_STEP
@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
def test_the_same_seed_gives_the_same_bytes_and_labels_are_per_step(name, protocol):
    source = DATASETS[name](protocol=protocol, n_steps=20)
    a = source.load(SIZES, 1)
    assert bits(a) == bits(source.load(SIZES, 1))
    assert bits(a) != bits(source.load(SIZES, 2))
    assert a.train.x.shape == (30, 20, 3)
    assert a.train.y.shape == (30, 20)
    assert set(a.train.y.unique().tolist()) <= {0, 1}
    assert a.name == name.replace("_", "")


@PER_STEP
def test_as_released_all_seeds_share_one_test_set_and_one_pool(name):
    a, b = (DATASETS[name](protocol="as_released", n_steps=20).load(SIZES, seed) for seed in (1, 2))
    assert torch.equal(a.test.x, b.test.x)
    pools = [sorted(torch.cat([d.train.x, d.validation.x]).flatten(1).sum(1).tolist()) for d in (a, b)]
    assert pools[0] == pools[1]
    assert not torch.equal(a.train.x, b.train.x)
    fresh = [DATASETS[name](n_steps=20).load(SIZES, seed).test.x for seed in (1, 2)]
    assert not torch.equal(*fresh)


def test_an_experiments_own_sizes_override_those_of_the_profile():
    d = State(n_train=4, n_validation=3, n_test=2, n_steps=5).load(SIZES, 0)
    assert (len(d.train), len(d.validation), len(d.test)) == (4, 3, 2)


def test_hidden_states_equal_a_chain_drawn_step_by_step_from_the_same_numbers():
    mine = State(n_steps=60).states(25, np.random.default_rng(4))
    assert np.array_equal(mine, oracle.hidden_states(25, 60, np.random.default_rng(4)))


def test_state_has_the_published_frequencies_means_and_covariances():
    source = State(n_steps=200)
    s = source.states(800, np.random.default_rng(5))
    assert s.mean() == pytest.approx(0.415, abs=0.01)
    assert (s[:, 1:] != s[:, :-1]).mean() == pytest.approx(0.058, abs=0.003)
    x, y, importance = source.draw(800, np.random.default_rng(5))
    assert y.mean() == pytest.approx(0.572, abs=0.01)
    for k in (0, 1):
        cells = x[s == k]
        assert cells.mean(0) == pytest.approx(MEANS[k], abs=0.02)
        assert np.cov(cells.T) == pytest.approx(covariances()[k], abs=0.02)
        assert covariances()[k, 0, ACTIVE[k]] == 0.01
        assert np.diag(covariances()[k]) == pytest.approx(0.801)
        assert np.array_equal(importance[s == k].mean(0), np.eye(3)[ACTIVE[k]])
    active = np.take_along_axis(x, ACTIVE[s][..., None], 2)[..., 0]
    for low, high in ((-2, -1), (-0.2, 0.2), (1, 2)):
        some = (active > low) & (active < high)
        assert y[some].mean() == pytest.approx((1 / (1 + np.exp(-2 * active[some]))).mean(), abs=0.02)


@pytest.mark.parametrize("source", [State, SwitchFeature])
def test_the_two_truths_mark_the_same_feature_at_every_step_or_where_it_takes_over(source):
    every, new = (source(n_steps=40, truth=t).draw(20, np.random.default_rng(2))[2] for t in ("active", "switch"))
    assert (every.sum(2) == 1).all()
    assert (new <= every).all()
    assert new[:, 0].sum(1).tolist() == [1] * 20
    changed = (every[:, 1:] != every[:, :-1]).any(2)
    assert np.array_equal(new[:, 1:].any(2), changed)


def test_switch_feature_as_released_starts_in_two_states_and_marks_feature_2_besides():
    for protocol, starts, doubled in (("as_released", {0, 1}, True), ("corrected", {0, 1, 2}, False)):
        source = SwitchFeature(protocol=protocol)
        s = source.states(300, np.random.default_rng(1))
        assert set(s[:, 0]) == starts
        kept = (s[:, 1:] == s[:, :-1]).mean()
        assert kept == pytest.approx(0.95, abs=0.005)
        x, _, importance = source.draw(300, np.random.default_rng(1))
        assert ((importance.sum(2) == 2).any()) == doubled
        assert x[s == 0].mean(0) == pytest.approx([0.8, -0.5, -0.2], abs=0.02)
        assert x[s == 1].var(0) == pytest.approx([0.1] * 3, abs=0.01)


def test_a_spike_of_feature_0_sets_the_label_for_good_after_its_delay():
    for delay in (0, 2):
        x, y, importance = Spike(delay=delay).draw(300, np.random.default_rng(3))
        at = importance[:, :, 0].argmax(1)
        spiked = importance.any((1, 2))
        assert spiked.mean() == pytest.approx(0.3 * (1 - np.exp(-3)), abs=0.08)
        assert not importance[:, :, 1:].any()
        assert (importance.sum((1, 2)) <= 1).all()
        for n in np.flatnonzero(spiked):
            assert np.array_equal(y[n], (np.arange(80) >= at[n] + delay).astype(float))
        assert not y[~spiked].any()
        lifted = x[spiked, at[spiked], 0] - x[spiked, np.minimum(at[spiked] + 1, 79), 0]
        assert np.median(lifted) > 1


def test_curves_without_spikes_equal_the_recursion_and_the_filter_in_loops():
    mine = Spike(n_steps=30)._curves(3, np.random.default_rng(6))
    assert mine == pytest.approx(oracle.spike_curves(3, 30, np.random.default_rng(6)), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: State(truth="all"), UnknownName),
        (lambda: State(protocol="mended"), UnknownName),
        (lambda: SwitchFeature(dtype="float16"), UnknownName),
        (lambda: SwitchFeature(n_steps=1), InvalidInput),
        (lambda: Spike(delay=-1), InvalidInput),
        (lambda: PerStep(recipe="ten"), UnknownName),
        (lambda: PerStep(keep="first"), UnknownName),
        (lambda: PerStep(learning_rate=0.0), InvalidInput),
        (lambda: PerStep(epochs=0), InvalidInput),
    ],
)
def test_settings_that_do_not_exist_are_refused(make, error):
    with pytest.raises(error):
        make()


def small(seed=0, **more):
    with scope(seed):
        return MODELS["gru"](n_steps=30, n_features=3, hidden_size=12, per_step=True, **more)


def test_prefix_ends_are_those_of_the_released_recipes():
    assert ends("five", 200) == [10, 21, 44, 94, 199]
    assert ends("five_from_one", 80) == [1, 2, 8, 26, 79]
    assert len(ends("twenty", 200)) == 20
    assert ends("twenty", 200)[0] == 1
    assert ends("twenty", 200)[-1] == 198


@pytest.mark.parametrize("recipe", ["all", "five", "five_from_one", "twenty"])
def test_every_recipe_takes_its_number_of_updates_and_repeats_itself(recipe):
    d = State(n_steps=30).load(SIZES, 0)
    updates = 1 if recipe == "all" else len(ends(recipe, 30))
    runs = [PerStep(recipe=recipe, epochs=2, batch_size=15).fit(small(), d, seed=s) for s in (1, 1, 2)]
    assert runs[0].steps == 2 * 2 * updates
    a, b, c = (f.model.state_dict()["head.weight"] for f in runs)
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert not runs[0].model.training


def test_training_flushes_denormals_and_leaves_the_processor_as_it_was():
    small_number = torch.tensor([1e-40])
    with denormals.flushed():
        flushes = not bool(small_number * 1 > 0)
        with denormals.flushed():
            pass
        assert bool(small_number * 1 > 0) != flushes  # an inner block does not end the outer one
    assert bool(small_number * 1 > 0)
    PerStep(epochs=1).fit(small(), State(n_steps=30).load(SIZES, 0), seed=1)
    assert bool(small_number * 1 > 0)


def test_the_best_weights_are_those_of_the_lowest_validation_loss():
    d = State(n_steps=30).load(Sizes(200, 50, 20), 0)
    fitted = PerStep(learning_rate=0.02, epochs=12).fit(small(), d, seed=1)
    accuracy, loss = evaluate_per_step(fitted.model, d.validation)
    assert loss == pytest.approx(min(value for _, value in fitted.history), rel=1e-5)
    assert accuracy == fitted.validation_accuracy > 0.8
    last = PerStep(learning_rate=0.02, epochs=12, keep="last").fit(small(), d, seed=1)
    assert evaluate_per_step(last.model, d.validation)[1] == pytest.approx(last.history[-1][1], rel=1e-5)


def test_loss_and_accuracy_are_means_over_samples_and_steps():
    d, model = State(n_steps=30).load(SIZES, 0), small().eval()
    accuracy, loss = evaluate_per_step(model, d.test)
    right, total = 0, 0.0
    for n in range(8):
        for t in range(30):
            z = model(d.test.x[n : n + 1, : t + 1])[0, -1].detach()
            right += int(z.argmax()) == int(d.test.y[n, t])
            total += float(nnf.cross_entropy(z[None], d.test.y[n, t : t + 1]))
    assert accuracy == pytest.approx(right / 240)
    assert loss == pytest.approx(total / 240, rel=1e-4)


def test_data_and_models_that_do_not_fit_are_refused():
    d = State(n_steps=30).load(SIZES, 0)
    with pytest.raises(InvalidInput, match="per_step=True"):
        PerStep().fit(MODELS["lstm"](n_steps=30, n_features=3), d, seed=0)
    with pytest.raises(InvalidInput, match="per_step=True"):
        PerStep().fit(small(output="probabilities"), d, seed=0)
    flat = dataclasses.replace(d, train=dataclasses.replace(d.train, y=d.train.y[:, 0]))
    with pytest.raises(InvalidInput, match="one label per sample and step"):
        PerStep().fit(small(), flat, seed=0)
