"""A map of one's own is looked at before it is scored: shape, axes, and that every score is a number."""

import jaxtyping
import numpy as np
import pytest
import torch

from tsinterp_lib.engine.explain import scored
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.types import Explanation


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
