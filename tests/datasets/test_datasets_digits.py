"""The digits of scikit-learn, read row by row."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from tsinterp_lib.datasets import DigitsRows
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import build
from tsinterp_lib.types import Sizes


def test_digits_keep_the_shares_of_their_classes_and_the_order_of_their_pixels():
    d = build("dataset", "digits_rows").load(Sizes(1000, 300, 497), 1)
    assert (d.n_classes, d.n_steps, d.n_features) == (10, 8, 8)
    assert d.feature_names[0] == "column 0"
    assert d.train.importance is None
    assert d.background is None
    counts = torch.stack([torch.bincount(s.y, minlength=10) / len(s) for s in (d.train, d.validation, d.test)])
    assert (counts - 0.1).abs().max() < 0.011
    known = {(i / 16).astype(np.float32).tobytes(): y for i, y in zip(*load_digits(return_X_y=True), strict=True)}
    for x, y in zip(d.test.x, d.test.y, strict=True):
        assert known[x.numpy().tobytes()] == y
    everything = [x.numpy().tobytes() for s in (d.train, d.validation, d.test) for x in s.x]
    assert len(set(everything)) == len(known)


def test_digits_depend_on_the_seed_and_not_on_the_number_of_validation_samples():
    a, b, c = (DigitsRows().load(Sizes(50, n, 20), seed) for n, seed in ((3, 1), (30, 1), (3, 2)))
    assert torch.equal(a.train.x, b.train.x)
    assert torch.equal(a.test.x, b.test.x)
    assert not torch.equal(a.train.x, c.train.x)


def test_digits_may_be_scaled_per_cell():
    x = DigitsRows(scaling="standard", dtype="float64").load(Sizes(500, 1, 1), 1).train.x
    assert x.mean(0).abs().max() < 1e-12
    assert torch.equal(x[:, 0, 0], torch.zeros(500, dtype=torch.float64))  # a corner that no digit reaches


def test_more_digits_than_there_are_is_refused():
    with pytest.raises(InvalidInput, match="1797 samples; 1798"):
        DigitsRows().load(Sizes(1796, 1, 1), 0)
