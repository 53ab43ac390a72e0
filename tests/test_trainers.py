"""Standard training: the stopping rules of both protocols, what is kept, what is refused; and checkpoints."""

import dataclasses
import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import tsinterp_lib.checkpoints as checkpoints
from tests.oracles import standard_training as oracle
from tsinterp_lib.errors import CheckpointError, InvalidInput
from tsinterp_lib.models import MODELS
from tsinterp_lib.seeding import scope
from tsinterp_lib.trainers import TRAINERS, Standard
from tsinterp_lib.trainers._evaluate import CHUNK, enough, reaches
from tsinterp_lib.types import Dataset, Samples

T, F = 6, 4


def data(signal=1.0, n_train=210, n_classes=2, noisy_labels=0.0, seed=0):
    """Gaussian series whose class is the level of one feature; a share of training labels may be drawn anew."""
    g = torch.Generator().manual_seed(seed)

    def split(n, noisy=0.0):
        y = torch.arange(n) % n_classes
        x = torch.randn(n, T, F, generator=g)
        x[:, :, 1] += signal * (y - (n_classes - 1) / 2)[:, None]
        redraw = torch.rand(n, generator=g) < noisy
        return Samples(x, torch.where(redraw, torch.randint(0, n_classes, (n,), generator=g), y))

    return Dataset("level", split(n_train, noisy_labels), split(60), split(50), n_classes, tuple("abcd"))


def build(output="logits", name="lstm", seed=0, **more):
    with scope(seed):
        return MODELS[name](n_steps=T, n_features=F, output=output, **more)


def flexible():
    return build("probabilities", hidden_size=16, dropout=0.02)


class Level(nn.Module):
    """Logistic regression on the mean of one feature; starts so that it is right about ``start`` of the time."""

    def __init__(self, slope=0.0):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, x):
        z = self.slope * x[:, :, 1].mean(1)
        return torch.stack((-z, z), dim=1)


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
    with pytest.raises(InvalidInput, match=r"`test.y` has shape .* one label per series"):
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


SPEC = {"model": {"name": "lstm", "params": {}}, "seed": 3, "sizes": (2, 1)}


@pytest.fixture
def stored(tmp_path):
    fitted = Standard(max_epochs=1).fit(build(), data(), seed=1)
    path = tmp_path / "folder" / "key.safetensors"
    checkpoints.save(path, fitted, SPEC)
    return path, fitted


def test_a_checkpoint_gives_back_weights_and_facts(stored):
    path, fitted = stored
    model = build(seed=8)
    again = checkpoints.load(path, model, SPEC)
    for field in dataclasses.fields(fitted):
        if field.name != "model":
            assert getattr(again, field.name) == getattr(fitted, field.name), field.name
    assert again.model is model
    assert not model.training
    x = data().test.x
    assert torch.equal(model(x), fitted.model(x))
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_write_that_fails_leaves_the_old_checkpoint(stored, monkeypatch):
    path, fitted = stored
    before = path.read_bytes()

    def fail(*_a, **_k):
        raise OSError("disk full")

    monkeypatch.setattr(checkpoints, "save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        checkpoints.save(path, fitted, SPEC)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def rewritten(path, **changes):
    """The same file with some of its header changed."""
    weights = load_file(path)
    text = path.read_bytes()
    size = int.from_bytes(text[:8], "little")
    header = json.loads(json.loads(text[8 : 8 + size])["__metadata__"]["tsinterp"])
    save_file(weights, path, metadata={"tsinterp": json.dumps({**header, **changes})})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 0}, "has format 0; expected 1"),
        ({"version": "0.0.1"}, "has version '0.0.1'"),
        ({"spec": {"seed": 4}}, "has spec {'seed': 4}"),
        ({"fitted": {"epochs": 1}}, "does not hold the facts"),
    ],
)
def test_a_checkpoint_of_other_code_or_another_specification_is_refused(stored, changes, said):
    path, _ = stored
    rewritten(path, **changes)
    with pytest.raises(CheckpointError, match=f"{said}.*delete the file and train again"):
        checkpoints.load(path, build(), SPEC)


@pytest.mark.parametrize("length", [0, 5, 200, -20])
def test_a_checkpoint_cut_short_is_refused_and_the_model_is_untouched(stored, length):
    path, _ = stored
    path.write_bytes(path.read_bytes()[:length])
    model = build(seed=8)
    before = model.head.weight.clone()
    with pytest.raises(CheckpointError, match="cannot be read as safetensors"):
        checkpoints.load(path, model, SPEC)
    assert torch.equal(model.head.weight, before)


def test_a_checkpoint_for_other_sizes_another_network_or_another_program_is_refused(stored):
    path, _ = stored
    with pytest.raises(CheckpointError, match=r"shape \(20, 4\); the model has \(28, 4\)"):
        checkpoints.load(path, build(hidden_size=7), SPEC)
    with pytest.raises(CheckpointError, match="differ in the weights"):
        checkpoints.load(path, build(name="tcn"), SPEC)
    save_file({"w": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="another program's file"):
        checkpoints.load(path, build(), SPEC)
    path.unlink()
    with pytest.raises(CheckpointError, match="train the model first"):
        checkpoints.load(path, build(), SPEC)
