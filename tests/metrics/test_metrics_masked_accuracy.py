"""Masked accuracy: equal to overwriting one cell of one sample at a time."""

import pytest
import torch

from tests.metrics_examples import CLOSE, F, N, T, background, explanation, maps
from tests.oracles import (
    areas,
    masked_accuracy,
)
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.guard import counted
from tsinterp_lib.metrics.masked_accuracy import MaskedAccuracy, MaskedAccuracyArea, replacement
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Explanation


@pytest.mark.parametrize("cut", ["mass", "count"])
@pytest.mark.parametrize("noise", ["shared", "per_sample"])
@pytest.mark.parametrize("fill", ["background", "other_samples", "zero"])
def test_masked_accuracy_equals_its_loop(cut, noise, fill):
    e = explanation(maps("normal"), seed=11)
    metric = MaskedAccuracy(cut, noise, fill, batch_size=4)
    ours = metric.scores(e)
    e.model.eval()
    for column, p in enumerate(metric.levels):
        values = replacement(e, fill, noise, seed_from(11, p)).expand(N, T, F)
        for i in range(N):
            given = (e.model, e.x[i], e.target[i], e.attribution[i].numpy(), values[i], p, cut)
            assert ours[i, column] == masked_accuracy.correct(*given)
    assert (ours[:, 0] == 1).all()
    assert 0 < ours.mean() < 1
    twin = torch.tensor([areas.trapezoid(row, metric.levels) for row in ours.tolist()], dtype=torch.float64)
    torch.testing.assert_close(MaskedAccuracyArea(cut, noise, fill, batch_size=4)(e), twin, **CLOSE)


def test_masked_accuracy_leaves_model_and_input_as_they_were():
    e = explanation(maps("normal").float())
    x = e.x.clone()
    MaskedAccuracy().scores(e)
    assert e.model.training
    assert e.model.dropout.training
    assert e.model.weight.requires_grad
    assert torch.equal(e.x, x)


def test_shared_noise_makes_all_predictions_equal_when_everything_is_replaced():
    e = explanation(maps("normal"))
    last = MaskedAccuracy(noise="shared").scores(e)[:, -1].mean()
    share = e.target.double().mean()
    assert min(abs(last - share), abs(last - (1 - share))) < 1e-12
    drawn = replacement(e, "background", "per_sample", 3)
    assert drawn.shape == (N, T, F)
    assert not torch.equal(drawn[0], drawn[1])


def test_both_cuts_share_the_series_of_which_nothing_or_everything_is_replaced():
    e = explanation(maps("normal"))
    with counted(e.model) as rows:
        for cut in ("mass", "count"):
            MaskedAccuracy(cut, noise="shared").scores(e)
    assert rows == [N + 2 * 9 * N + 1]  # level 0, nine levels of each cut, the one series of level 1


def test_other_samples_never_give_a_sample_its_own_values():
    e = explanation(torch.randn(2, T, F))
    for seed in range(20):
        assert torch.equal(replacement(e, "other_samples", "per_sample", seed), e.x.flip(0))


def test_masked_accuracy_depends_on_the_seed_and_on_nothing_drawn_before():
    a = torch.randn(60, T, F, dtype=torch.float64)
    e = explanation(a, seed=1)

    def again(seed):
        return MaskedAccuracy().scores(Explanation(e.model, e.x, e.target, a, e.importance, background, seed))

    first = again(1)
    torch.rand(5)
    assert torch.equal(first, again(1))
    assert not torch.equal(first, again(2))


def test_data_without_a_background_are_refused_with_the_other_fills_named():
    e = explanation(maps("normal"), background=None)
    with pytest.raises(InvalidInput, match="'other_samples', 'zero'"):
        MaskedAccuracy().scores(e)
    assert MaskedAccuracy(fill="zero").scores(e).shape == (N, 11)
    lowest = replacement(e, "lowest", "per_sample", 0)
    assert torch.equal(lowest, e.x.flatten(1).amin(1)[:, None, None].expand_as(e.x))
    assert not MaskedAccuracy(fill="lowest").mixes_samples
    lonely = explanation(torch.randn(1, T, F), background=None)
    with pytest.raises(InvalidInput, match="at least two"):
        MaskedAccuracy(fill="other_samples").scores(lonely)
