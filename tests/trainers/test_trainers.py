"""Standard training: the stopping rules of both protocols, what is kept, what is refused."""

import dataclasses

import pytest
import torch
from torch import nn

from tests.oracles import standard_training as oracle
from tests.training_examples import F, T, build, data
from tsinterp_lib.models import MODELS
from tsinterp_lib.trainers import Standard
from tsinterp_lib.trainers._evaluate import CHUNK, enough, reaches
from tsinterp_lib.types import Samples


def flexible():
    return build("probabilities", hidden_size=16, dropout=0.02)


class Flip(nn.Module):
    """A model that ignores training: its output is right in the epochs, counted by training steps, that it is told."""

    def __init__(self, accuracies):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(2))
        self.accuracies, self.steps = accuracies, 0

    def forward(self, x):
        if self.training:
            self.steps += 1
            return self.bias.expand(len(x), 2)
        share = self.accuracies[min(self.steps, len(self.accuracies) - 1)]
        n = len(x)
        scores = torch.zeros(n, 2)
        y = torch.arange(n) % 2  # labels of `data` alternate
        right = torch.arange(n) < round(share * n)
        scores[torch.arange(n), torch.where(right, y, 1 - y)] = 1.0
        return scores + 0 * self.bias


RELEASED = [
    pytest.param({"signal": 6.0}, 0.02, 30, 5, id="easy"),
    pytest.param({"signal": 0.8, "noisy_labels": 0.3}, 0.02, 9, 2, id="patience"),
    pytest.param({"signal": 0.0, "n_train": 40}, 0.05, 60, 60, id="overfits"),
    pytest.param({"signal": 0.7}, 0.003, 4, 9, id="too few epochs"),
]


@pytest.mark.parametrize(("kind", "rate", "max_epochs", "patience"), RELEASED)
def test_as_released_decides_and_keeps_what_the_released_loop_does(kind, rate, max_epochs, patience):
    dataset = data(**kind)
    batch = 10
    trainer = Standard("as_released", rate, batch, max_epochs, patience)
    fitted = trainer.fit(flexible(), dataset, seed=5)
    kept, seen, steps, epochs = oracle.as_released(flexible(), dataset, rate, batch, max_epochs, patience, 5)
    assert [100 * a for _, a in fitted.history] == pytest.approx(seen)
    for name, value in fitted.model.state_dict().items():
        assert torch.equal(value, kept[name]), name
    one_step_on = epochs == fitted.epochs + 1 and fitted.stop == "train_accuracy" and steps == fitted.steps + 1
    assert (steps, epochs) == (fitted.steps, fitted.epochs) or one_step_on
    assert fitted.test_accuracy == max(a for _, a in fitted.history)


def test_the_released_cases_above_reach_every_stop():
    stops = set()
    for case in RELEASED:
        kind, rate, max_epochs, patience = case.values
        stops.add(Standard("as_released", rate, 10, max_epochs, patience).fit(flexible(), data(**kind), 5).stop)
    assert stops == {"test_accuracy", "train_accuracy", "patience", "max_epochs"}


def test_early_counting_decides_like_a_full_count_around_the_threshold():
    class Wrong(nn.Module):
        def forward(self, x):
            return torch.stack((1 - x[:, 0, 0], x[:, 0, 0]), dim=1)

    n = 2 * CHUNK + 50
    for errors in (0, 1, 2, 3, 4, n):
        for place in (slice(0, errors), slice(n - errors, n)):
            x = torch.zeros(n, 1, 1)
            x[place] = 1.0
            samples = Samples(x, torch.zeros(n, dtype=torch.long))
            assert reaches(Wrong(), samples, 0.99) == (100 * (n - errors) / n >= 99)


def test_99_of_100_are_99_per_cent():
    assert enough(99, 100, 0.99)
    assert not enough(989, 1000, 0.99)


def test_early_counting_looks_at_one_chunk_where_the_model_is_poor():
    calls = []

    class Poor(nn.Module):
        def forward(self, x):
            calls.append(len(x))
            return torch.zeros(len(x), 2)

    assert not reaches(Poor(), Samples(torch.zeros(5 * CHUNK, T, F), torch.ones(5 * CHUNK, dtype=torch.long)), 0.99)
    assert calls == [CHUNK]


def test_corrected_stops_after_patience_and_keeps_the_lowest_validation_loss():
    dataset = data(signal=0.6, noisy_labels=0.2)
    fitted = Standard(learning_rate=0.05, patience=4, max_epochs=200).fit(build(hidden_size=8), dataset, seed=1)
    losses = [value for _, value in fitted.history]
    assert fitted.stop == "patience"
    assert losses.index(min(losses)) == len(losses) - 1 - 4
    x, y = dataset.validation.x, dataset.validation.y
    with torch.no_grad():
        assert float(nn.functional.cross_entropy(fitted.model(x), y)) == pytest.approx(min(losses), abs=1e-6)
    assert (fitted.epochs, fitted.steps) == (len(losses), 5 * len(losses))


def test_corrected_stops_at_the_first_validation_accuracy_that_is_high_enough():
    shares = [0.5] * 15 + [1.0]
    fitted = Standard(batch_size=42).fit(Flip(shares), data(), seed=0)
    assert (fitted.stop, fitted.epochs, fitted.steps) == ("validation_accuracy", 3, 15)


def test_corrected_never_looks_at_the_test_set_before_the_end():
    dataset = data(signal=3.0)
    other = dataclasses.replace(dataset, test=data(signal=-3.0, seed=9).test)
    a = Standard(learning_rate=0.02, max_epochs=3).fit(build(), dataset, seed=1)
    b = Standard(learning_rate=0.02, max_epochs=3).fit(build(), other, seed=1)
    for name, value in a.model.state_dict().items():
        assert torch.equal(value, b.model.state_dict()[name])
    assert a.history == b.history
    assert a.test_accuracy != b.test_accuracy


def test_as_released_never_looks_at_the_validation_set():
    dataset = data(signal=1.0)
    other = dataclasses.replace(dataset, validation=data(signal=-3.0, seed=9).validation)
    trainer = Standard("as_released", max_epochs=2)
    a, b = (trainer.fit(build("probabilities"), d, seed=1) for d in (dataset, other))
    assert a.history == b.history
    assert all(torch.equal(v, b.model.state_dict()[k]) for k, v in a.model.state_dict().items())


def test_as_released_checks_short_epochs_at_their_last_step():
    fitted = Standard("as_released", batch_size=105, max_epochs=3).fit(build("probabilities"), data(0.1), seed=0)
    assert [step for step, _ in fitted.history] == [2, 4, 6]


@pytest.mark.parametrize(("share", "passed"), [(0.9, True), (0.88, False)])
@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
def test_the_gate_is_ninety_per_cent_of_the_protocols_split(protocol, share, passed):
    dataset = data(n_train=50)
    judged, other = Flip([share]), dataset
    dataset = dataclasses.replace(dataset, validation=dataset.test, test=dataset.test)
    fitted = Standard(protocol, max_epochs=1).fit(judged, dataset, seed=0)
    assert fitted.test_accuracy == pytest.approx(share)
    assert fitted.passed_gate is passed
    wrong = Samples(other.test.x, 1 - other.test.y)
    spoiled = {"validation" if protocol == "as_released" else "test": wrong}
    assert (
        Standard(protocol, max_epochs=1).fit(Flip([share]), dataclasses.replace(dataset, **spoiled), 0).passed_gate
        is passed
    )


@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_weights_and_another_gives_others(protocol, name):
    output = {"as_released": "probabilities", "corrected": "logits"}[protocol]
    sizes = {"transformer": {"n_heads": 2, "n_layers": 1, "feed_forward": 8}}.get(name, {})
    runs = []
    for seed in (1, 1, 2):
        torch.rand(3)  # what was drawn before does not matter
        fitted = Standard(protocol, max_epochs=2).fit(build(output, name, **sizes), data(signal=0.3), seed=seed)
        runs.append(torch.cat([p.detach().flatten() for p in fitted.model.parameters()]))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_training_leaves_the_callers_generators_alone_and_the_model_in_evaluation_mode():
    torch.manual_seed(4)
    expected = torch.rand(2)
    torch.manual_seed(4)
    model = build()
    fitted = Standard(max_epochs=1).fit(model, data(), seed=1)
    assert torch.equal(torch.rand(2), expected)
    assert fitted.model is model
    assert not any(module.training for module in model.modules())


def test_ten_classes_in_float64_train_too():
    dataset = data(signal=4.0, n_classes=10, n_train=300)
    cast = {s: Samples(getattr(dataset, s).x.double(), getattr(dataset, s).y) for s in ("train", "validation", "test")}
    model = build(n_classes=10, hidden_size=12).double()
    fitted = Standard(learning_rate=0.02, max_epochs=30).fit(model, dataclasses.replace(dataset, **cast), seed=1)
    assert fitted.test_accuracy > 0.5


def test_progress_is_called_with_epoch_and_total():
    calls = []
    Standard(max_epochs=3, patience=9).fit(build(), data(0.1), seed=1, progress=lambda *a: calls.append(a))
    assert [(a, b) for a, b, _ in calls] == [(1, 3), (2, 3), (3, 3)]
    assert "validation" in calls[0][2]
