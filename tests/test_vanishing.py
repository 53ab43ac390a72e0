"""The study of vanishing saliency: its settings are the published ones, its units differ where they should."""

import pytest

from tsinterp_lib.experiments import PROFILES, STUDIES
from tsinterp_lib.experiments.cells import by_unit, check_unique
from tsinterp_lib.experiments.vanishing import BOXES, MOST_EPOCHS, VANISHING
from tsinterp_lib.registry import build

PAPER = VANISHING.cells(PROFILES["paper"])


def test_the_paper_profile_has_the_sizes_of_2019_and_keeps_its_name():
    assert {c.profile.name for c in PAPER} == {"paper"}
    sizes = {(c.profile.sizes.train, c.profile.sizes.test, c.profile.max_epochs) for c in PAPER}
    assert sizes == {(1000, 300, 400)}
    assert {c.seed for c in PAPER} == {0, 1, 2}
    assert {c.profile for c in VANISHING.cells(PROFILES["smoke"])} == {PROFILES["smoke"]}


def test_sizes_of_its_own_leave_other_studies_alone():
    assert [name for name, study in STUDIES.items() if study.own] == ["vanishing"]
    assert {c.profile for c in STUDIES["benchmark"].cells(PROFILES["paper"])} == {PROFILES["paper"]}


def test_every_box_has_the_lstm_in_three_trainings_and_the_attending_one_in_one():
    check_unique(PAPER)
    units = [cells[0] for cells in by_unit([c for c in PAPER if c.seed == 0]).values()]
    assert len(units) == 6 * 4
    for side in (100, 50):
        for box in BOXES:
            here = {(u.model.label, u.trainer.label) for u in units if u.dataset.label == f"{box}/{side}"}
            lstm = {("lstm", t) for t in ("standard", "guided", "guided_absolute")}
            assert here == {*lstm, ("lstm_input_cell", "standard")}
    shares = {u.trainer.params["share"] for u in units if u.trainer.name == "saliency_guided"}
    assert shares == {0.5}


@pytest.mark.parametrize("name", ["lstm", "lstm_input_cell"])
def test_networks_and_rules_are_those_of_2019(name):
    cell = next(c for c in PAPER if c.model.label == name)
    model = build("model", cell.model, n_steps=100, n_features=100, n_classes=2)
    assert (model.hidden_size, model.output) == (5, "probabilities")
    assert {m.p for m in (model.input_dropout, model.hidden_dropout)} == {0.1}
    assert getattr(model, "n_hops", 20) == 20
    trainer = build("trainer", cell.trainer, max_epochs=cell.profile.max_epochs)
    assert (trainer.learning_rate, trainer.batch_size, trainer.check_every) == (1e-3, 50, 10)
    assert (trainer.stop_accuracy, trainer.max_epochs, trainer.patience) == (1.0, MOST_EPOCHS, MOST_EPOCHS)
