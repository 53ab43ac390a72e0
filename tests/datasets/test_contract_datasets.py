"""What every data set and process of the registry keeps to; a new name is covered by being listed."""

import numpy as np
import pytest
import torch

from tsinterp_lib.datasets import DATASETS, PROCESSES
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.types import Sizes

SIZES = Sizes(12, 6, 8)
SPLITS = ("train", "validation", "test")
LARGE = ("100", "50")  # the boxes of 2019, of which one stands for all
NEEDS_FILES = {"mnist_rows", "digit_views", "digit_images", "cifar10", "image_folder"}
"""Data sets that fetch files: their own tests read made-up ones."""

NO_TRUTH = {"digits_rows"}
"""Data sets of which nobody knows the important cells."""

NAMES = sorted(set(DATASETS) - NEEDS_FILES)
NAMES = [name for name in NAMES if not name.endswith(LARGE) or name == "early_box_50"]


def load(name, seed):
    params = {"n_steps": 40} if name == "state" else {}
    return build("dataset", Choice(name, params)).load(SIZES, seed)


@pytest.fixture(scope="module", params=NAMES)
def case(request):
    return request.param, load(request.param, 3)


def tensors(data):
    return [t for s in SPLITS for t in (getattr(data, s).x, getattr(data, s).y, getattr(data, s).importance)
            if t is not None]  # fmt: skip


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(case):
    name, data = case
    assert all(torch.equal(a, b) for a, b in zip(tensors(data), tensors(load(name, 3)), strict=True))
    assert not torch.equal(data.train.x, load(name, 4).train.x)


def test_no_sample_of_a_split_is_in_another(case):
    _, data = case
    keys = [{x.numpy().tobytes() for x in getattr(data, s).x} for s in SPLITS]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]


def test_shapes_axes_and_labels_are_those_promised(case):
    name, data = case
    assert data.axes.names == ("time", "feature")
    assert len(data.feature_names) == data.n_features
    for split in SPLITS:
        s = getattr(data, split)
        assert s.x.shape[1:] == (data.n_steps, data.n_features)
        assert s.x.dtype == torch.float32
        assert torch.isfinite(s.x).all()
        assert s.y.dtype == torch.int64
        assert s.y.shape in ((len(s),), (len(s), data.n_steps))
        assert 0 <= int(s.y.min()) <= int(s.y.max()) < data.n_classes
        assert (s.importance is None) == (name in NO_TRUTH)
        if s.importance is not None:
            assert 0 < s.importance.float().mean() < 1


def test_the_number_of_samples_is_what_was_asked_unless_the_recipe_has_its_own(case):
    name, data = case
    own = build("dataset", name)
    for split in SPLITS:
        wanted = getattr(own, f"n_{split}", None) or getattr(SIZES, split)
        assert len(getattr(data, split)) == wanted, split


def test_no_class_is_rare_beyond_what_the_data_say(case):
    _, data = case
    y = torch.cat([getattr(data, s).y.flatten() for s in SPLITS])
    counts = torch.bincount(y, minlength=data.n_classes).double() / len(y)
    # A fair draw of so few series leaves three standard deviations; labels per step are as rare as the events.
    least = 0.02 if data.train.y.dim() == 2 else 1 / data.n_classes - 3 * np.sqrt(0.25 / len(y))
    assert counts.min() >= least or data.n_classes == 1, counts


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_draws_the_same_from_a_seed_and_no_two_series_alike(name):
    process = build("process", name)
    one, same, other = (process.sample(5, 20, 3, process.generator(s)) for s in (1, 1, 2))
    one, same, other = (np.asarray(v) for v in (one, same, other))
    assert one.shape == (5, 20, 3)
    assert np.isfinite(one).all()
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert len({series.tobytes() for series in one}) == 5
