"""The study of vanishing saliency: its settings are the published ones, its units differ where they should."""

from itertools import product

import pandas as pd
import pytest

from tsinterp_lib.engine import store
from tsinterp_lib.engine.grid import by_unit, check_unique
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.engine.store import Row
from tsinterp_lib.metrics.saliency_profile import TENTHS
from tsinterp_lib.registry import build
from tsinterp_lib.statistics.outcome import NOT_REPRODUCED, NOT_TESTABLE
from tsinterp_lib.studies import STUDIES
from tsinterp_lib.studies.vanishing import page as vanishing
from tsinterp_lib.studies.vanishing import printed
from tsinterp_lib.studies.vanishing.page import WHO
from tsinterp_lib.studies.vanishing.plan import BOXES, MOST_EPOCHS, VANISHING

PAPER = VANISHING.cells(PROFILES["paper"])


def test_the_paper_profile_has_the_sizes_of_2019_and_keeps_its_name():
    assert {c.profile.name for c in PAPER} == {"paper"}
    sizes = {(c.profile.sizes.train, c.profile.sizes.test, c.profile.max_epochs) for c in PAPER}
    assert sizes == {(1000, 300, 400)}
    assert {c.seed for c in PAPER} == {0, 1, 2}
    assert {c.profile for c in VANISHING.cells(PROFILES["smoke"])} == {PROFILES["smoke"]}


def test_sizes_of_its_own_leave_other_studies_alone():
    assert {name for name, study in STUDIES.items() if study.own} == {
        "vanishing",
        "roar_mnist",
        "roar_controls",
        "roar_series",
        "guided_images",
    }
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


@pytest.fixture
def no_rows(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    return vanishing.rows()


def made(only: tuple[str, ...] = (), seeds: int = 2) -> pd.DataFrame:
    """Rows as the study has them: a score is 0.1 for the early box, 0.2 and 0.3 for the others, plus the seed / 100."""
    found = []
    for seed, side, (place, box), (model, trainer) in product(range(seeds), (100, 50), enumerate(BOXES), WHO):
        where = (VANISHING.name, "as_released", "paper", f"{box}/{side}", model, trainer)
        value = 0.1 * (place + 1) + seed / 100
        failed = (model, trainer, box) == ("lstm", "standard", "early_box")
        for metric, v in (("passed_gate", float(not failed)), ("test_accuracy", 0.5 if failed else 1.0)):
            found.append(Row(*where, "", metric, None, seed, v, 0.0, 1, 0, 1.0, "cpu", f"{where}{seed}", "1"))
        for explainer, metric in product(("gradient", "random"), ("auroc", "weighted_jaccard", "euclidean_distance")):
            cell = f"{where}{seed}{explainer}"
            found.append(Row(*where, explainer, metric, None, seed, value, 0.0, 1, 1, 1.0, "cpu", cell, "1"))
        for at in TENTHS:
            cell = f"{where}{seed}gradient"
            args = (at, seed, 0.55 if at == 1.0 else 0.05)
            found.append(Row(*where, "gradient", "saliency_profile", *args, 0.0, 1, 1, 1.0, "cpu", cell, "1"))
    return pd.DataFrame([r for r in found if not only or r.dataset in only])


@pytest.fixture
def given(monkeypatch):
    """The tables of rows that are handed over, as if they were published."""

    def publish(rows):
        monkeypatch.setattr(store, "read", lambda *_: rows)
        return vanishing.rows()

    return publish


def test_without_rows_every_part_of_the_page_says_so(no_rows):
    assert no_rows.empty
    assert vanishing.say(no_rows) == vanishing.NOTHING
    assert vanishing.profiles(no_rows, 100) == vanishing.NOTHING
    assert vanishing.by_box(no_rows, {"auroc": "AUROC"}, 50) == vanishing.NOTHING
    assert set(vanishing.coverage(no_rows).to_numpy().ravel()) == {"not computed"}
    assert set(vanishing.beside(no_rows)["ours [95 %]"]) == {"not computed"}


def test_networks_below_the_gate_are_counted_kept_and_said(given):
    table = given(made())
    shown = vanishing.coverage(table)
    assert shown.loc["early box, T = 100", "LSTM"] == "0 of 2 (0.50)"
    assert shown.loc["late box, T = 50", "input-cell LSTM"] == "2 of 2 (1.00)"
    text = vanishing.say(table)
    assert "in 100 steps" in text
    assert "LSTM 55.0%, LSTM, guided (signed) 55.0%" in text
    assert "44 of 48 networks" in text  # four of them, two seeds of two sizes, did not learn
    beside = vanishing.beside(table)
    assert len(beside) == 3 * 2 * 3
    row = beside.loc[("early box", "LSTM", "weighted jaccard")]
    assert row["published"] == "0.000"
    assert row["ours [95 %]"].startswith("0.105 [")
    assert beside.loc[("early box", "LSTM", "test accuracy"), "random map"] == "–"


def test_a_part_of_the_rows_is_shown_with_what_is_missing(given):
    table = given(made(only=("late_box/50",), seeds=1))
    assert "not computed" in vanishing.coverage(table).loc["early box, T = 100"].tolist()
    assert vanishing.say(table) == vanishing.NOTHING
    figure = vanishing.profiles(table, 50)
    assert [a.get_title() for a in figure.axes] == ["early box", "middle box", "late box"]
    early = given(made(only=("early_box/50",), seeds=1))
    assert "in 50 steps" in vanishing.say(early)


def test_figures_draw_a_failed_network_open_and_a_good_one_filled(given):
    table = given(made())
    early, _, late = vanishing.profiles(table, 100).axes
    assert [line.get_linestyle() for line in early.lines[1:3]] == ["--", "--"]
    assert {line.get_linestyle() for line in late.lines[1:]} == {"-"}
    (panel,) = vanishing.by_box(table, {"auroc": "AUROC"}, 50).axes
    dots = [line for line in panel.lines if line.get_linestyle() == "None" and len(line.get_xdata())]
    assert sum(len(d.get_xdata()) for d in dots) == 3 * 4 * 2
    assert sum(len(d.get_xdata()) for d in dots if d.get_markerfacecolor() == "white") == 2


def test_the_scoreboard_compares_100_steps_with_the_table_of_2019(given):
    given(made())
    board = printed.boxes("paper")
    assert len(board) == 72
    row = board[(board["dataset"] == "early_box") & (board["model"] == "lstm")].set_index("quantity")
    assert row.loc["weighted_jaccard", "ours"] == pytest.approx(0.105)
    assert row.loc["test accuracy", "outcome"] == NOT_REPRODUCED
    assert row.loc["euclidean_distance", "n"] == 2
    assert set(board[board["model"] == "bi_lstm"]["outcome"]) == {NOT_TESTABLE}


def test_without_rows_of_100_steps_no_number_of_2019_is_tested(given):
    given(made(only=("late_box/50",)))
    board = printed.boxes("paper")
    assert len(board) == 72
    assert set(board["outcome"]) == {NOT_TESTABLE}
