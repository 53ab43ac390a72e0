"""The studies around saliency guided training: what they share with others, and that their rows stay theirs."""

import pytest
import torch

from tests.training_examples import build
from tsinterp_lib.datasets import DigitViews
from tsinterp_lib.engine import maps, store
from tsinterp_lib.engine.grid import by_unit, check_unique
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.registry import Choice
from tsinterp_lib.registry import build as make
from tsinterp_lib.studies import STUDIES
from tsinterp_lib.studies.digits import guided_plan
from tsinterp_lib.studies.guided import plan as guided
from tsinterp_lib.studies.guided import standardised_plan
from tsinterp_lib.trainers._second_pass import lowest, n_masked
from tsinterp_lib.types import Sizes

PAPER = PROFILES["paper"]


def test_published_rows_of_guided_training_are_cells_of_the_study_as_it_is_now():
    rows = store.read("guided", "paper")
    assert set(rows["cell"]) <= {c.key() for c in guided.GUIDED.cells(PAPER)}
    assert len(rows) > 1000


def test_the_standardised_study_differs_from_the_guided_one_by_its_scaling_alone():
    ours = standardised_plan.GUIDED_STANDARDISED.cells(PAPER)
    check_unique(ours)
    theirs = {(c.dataset.label, c.model, c.trainer, c.explainer, c.seed) for c in guided.GUIDED.cells(PAPER)}
    trained = [c for c in ours if c.trainer.label != guided.TRADITIONAL]
    assert {(c.dataset.label, c.model, c.trainer, c.explainer, c.seed) for c in trained} <= theirs
    assert {c.dataset.params["scaling"] for c in ours} == {"standard"}
    assert {c.protocol for c in ours} == {standardised_plan.STANDARDISED}
    assert len(by_unit(ours)) == 5 * 10 * 3 * 3


def test_traditional_models_of_the_new_studies_are_those_other_studies_trained():
    for ours, theirs, profile in (
        ("guided_standardised", "audit", "paper"),
        ("mnist_guided", "mnist_series", "mnist_3k"),
    ):
        mine, others = (by_unit(STUDIES[s].cells(PROFILES[profile])) for s in (ours, theirs))
        shared = [cells[0].trainer.label for key, cells in mine.items() if key in others]
        assert set(shared) == {"standard"}
        assert len(shared) == (3 if ours == "mnist_guided" else 4 * 3 * 3)


@pytest.mark.parametrize("label", ["guided", "guided_absolute"])
def test_on_digits_guided_training_masks_the_392_pixels_of_lowest_score(label):
    trainer = make("trainer", next(t for t in guided_plan.TRAINERS if t.label == label))
    x, y = torch.randn(4, 28, 28), torch.arange(4) % 2
    model = make("model", Choice("lstm"), n_steps=28, n_features=28, n_classes=2)
    scores = trainer.scores(model, x, y)
    mask = lowest(scores, n_masked(trainer.share, x[0].numel()))
    assert mask.sum((1, 2)).tolist() == [392] * 4
    for one, hidden in zip(scores, mask, strict=True):
        assert one[hidden].max() <= one[~hidden].min()
    assert (scores < 0).any() == (label == "guided")


def test_kept_maps_say_how_their_network_was_trained():
    found = maps.cells(STUDIES["mnist_guided"], PROFILES["mnist_3k"], (Choice("gradient", {}, alias="gradient"),))
    names = [maps.name_of(c) for c in found]
    assert len(set(names)) == len(names) == 9
    assert names[:3] == [f"multivariate_28/lstm_input_cell{t}/gradient" for t in ("", "[guided]", "[guided_absolute]")]


def test_a_guided_digit_network_trains_from_the_settings_of_the_study():
    data = DigitViews("scikit_learn").load(Sizes(60, 20, 20), 0)
    model = make("model", Choice("tcn", {"output": "logits"}), n_steps=8, n_features=8, n_classes=10)
    found = make("trainer", guided_plan.TRAINERS[1], max_epochs=1).fit(model, data, seed=0)
    assert (found.epochs, found.steps) == (1, 1)
    assert build("logits").output == guided_plan.plan("smoke")["corrected"].models[0].params["output"]
