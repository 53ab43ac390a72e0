"""Saliency guided training: the mask, the loss, the controls, what is left alone, the study's plan."""

import copy
import dataclasses

import pytest
import torch
from torch import nn

from tests.oracles import saliency_guided as oracle
from tests.training_examples import F, T, build, data
from tsinterp_lib.engine.grid import check_unique
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.models import MODELS
from tsinterp_lib.registry import Choice
from tsinterp_lib.registry import build as make
from tsinterp_lib.seeding import scope
from tsinterp_lib.studies.guided import plan as guided
from tsinterp_lib.tables import papers
from tsinterp_lib.trainers import Consistency, EqualEpochs, FineTuned, RandomMasked, SaliencyGuided, Standard
from tsinterp_lib.trainers._evaluate import evaluate
from tsinterp_lib.trainers._second_pass import divergence, log_probabilities, lowest, n_masked, replacements

NETWORKS = ("lstm", "lstm_input_cell", "tcn", "transformer")


def network(name, output="probabilities", dropout=0.0):
    more = {"n_heads": 2} if name == "transformer" else {}
    return build(output, name, dropout=dropout, **more).double()


def batch(n=5, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, T, F, generator=g, dtype=torch.float64), torch.arange(n) % 2


class Linear(nn.Module):
    """Logits ±⟨w, x⟩ in evaluation mode, of a different sign in training mode; counts what it was called in."""

    output = "logits"

    def __init__(self, w):
        super().__init__()
        self.w, self.modes = nn.Parameter(w), []

    def forward(self, x):
        self.modes.append(self.training)
        z = (x * self.w).sum((1, 2)) * (-1 if self.training else 1)
        return torch.stack((-z, z), dim=1)


@pytest.mark.parametrize("ranking", ["signed", "absolute"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_mask_is_that_of_the_loop_over_samples(name, ranking):
    model, (x, y) = network(name, dropout=0.3), batch()
    trainer = SaliencyGuided(share=0.4, ranking=ranking)
    ours = lowest(trainer.scores(model, x, y), n_masked(0.4, T * F))
    assert torch.equal(ours, oracle.mask(model, x, y, 0.4, ranking == "absolute"))


CASES = [
    ("probabilities", "original_first", "neither"),
    ("logits", "original_first", "neither"),
    ("probabilities", "changed_first", "original"),
    ("logits", "changed_first", "neither"),
    ("logits", "original_first", "changed"),
    ("logits", "original_first", "original"),
]


@pytest.mark.parametrize(("output", "direction", "detach"), CASES)
@pytest.mark.parametrize("name", ["lstm", "lstm_input_cell", "tcn"])
def test_the_loss_and_its_gradients_are_those_of_the_loop(name, output, direction, detach):
    model, (x, y) = network(name, output), batch()
    trainer = SaliencyGuided(share=0.5, weight=0.7, direction=direction, detach=detach, output=output)
    model.train()
    with scope(3):
        ours = trainer.loss(model, x, y, data())
    with scope(3):
        drawn = replacements(x, "range", data())
    changed = torch.where(oracle.mask(model, x, y, 0.5, False), drawn, x)
    theirs = oracle.loss(model, x, y, changed, 0.7, output, direction, detach)
    assert float(ours.detach()) == pytest.approx(float(theirs.detach()), abs=1e-10)
    weights = list(model.parameters())
    both = (torch.autograd.grad(f, weights, allow_unused=True, materialize_grads=True) for f in (ours, theirs))
    for a, b in zip(*both, strict=True):
        assert torch.allclose(a, b, rtol=0, atol=1e-10)


def test_half_of_the_pixels_of_a_digit_are_392_and_shares_are_rounded_down():
    assert n_masked(0.5, 784) == 392
    assert [n_masked(s, 100) for s in (0.29, 0.07, 0.999, 0.0, 1.0)] == [29, 7, 99, 0, 100]
    assert n_masked(0.02, 2500) == 50


def test_the_signed_mask_of_a_linear_model_takes_the_most_negative_weights_and_the_absolute_one_the_smallest():
    w = torch.arange(-12.0, 12.0).reshape(T, F)
    x, y = torch.randn(2, T, F), torch.tensor([1, 0])
    signed = lowest(SaliencyGuided().scores(Linear(w), x, y), 12)
    assert torch.equal(signed[0], w < 0)
    assert torch.equal(signed[1], w > -1)
    absolute = lowest(SaliencyGuided(ranking="absolute").scores(Linear(w), x, y), 11)
    assert torch.equal(absolute[0], w.abs() <= 5)


def test_of_equal_scores_the_cells_of_lower_index_are_masked():
    scores = torch.tensor([[3.0, 1.0, 2.0, 2.0, 2.0, 2.0], [0.0] * 6])[:, :, None]
    assert lowest(scores, 3)[:, :, 0].int().tolist() == [[0, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0]]
    assert not lowest(scores, 0).any()
    assert lowest(scores, 6).all()


def test_the_divergence_of_equal_outputs_is_zero_and_of_others_positive():
    outputs = torch.randn(7, 3, dtype=torch.float64)
    for kind, values in (("logits", outputs), ("probabilities", outputs.softmax(1))):
        logs = log_probabilities(values, kind)
        assert float(divergence(logs, logs)) == 0.0
        assert float(divergence(logs, logs.flip(1))) > 0
        assert torch.allclose(logs, outputs.log_softmax(1))


def test_probabilities_of_exactly_zero_give_a_finite_loss_and_gradient():
    p = torch.tensor([[1.0, 0.0]], requires_grad=True)
    found = divergence(log_probabilities(p, "probabilities"), log_probabilities(p.flip(1), "probabilities"))
    (gradient,) = torch.autograd.grad(found, p)
    assert torch.isfinite(found.detach())
    assert torch.isfinite(gradient).all()


def test_the_gradient_is_taken_in_evaluation_mode_both_passes_in_training_mode_and_nothing_else_changes():
    model = Linear(torch.randn(T, F)).train()
    model.register_parameter("frozen", nn.Parameter(torch.zeros(1), requires_grad=False))
    x, y = batch()
    x = x.float()
    SaliencyGuided().loss(model, x, y, data())
    assert model.modes == [False, True, True]
    assert model.training
    assert (model.w.requires_grad, model.frozen.requires_grad, model.w.grad) == (True, False, None)
    assert not x.requires_grad


def test_dropout_of_the_two_passes_is_independent():
    model, (x, y) = network("lstm", dropout=0.5).train(), batch(40)
    losses = []
    for weight in (0.0, 1.0):
        with scope(0), torch.no_grad():
            losses.append(float(Consistency(weight=weight).loss(model, x, y, data())))
    assert losses[1] > losses[0]


def test_without_dropout_the_consistency_control_is_standard_training():
    ours, theirs = (build("probabilities", dropout=0.0) for _ in range(2))
    a = Consistency("as_released", 0.01, max_epochs=2).fit(ours, data(), 3)
    b = Standard("as_released", 0.01, max_epochs=2).fit(theirs, data(), 3)
    assert a.history == b.history
    for name, value in a.model.state_dict().items():
        assert torch.allclose(value, b.model.state_dict()[name], atol=1e-6)


def test_the_random_control_masks_as_many_cells_each_as_often():
    model, (x, y) = network("lstm"), batch(400)
    trainer = RandomMasked(share=0.25)
    with scope(0):
        masks = lowest(trainer.scores(model, x, y), n_masked(0.25, T * F))
    assert masks.sum((1, 2)).tolist() == [6] * 400
    assert float((masks.double().mean(0) - 0.25).abs().max()) < 0.1


@pytest.mark.parametrize("kind", ["range", "feature_range", "mean", "background"])
def test_replacement_values_are_those_of_their_rule(kind):
    dataset = dataclasses.replace(data(), background=lambda n, seed: torch.full((n, T, F), 7.0))
    x = torch.randn(300, T, F)
    with scope(1):
        new = replacements(x, kind, dataset)
    assert new.shape == x.shape
    axes = (1, 2) if kind == "range" else 1
    if kind == "background":
        assert bool((new == 7).all())
    elif kind == "mean":
        assert torch.allclose(new[3, 2], x[3].mean(0))
    else:
        low, high = x.amin(axes, keepdim=True), x.amax(axes, keepdim=True)
        assert bool(((new >= low) & (new <= high)).all())
        assert float(((new - low) / (high - low)).mean()) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
def test_guided_training_learns_repeats_itself_and_keeps_the_rules_of_its_protocol(protocol):
    output = "probabilities" if protocol == "as_released" else "logits"
    trainer = SaliencyGuided(protocol, learning_rate=0.02, max_epochs=30)
    a, b = (trainer.fit(build(output), data(signal=4.0), seed=1) for _ in range(2))
    assert a.passed_gate
    assert a.stop in ("test_accuracy", "train_accuracy", "validation_accuracy")
    assert a.history == b.history
    assert all(torch.equal(v, b.model.state_dict()[k]) for k, v in a.model.state_dict().items())
    assert not a.model.training


def test_a_start_trains_first_and_a_trained_model_goes_on_the_same_way():
    start = Standard(learning_rate=0.02, max_epochs=3)
    both = SaliencyGuided(learning_rate=0.01, max_epochs=3, start=start).fit(build(), data(), seed=2)
    model = start.fit(build(), data(), seed=2).model
    before = copy.deepcopy(model.state_dict())
    after = SaliencyGuided(learning_rate=0.01, max_epochs=3).fit(model, data(), seed=2)
    assert both.history == after.history
    assert any(not torch.equal(v, before[k]) for k, v in after.model.state_dict().items())


def test_fine_tuning_goes_on_where_a_start_alone_would_stop_at_once():
    settings = {"protocol": "as_released", "learning_rate": 0.02, "max_epochs": 30}
    start, easy = Standard(**settings), data(signal=6.0)
    stopped = SaliencyGuided(**settings, start=start).fit(build("probabilities"), easy, seed=1)
    assert (stopped.epochs, stopped.steps) == (1, 3)
    tuned = FineTuned(**settings, start=start, epochs=4).fit(build("probabilities"), easy, seed=1)
    assert (tuned.epochs, tuned.steps, tuned.stop) == (4, 20, "max_epochs")
    assert tuned.history[-1][1] == pytest.approx(
        evaluate(tuned.model, easy.validation)[1], abs=1e-6
    )  # the last weights
    shorter = FineTuned(**{**settings, "max_epochs": 3}, epochs=4).fit(build("probabilities"), easy, seed=1)
    assert shorter.epochs == 3


def test_fine_tuning_is_guided_training_from_the_weights_of_its_start():
    start = Standard(learning_rate=0.02, max_epochs=3)
    settings = {"learning_rate": 0.01, "max_epochs": 3, "stop_accuracy": 2.0}
    tuned = FineTuned(**settings, start=start, epochs=3).fit(build(), data(), seed=2)
    by_hand = SaliencyGuided(**settings).fit(start.fit(build(), data(), seed=2).model, data(), seed=2)
    assert tuned.history == by_hand.history


def test_the_control_of_equal_epochs_trains_as_long_and_keeps_the_last_weights():
    other = SaliencyGuided(learning_rate=0.02, max_epochs=20)
    settings = {"learning_rate": 0.02, "max_epochs": 20}
    n = other.fit(build(), data(signal=4.0), seed=1).epochs
    found = EqualEpochs(**settings, other=other).fit(build(), data(signal=4.0), seed=1)
    assert 0 < n < 20
    assert (found.epochs, found.steps, found.stop) == (n, n * 5, "max_epochs")
    longest = Standard(learning_rate=0.02, max_epochs=n, stop_accuracy=2.0).fit(build(), data(signal=4.0), seed=1)
    assert found.history == longest.history


def test_names_and_nested_choices_build_the_trainers():
    choice = Choice("saliency_guided", {"share": 0.3, "start": Choice("standard", {"patience": 5})})
    made = make("trainer", choice, max_epochs=4)
    assert (made.start, made.max_epochs, made.share) == (Standard(patience=5), 4, 0.3)
    assert make("trainer", Choice("equal_epochs", {"other": choice})).other.share == 0.3


REFUSED = [
    (SaliencyGuided, {"share": 1.5}, InvalidInput, "share.*1.5"),
    (SaliencyGuided, {"weight": -1.0}, InvalidInput, "weight"),
    (SaliencyGuided, {"ranking": "lowest"}, UnknownName, "ranking"),
    (RandomMasked, {"replacement": "zero"}, UnknownName, "replacement"),
    (Consistency, {"direction": "both"}, UnknownName, "direction"),
    (Consistency, {"detach": "both"}, UnknownName, "detach"),
    (SaliencyGuided, {"batch_size": 0}, InvalidInput, "batch_size"),
    (FineTuned, {"epochs": 0}, InvalidInput, "epochs"),
    (FineTuned, {"start": Standard("as_released")}, InvalidInput, "protocol"),
    (EqualEpochs, {"other": Standard("as_released")}, InvalidInput, "protocol"),
]


@pytest.mark.parametrize(("trainer", "settings", "error", "says"), REFUSED)
def test_settings_out_of_range_are_refused(trainer, settings, error, says):
    with pytest.raises(error, match=says):
        trainer(**settings)


def test_a_background_is_refused_where_the_process_is_not_known():
    with pytest.raises(InvalidInput, match="background"):
        SaliencyGuided(replacement="background", max_epochs=1).fit(build(), data(), seed=0)


def test_the_study_trains_each_network_and_layout_with_its_published_share_and_no_cell_twice():
    cells = guided.GUIDED.cells(dataclasses.replace(PROFILES["paper"], n_seeds=1))
    check_unique(cells)
    units = {c.unit() for c in cells if c.seed == 0}
    shares = {(c.model.label, c.dataset.name): c.trainer.params["share"] for c in units if c.trainer.label == "guided"}
    published = papers.table("ismail2021_tables8_to_11")
    known = {(r.model, r.dataset): r.k_percent / 100 for r in published.itertuples()}
    assert len(known) >= 20
    assert {pair: shares[pair] for pair in known if pair in shares} == known
    labels = [c.trainer.label for c in units if (c.model.label, c.dataset.name) == ("lstm", "middle")]
    assert sorted(labels) == sorted(guided.TRAINERS)
    assert not any(c.trainer.label == "guided_fixed" for c in units if shares[c.model.label, c.dataset.name] == 0.5)


def test_the_traditional_models_of_the_study_are_cells_of_the_benchmark():
    from tsinterp_lib.studies.benchmark.plan import BENCHMARK

    smoke = PROFILES["smoke"]
    benchmark = {(c.protocol, c.dataset, c.model, c.explainer) for c in BENCHMARK.cells(smoke) if c.explainer}
    ours = {(c.protocol, c.dataset, c.model, c.explainer) for c in guided.GUIDED.cells(smoke) if c.explainer}
    both = {
        x
        for x in ours
        if x[3].name in guided.EXPLAINERS and x[3].name not in ("deep_lift", "gradient_shap", "deep_shap")
    }
    assert both <= benchmark


def test_every_network_of_the_library_can_be_guided():
    assert set(NETWORKS) <= set(MODELS)
    for name in NETWORKS:
        found = SaliencyGuided("as_released", max_epochs=1).fit(network(name).float(), data(n_train=60), seed=0)
        assert found.steps == 2
