"""Variance components of crossed draws, against draws whose components are known."""

import numpy as np
import pytest

from tests.made_up import answers
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.statistics.crossed import crossed


@answers("statistics.crossed.crossed")
def test_each_component_is_found_where_it_was_put():
    draw = np.random.default_rng(0)
    n, a, b = 40_000, 3, 4
    values = draw.normal(0, 2, (n, a, 1)) + draw.normal(0, 1, (n, 1, b)) + draw.normal(0, 0.5, (n, a, b))
    assert crossed(values) == pytest.approx((4.0, 1.0, 0.25), rel=0.04)
    exact = np.array([[[0.0, 1.0], [2.0, 3.0]]])  # rows 2 apart, columns 1 apart, nothing left
    assert crossed(exact) == pytest.approx((2.0, 0.5, 0.0))


def test_a_table_with_a_gap_or_one_row_is_refused():
    with pytest.raises(InvalidInput, match="two or more"):
        crossed(np.zeros((1, 1, 3)))
    with pytest.raises(InvalidInput, match="without gaps"):
        crossed(np.array([[[0.0, np.nan], [1.0, 2.0]]]))
