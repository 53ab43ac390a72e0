"""Closed forms: on a sum of squares of known cells, what occlusion, Shapley, gradients and shuffles must give."""

import math

import pytest
import torch
from scipy import stats

from tsinterp_lib import explainers as ex
from tsinterp_lib.models.white_box import WhiteBox
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Samples

N, T, F = 4, 6, 3


@pytest.fixture
def cells():
    chosen = torch.zeros(T, F, dtype=torch.bool)
    chosen[2:5, 1], chosen[3, 2] = True, True
    return chosen


@pytest.fixture
def series():
    x = torch.randn(N, T, F, dtype=torch.float64)
    return Samples(x, torch.zeros(N, dtype=torch.long))


def explain(explainer, series, cells, per_step=False):
    model = WhiteBox(T, F, per_step=per_step)
    target = series.y[:, None].expand(N, T) if per_step else series.y
    with model.restricted(cells), scope(3):
        return explainer.prepare(model, series).attribute(model, series.x, target)


def test_occlusion_and_shapley_values_are_the_difference_of_squares_and_exactly_zero_elsewhere(series, cells):
    mean = series.x.mean(0)
    expected = torch.where(cells, series.x**2 - mean**2, 0.0)
    for e in (
        ex.FeatureAblation(groups="cell", baseline="train_mean"),
        ex.Occlusion(window_steps=1, window_features=1, baseline="train_mean"),
        ex.ShapleyValueSampling(groups="cell", n_permutations=2, baseline="train_mean"),
    ):
        a = explain(e, series, cells)
        torch.testing.assert_close(a, expected, rtol=1e-9, atol=1e-12)
        if not isinstance(e, ex.ShapleyValueSampling):  # whose telescoping sums round
            assert a[:, ~cells].abs().max() == 0


def test_integrated_gradients_from_zero_are_the_squares(series, cells):
    a = explain(ex.IntegratedGradients(), series, cells)
    torch.testing.assert_close(a, torch.where(cells, series.x**2, 0.0), rtol=1e-9, atol=1e-12)
    assert a[:, ~cells].abs().max() == 0


def test_feature_permutation_is_the_difference_to_the_square_of_another_sample(series, cells):
    a = explain(ex.FeaturePermutation(groups="cell"), series, cells)
    assert a[:, ~cells].abs().max() == 0
    squares = series.x**2
    for t, f in cells.nonzero().tolist():
        for n in range(N):
            gaps = squares[n, t, f] - squares[:, t, f]
            assert (gaps - a[n, t, f]).abs().min() < 1e-12


def test_at_every_step_by_itself_the_same_closed_forms_hold(series, cells):
    ig = explain(ex.EachStep(base=ex.IntegratedGradients()), series, cells, per_step=True)
    torch.testing.assert_close(ig, torch.where(cells, series.x**2, 0.0), rtol=1e-9, atol=1e-12)
    ablation = ex.EachStep(base=ex.FeatureAblation(groups="cell", baseline="train_mean"))
    expected = torch.where(cells, series.x**2 - series.x.mean(0) ** 2, 0.0)
    torch.testing.assert_close(explain(ablation, series, cells, per_step=True), expected, rtol=1e-9, atol=1e-12)


class Two(WhiteBox):
    """The white box as logits of two classes, (value, 0)."""

    output = "logits"

    def forward(self, x):
        value = super().forward(x)
        return torch.cat((value, torch.zeros_like(value)), -1)


def test_drawn_occlusion_is_the_expected_move_of_a_logistic_value_and_zero_elsewhere(series, cells):
    model, low, high = Two(T, F), -1.0, 2.0
    with model.restricted(cells), scope(1):
        e = ex.FeatureOcclusion(n_samples=4000, low=low, high=high, batch_size=20000)
        a = e.attribute(model, series.x[:1], torch.zeros(1, T, dtype=torch.long))[0]
    assert a[~cells].abs().max() == 0
    grid = torch.linspace(low, high, 4001, dtype=torch.float64)
    for t, f in cells.nonzero().tolist():
        rest = (series.x[0, t] ** 2 * cells[t]).sum() - series.x[0, t, f] ** 2
        moves = (torch.sigmoid(rest + grid**2) - torch.sigmoid(rest + series.x[0, t, f] ** 2)).abs()
        error = stats.norm.ppf(1 - 1e-5) * float(moves.std()) / math.sqrt(4000)
        assert float(a[t, f]) == pytest.approx(float(moves.mean()), abs=error + 1e-4)
