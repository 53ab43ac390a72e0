"""A map of one's own is looked at before it is scored: shape, axes, and that every score is a number."""

from dataclasses import dataclass, replace

import jaxtyping
import numpy as np
import pytest
import torch
from torch import nn

from tsinterp_lib.engine.explain import scored
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.metrics import METRICS
from tsinterp_lib.types import Explainer, Explanation


@pytest.fixture
def unchecked():
    """As users run the library: no annotation is checked before the library looks at the map itself."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def judged(a):
    x = torch.zeros(4, 5, 3)
    truth = torch.zeros(4, 5, 3, dtype=torch.bool)
    truth[:, 1:3] = True
    e = Explanation(torch.nn.Identity(), x, torch.zeros(4, dtype=torch.long), a, truth)
    return {s.metric: float(s.values.mean()) for s in scored(e, ["auroc"])}


def one_bad(value):
    a = torch.rand(4, 5, 3)
    a[1, 2, 0] = value
    return a


def test_a_perfect_map_scores_one():
    a = torch.zeros(4, 5, 3)
    a[:, 1:3] = 1
    assert judged(a) == {"auroc": 1.0}


@pytest.mark.parametrize(
    ("a", "words"),
    [
        (torch.rand(4, 3, 5), r"axes look swapped: bring them into the order \(sample, time, feature\)"),
        (torch.rand(1, 5, 3), "One map is not copied to all samples"),
        (torch.rand(5, 3), "One map is not copied to all samples"),
        (torch.rand(4, 5, 2), "one score per cell of x"),
        (one_bad(torch.nan), r"1 scores that are NaN or infinite, the first at \(1, 2, 0\)"),
        (one_bad(torch.inf), "NaN or infinite"),
        (np.zeros((4, 5, 3)), "`attribution` is a ndarray: give a torch tensor"),
    ],
)
def test_a_map_that_means_nothing_is_refused_by_name(a, words, unchecked):
    with pytest.raises(InvalidInput, match=words):
        judged(a)


def test_another_map_in_the_place_of_one_is_scored_anew():
    series = tiny_series()
    e = Explanation(Sum(), *series)
    first = METRICS["auroc"]()(e)
    other = replace(e, attribution=-e.attribution)
    assert not e.memo.keys() & other.memo.keys()
    assert torch.equal(
        METRICS["auroc"]()(other), METRICS["auroc"]()(Explanation(Sum(), *series[:2], -series[2], series[3]))
    )
    assert torch.equal(METRICS["auroc"]()(e), first)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"importance": torch.ones(2, 3, 4)}, "give a Boolean tensor"),
        ({"lengths": torch.tensor([2])}, "1 entries for 2"),
    ],
)
def test_masks_and_lengths_that_are_none_are_refused(part, said, unchecked):
    x, y, a, m = tiny_series()
    with pytest.raises(InvalidInput, match=said):
        Explanation(Sum(), x, y, a, **{"importance": m, **part})


def tiny_series():
    """Two series of three steps and four features with a map and a mask."""
    generator = torch.Generator().manual_seed(0)
    x, a = (torch.randn(2, 3, 4, generator=generator) for _ in range(2))
    mask = torch.zeros(2, 3, 4, dtype=torch.bool)
    mask[:, 1] = True
    return x, torch.tensor([0, 1]), a, mask


class Sum(nn.Module):
    """Answers with the sum of each series, for and against."""

    def forward(self, x):
        total = x.flatten(1).sum(1, keepdim=True)
        return torch.cat([total, -total], 1)


@dataclass(frozen=True)
class Zeroes(Explainer):
    """Writes into the series it is given."""

    def _attribute(self, model, x, target):
        x[:, 0] = 0
        return x.abs()


def test_a_method_that_writes_into_its_input_leaves_the_callers_series_alone():
    x, y, _, _ = tiny_series()
    before = x.clone()
    Zeroes().attribute(Sum(), x, y)
    assert torch.equal(x, before)
