"""Planted layouts and their scaling."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from tests.oracles import planted as twin
from tsinterp_lib.datasets import BOXES, DATASETS, LAYOUTS, PLANTED, PROCESSES, Planted
from tsinterp_lib.datasets.scaling import fit
from tsinterp_lib.errors import InvalidInput, MemoryBudgetExceeded, UnknownName
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Sizes

SIZES = Sizes(train=40, validation=7, test=9)
PROTOCOLS = ("as_released", "corrected")


def side_of(layout, protocol):
    return 14 if (layout, protocol) == ("small_middle", "as_released") else None


@pytest.mark.parametrize("layout", PLANTED)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_boxes_lie_exactly_where_the_published_table_puts_them(layout, protocol):
    height, width, rows, columns, _ = twin.TABLE[layout]
    side = side_of(layout, protocol)
    height, width = (side, side) if side else (height, width)
    _, y, mask = Planted(layout, protocol=protocol).draw(2000, seed=1)
    for label in (0, 1):
        m = mask[y == label]
        first_row, first_column = m.any(2).argmax(1), m.any(1).argmax(1)
        assert (m.any(2).sum(1) == height).all()
        assert (m.any(1).sum(1) == width).all()
        assert (m.sum((1, 2)) == height * width).all()
        # With 1000 draws from at most 45 places, missing one has a chance below 1e-7.
        assert sorted(set(first_row.tolist())) == twin.allowed(rows[label], protocol == "corrected")
        assert sorted(set(first_column.tolist())) == twin.allowed(columns[label], protocol == "corrected")


@pytest.mark.parametrize("layout", PLANTED)
@pytest.mark.parametrize("process", ["gaussian_noise", "harmonic"])
def test_planting_equals_its_slow_twin(layout, process):
    source = Planted(layout, process=process, amplitude=1.5)
    x, y, mask = source.draw(3, seed=8)
    law = PROCESSES[process]()
    side = PLANTED[layout].side
    background = law.sample(3, side, side, law.generator(seed_from(8, "background")))
    rows, columns = PLANTED[layout].starts(y, np.random.default_rng(seed_from(8, "boxes")), touch_edge=True)
    expected, cells = twin.plant(background.tolist(), y.tolist(), rows.tolist(), columns.tolist(), layout, 1.5)
    assert np.array_equal(mask, np.array(cells))
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-15)


def test_released_gaussian_noise_redraws_the_box_and_the_other_processes_add_to_it():
    for process, redrawn in (("gaussian_noise", True), ("harmonic", False)):
        source = Planted("middle", process=process, protocol="as_released")
        x, y, mask = source.draw(30, seed=2)
        law = PROCESSES[process](protocol="as_released")
        background = law.sample(30, 50, 50, law.generator(seed_from(2, "background")))
        sign = np.where(y == 1, 1.0, -1.0)[:, None, None]
        assert np.array_equal(x[~mask], background[~mask])
        added = np.abs(x - background - sign * mask)[mask]
        if redrawn:
            inside = (x - sign)[mask]
            assert added.mean() > 1.0  # the mean distance of two independent standard normals is 1.13
            assert abs(inside.mean()) < 0.03
            assert inside.std() == pytest.approx(1.0, rel=0.03)
        else:
            assert added.max() < 1e-15


@pytest.mark.parametrize("layout", PLANTED)
def test_the_signal_is_where_the_importance_mask_says(layout):
    x, y, mask = Planted(layout, amplitude=3.0).draw(400, seed=3)
    sign = np.where(y == 1, 1.0, -1.0) if PLANTED[layout].coded_by == "sign" else np.ones(len(y))
    signed = x * sign[:, None, None]
    assert signed[mask].mean() == pytest.approx(3.0, abs=0.05)
    assert signed[~mask].mean() == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize(
    ("layout", "density"),
    [("middle", 0.36), ("moving_middle", 0.36), ("small_middle", 0.09), ("moving_small_middle", 0.09)]
    + [(name, 0.096) for name in ("rare_time", "moving_rare_time", "rare_feature", "moving_rare_feature")]
    + [("positional_time", 0.16), ("positional_feature", 0.16)],
)
def test_densities_are_the_published_ones(layout, density):
    assert LAYOUTS[layout].density == pytest.approx(density)
    assert build("dataset", layout).load(SIZES, 0).train.importance.double().mean().item() == pytest.approx(density)


def test_the_box_of_small_middle_is_14_as_released_15_corrected_and_may_be_chosen():
    assert Planted("small_middle", protocol="as_released").planted_layout().density == pytest.approx(0.0784)
    assert Planted("small_middle").planted_layout().density == pytest.approx(0.09)
    assert Planted("small_middle", protocol="as_released", box=15).planted_layout().n_steps == 15
    assert Planted("small_middle", box=14).planted_layout().n_features == 14


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_planted_data_set_has_the_shapes_types_and_names_it_promises(protocol):
    d = build("dataset", Choice("rare_time", {"process": "car", "protocol": protocol})).load(SIZES, 4)
    assert (d.name, d.n_classes, d.n_steps, d.n_features, len(d.feature_names)) == ("rare_time", 2, 50, 50, 50)
    for split, n in ((d.train, 40), (d.validation, 7), (d.test, 9)):
        assert split.x.shape == (n, 50, 50)
        assert split.x.dtype == torch.float32
        assert split.importance.dtype == torch.bool
        assert torch.isfinite(split.x).all()
        assert set(split.y.tolist()) <= {0, 1}


@pytest.mark.parametrize("when", ["early", "middle", "late"])
def test_the_boxes_of_2019_have_100_steps_of_100_features_or_half_of_each(when):
    first, last = {"early": (0, 29), "middle": (20, 79), "late": (70, 99)}[when]
    for side in (100, 50):
        d = build("dataset", Choice(f"{when}_box_{side}", {"scaling": "standard"})).load(SIZES, 4)
        assert (d.n_steps, d.n_features, len(d.feature_names)) == (side, side, side)
        assert d.train.x.mean(0).abs().max() < 1e-5
        steps = d.test.importance[0].any(1).nonzero().flatten().tolist()
        assert (steps[0], steps[-1]) == (first * side // 100, (last + 1) * side // 100 - 1)
        assert d.background(2, 0).shape == (2, side, side)
    assert BOXES[f"{when}_box_50"].density == BOXES[f"{when}_box_100"].density


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    a, b, c = (Planted("moving_middle", process="narma").load(SIZES, seed) for seed in (1, 1, 2))
    for split in ("train", "validation", "test"):
        first, second, third = (getattr(d, split) for d in (a, b, c))
        assert first.x.numpy().tobytes() == second.x.numpy().tobytes()
        assert torch.equal(first.y, second.y)
        assert torch.equal(first.importance, second.importance)
        assert not torch.equal(first.x, third.x)


def test_published_rows_stay_valid_while_these_first_values_stay():
    x, y, mask = Planted("moving_rare_time").draw(3, seed=0)
    np.testing.assert_allclose(x[:, 7, 9], [-0.598707126916515, 1.0353787930928204, 0.2098491064681031], rtol=1e-12)
    assert y.tolist() == [1, 0, 1]
    assert mask.any(2).argmax(1).tolist() == [0, 38, 6]


def test_the_splits_are_drawn_from_different_streams():
    d = Planted("middle", dtype="float64").load(Sizes(20, 20, 20), 5)
    assert not torch.equal(d.train.x, d.validation.x)
    assert not torch.equal(d.validation.x, d.test.x)
    assert len({tuple(s.y.tolist()) for s in (d.train, d.validation, d.test)}) == 3


def test_the_number_of_validation_samples_changes_no_other_split():
    a, b = (Planted("middle").load(Sizes(20, n, 10), 5) for n in (3, 30))
    assert torch.equal(a.train.x, b.train.x)
    assert torch.equal(a.test.x, b.test.x)


def test_labels_are_a_fair_coin():
    _, y, _ = Planted("middle").draw(2000, seed=1)
    assert abs(y.mean() - 0.5) < 0.05


@pytest.mark.parametrize("scaling", ["minmax", "standard"])
def test_scaling_equals_its_slow_twin_and_scikit_learn(scaling):
    rng = np.random.default_rng(0)
    train, x = rng.normal(2.0, 3.0, (5, 3, 2)), rng.normal(2.0, 9.0, (4, 3, 2))
    train[:, 1, 1] = 0.1
    scaled = fit(train, scaling)(x)
    np.testing.assert_allclose(scaled, twin.scaled(train.tolist(), x.tolist(), scaling), atol=1e-12)
    reference = (MinMaxScaler() if scaling == "minmax" else StandardScaler()).fit(train.reshape(5, -1))
    np.testing.assert_allclose(scaled, reference.transform(x.reshape(4, -1)).reshape(x.shape), atol=1e-12)


def test_minmax_fills_0_to_1_on_train_and_does_not_clip_the_test_split():
    d = Planted("middle", dtype="float64").load(Sizes(30, 5, 50), 6)
    assert torch.equal(d.train.x.amin(0), torch.zeros(50, 50, dtype=torch.float64))
    assert torch.allclose(d.train.x.amax(0), torch.ones(50, 50, dtype=torch.float64))
    assert d.test.x.min() < 0
    assert d.test.x.max() > 1


def test_without_scaling_the_values_are_those_of_the_generator():
    source = Planted("middle", process="narma", scaling="none", dtype="float64")
    raw = source.draw(6, seed_from("planted", "middle", "narma", source.protocol, 6, "train"))[0]
    data = source.load(Sizes(6, 3, 3), 6)
    scaled = Planted("middle", process="narma", dtype="float64").load(Sizes(6, 3, 3), 6)
    assert data.train.x.min() < -0.5  # a planted −1 on a background about 0.26: nothing like [0, 1]
    low, high = data.train.x.amin(0), data.train.x.amax(0)
    assert torch.allclose((data.train.x - low) / (high - low), scaled.train.x)
    assert torch.equal(torch.as_tensor(raw), data.train.x)


def test_standard_scaling_centres_every_cell_of_train():
    x = Planted("middle", scaling="standard", dtype="float64").load(Sizes(30, 5, 5), 6).train.x
    assert x.mean(0).abs().max() < 1e-12
    assert torch.allclose(x.std(0, unbiased=False), torch.ones(50, 50, dtype=torch.float64))


def test_a_constant_cell_becomes_zero():
    x = np.full((4, 2, 3), 0.1)
    for scaling in ("minmax", "standard"):
        assert np.array_equal(fit(x, scaling)(x), np.zeros((4, 2, 3)))
    only = Planted("middle").load(Sizes(1, 1, 1), 0)
    assert not only.train.x.any()
    assert torch.isfinite(only.test.x).all()


@pytest.mark.parametrize("process", ["gaussian_noise", "narma"])
def test_the_background_is_the_process_without_signal_in_scaled_units(process):
    source = Planted("middle", process=process, amplitude=50.0, dtype="float64")
    d = source.load(SIZES, 3)
    b = d.background(11, 4)
    assert b.shape == (11, 50, 50)
    assert b.dtype == torch.float64
    assert torch.equal(b, d.background(11, 4))
    assert not torch.equal(b, d.background(11, 5))
    raw, _, _ = source.draw(40, seed_from("planted", "middle", process, "corrected", 3, "train"))
    law = PROCESSES[process]()
    expected = fit(raw, "minmax")(law.sample(11, 50, 50, law.generator(seed_from("background", 4))))
    assert torch.equal(b, torch.from_numpy(expected))


def test_the_background_travels_to_other_processes():
    background = Planted("middle").load(SIZES, 3).background
    assert torch.equal(pickle.loads(pickle.dumps(background))(2, 1), background(2, 1))


def test_both_engines_give_the_same_data_set():
    pytest.importorskip("timesynth")
    sizes = Sizes(3, 1, 2)
    own, package = (
        Planted("middle", process="pseudo_periodic", protocol="as_released", engine=engine).load(sizes, 1)
        for engine in ("own", "timesynth")
    )
    assert torch.equal(own.train.x, package.train.x)
    assert torch.equal(own.test.x, package.test.x)


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'middle'"):
        build("dataset", "midle")
    for settings, nearest in (
        ({"process": "gausian_noise"}, "gaussian_noise"),
        ({"protocol": "as-released"}, "as_released"),
        ({"scaling": "min_max"}, "minmax"),
        ({"dtype": "float23"}, "float32"),
        ({"engine": "timesynt"}, "timesynth"),
    ):
        with pytest.raises(UnknownName, match=nearest):
            build("dataset", Choice("middle", settings))


def test_bad_settings_are_refused():
    with pytest.raises(InvalidInput, match="only small_middle takes a box"):
        Planted("middle", box=15)
    with pytest.raises(InvalidInput, match=r"14 .* or 15"):
        Planted("small_middle", box=51)
    with pytest.raises(InvalidInput, match="finite"):
        Planted("middle", amplitude=float("nan"))
    with pytest.raises(InvalidInput, match="at least one sample"):
        Planted("middle").load(Sizes(0, 1, 1), 0)


def test_more_data_than_memory_is_refused_before_anything_is_allocated():
    with pytest.raises(MemoryBudgetExceeded, match="smaller profile"):
        Planted("middle").load(Sizes(10**9, 1, 1), 0)
    with pytest.raises(MemoryBudgetExceeded, match="background"):
        Planted("middle").load(SIZES, 0).background(10**9, 0)


def test_every_data_set_of_the_registry_is_known_by_name():
    assert set(DATASETS) >= {*LAYOUTS, "digits_rows", "mnist_rows", "state", "switch_feature", "spike"}
    assert len(LAYOUTS) == 10
    assert len(PROCESSES) == 7
