"""What standard training refuses, and in which words."""

import dataclasses

import pytest
import torch
from torch import nn

from tests.training_examples import F, T, build, data
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.trainers import TRAINERS, Standard
from tsinterp_lib.types import Samples


class Level(nn.Module):
    """Logistic regression on the mean of one feature; starts so that it is right about ``start`` of the time."""

    def __init__(self, slope=0.0):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, x):
        z = self.slope * x[:, :, 1].mean(1)
        return torch.stack((-z, z), dim=1)


def spoiled(split="train", **changes):
    dataset = data()
    return dataclasses.replace(
        dataset, **{split: dataclasses.replace(getattr(dataset, split), importance=None, **changes)}
    )


def test_data_that_cannot_be_learned_from_are_refused():
    dataset = data()
    bad = dataset.train.x.clone()
    bad[3, 2, 1] = torch.nan
    empty = Samples(torch.zeros(0, T, F), torch.zeros(0, dtype=torch.long))
    fit = Standard().fit
    with pytest.raises(InvalidInput, match=r"`train.x` holds 1 values that are NaN"):
        fit(build(), spoiled(x=bad), 0)
    with pytest.raises(InvalidInput, match="needs at least two classes"):
        fit(build(), spoiled(y=torch.ones_like(dataset.train.y)), 0)
    with pytest.raises(InvalidInput, match=r"`validation.x` has shape .* empty"):
        fit(build(), dataclasses.replace(dataset, validation=empty), 0)
    with pytest.raises(InvalidInput, match=r"`test.y` has shape .* one label per sample"):
        fit(build(), spoiled("test", y=torch.zeros(50, T, dtype=torch.long)), 0)


def test_models_that_do_not_fit_data_or_protocol_are_refused():
    with pytest.raises(InvalidInput, match="`output` is 'logits'; protocol 'as_released'"):
        Standard("as_released").fit(build(), data(), 0)
    with pytest.raises(InvalidInput, match="`output` is 'probabilities'; protocol 'corrected'"):
        Standard().fit(build("probabilities"), data(), 0)
    with pytest.raises(InvalidInput, match="3 outputs; `level` has 2 classes"):
        Standard().fit(build(n_classes=3), data(), 0)


def test_a_loss_that_is_not_finite_says_where_and_what_to_do():
    with pytest.raises(InvalidInput, match="the loss is nan in epoch 1, step 1: training diverged"):
        Standard().fit(Level(slope=torch.nan), data(), 0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"protocol": "as_relased"}, "`protocol` is 'as_relased'"),
        ({"learning_rate": 0.0}, "`learning_rate` is 0.0"),
        ({"batch_size": 0}, "`batch_size` is 0"),
        ({"max_epochs": 0}, "`max_epochs` is 0"),
        ({"patience": 0}, "`patience` is 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, said):
    with pytest.raises(InvalidInput, match=said):
        Standard(**settings)


def test_the_registry_lists_the_trainer():
    assert TRAINERS["standard"] is Standard


def test_the_released_rule_and_the_doubled_softmax_can_be_taken_apart():
    one_softmax = Standard("as_released", output="logits", max_epochs=1).fit(build(), data(), 0)
    doubled = Standard("corrected", output="probabilities", max_epochs=1).fit(build("probabilities"), data(), 0)
    assert one_softmax.epochs == doubled.epochs == 1
    with pytest.raises(InvalidInput, match="trains 'logits'"):
        Standard("as_released", output="logits").fit(build("probabilities"), data(), 0)
    with pytest.raises(InvalidInput, match="`output` is 'scores'"):
        Standard(output="scores")
