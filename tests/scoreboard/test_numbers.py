"""The scoreboard: its verdicts, its rows, the table that filters itself."""

import numpy as np
import pandas as pd
import pytest

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures.scoreboard import outcome_counts, scoreboard_table
from tsinterp_lib.scoreboard import numbers
from tsinterp_lib.statistics.outcome import (
    DIRECTION,
    NOT_REPRODUCED,
    NOT_TESTABLE,
    OUTCOMES,
    REPRODUCED,
    SATURATED,
    outcome,
)
from tsinterp_lib.studies.guided import printed as guided
from tsinterp_lib.studies.vanishing import printed as vanishing
from tsinterp_lib.tables import papers, select
from tsinterp_lib.tables.printed import ALL, COLUMNS, absent


@pytest.mark.parametrize(
    ("published", "low", "high", "n", "zero", "expected"),
    [
        (0.1, 0.05, 0.15, 5, 0.0, REPRODUCED),
        (0.1, 0.1004, 0.2, 5, 0.0, REPRODUCED),  # 0.1004 is printed as 0.100
        (0.1, 0.1006, 0.2, 5, 0.0, DIRECTION),
        (-0.1, -0.3, -0.2, 5, 0.0, DIRECTION),
        (0.1, -0.05, 0.05, 5, 0.0, NOT_REPRODUCED),
        (0.1, -0.3, -0.2, 5, 0.0, NOT_REPRODUCED),
        (0.0, 0.2, 0.3, 5, 0.0, NOT_REPRODUCED),
        (0.99, 0.95, 0.96, 5, None, NOT_REPRODUCED),
        (1.0, 1.0, 1.0, 5, None, REPRODUCED),
        (0.1, np.nan, np.nan, 1, 0.0, NOT_TESTABLE),
        (0.1, np.nan, np.nan, 0, 0.0, NOT_TESTABLE),
    ],
)
def test_the_verdict_follows_its_rules(published, low, high, n, zero, expected):
    word, why = outcome(published, 3, low, high, n, zero)
    assert word == expected
    assert bool(why) == (word != REPRODUCED)


def test_an_interval_upside_down_or_a_missing_published_number_is_refused():
    for published, low, high in ((0.1, 0.3, 0.2), (np.nan, 0.1, 0.2)):
        with pytest.raises(InvalidInput, match="interval"):
            outcome(published, 3, low, high, 5, 0.0)


@pytest.fixture(scope="module")
def board():
    return numbers.scoreboard()


def test_every_published_number_has_one_row_and_a_outcome(board):
    tables = ("ismail2021_table2", "ismail2021_table7", "ismail2021_tables8_to_11", "ismail2019_table1")
    assert len(board[~board["again"]]) == sum(len(papers.table(t)) for t in tables)
    assert len(board[board["again"]]) == sum(len(papers.table(t)) for t in tables[:3])
    assert tuple(board.columns) == COLUMNS
    assert set(board["outcome"]) <= set(OUTCOMES)
    keys = ["table", "quantity", "dataset", "model", "method", "training", "reading"]
    assert not board.duplicated(keys).any()
    wide = board["reason"].str.contains("would hold nearly any number")
    wide |= board["reason"].str.contains("our network did not learn|so by luck")
    assert ((board["n"].fillna(0) < 2) | wide).equals(board["outcome"] == NOT_TESTABLE)


def test_a_number_of_ours_is_that_of_the_published_rows(board):
    rows = select.rows("benchmark")
    part = rows[(rows["protocol"] == "as_released") & (rows["dataset"] == "middle/gaussian_noise")]
    part = part[(part["model"] == "tcn") & (part["metric"] == "aup_count")].set_index(["explainer", "seed"])["value"]
    wanted = (part["gradient"] - part["random"]).mean()
    found = board[(board["dataset"] == "middle") & (board["model"] == "tcn") & (board["method"] == "gradient")]
    found = found[(found["quantity"] == "diff_aup") & (found["training"] == "traditional")]
    # The published tables may lack this network; the rows of another one are then compared.
    if len(found):
        assert float(found["ours"].iloc[0]) == pytest.approx(wanted)
    lstm = board[(board["dataset"] == "middle") & (board["model"] == "lstm_input_cell")]
    lstm = lstm[(lstm["quantity"] == "test accuracy") & (lstm["training"] == "traditional")]
    mean = rows[(rows["metric"] == "test_accuracy") & (rows["protocol"] == "as_released")]
    mean = mean[(mean["dataset"] == "middle/gaussian_noise") & (mean["model"] == "lstm_input_cell")]["value"].mean()
    assert float(lstm["ours"].iloc[0]) == pytest.approx(mean)


def test_the_table_has_a_row_per_number_a_choice_per_axis_and_fetches_nothing(board):
    text = scoreboard_table(board)
    assert text.count("<tr data-") == len(board)
    assert text.count("<select") == 9
    assert "http" not in text
    with pytest.raises(InvalidInput, match="empty"):
        scoreboard_table(board.iloc[:0])


def test_the_counts_add_up_to_the_board(board):
    assert int(numbers.counts(board).to_numpy().sum()) == len(board)
    labels = [t.get_text() for t in outcome_counts(numbers.counts(board)).axes[0].texts]
    assert sum(int(t) for t in labels if t) == len(board)


def test_chance_and_a_copy_stand_beside_every_count(board):
    expected, counts = numbers.expected(board), numbers.counts(board)
    assert list(expected.index) == list(counts.index)
    areas = expected.index.get_level_values("table").isin([f"Table {k} (Gaussian, [0, 1])" for k in range(8, 12)])
    assert (expected["copy"] > 10 * expected["chance"])[areas].all()
    said = numbers.say(board)
    once = board[~board["again"]]
    found = int((once["outcome"] == REPRODUCED).sum())
    assert f"{found} reproduce, {once['chance'].sum():.0f} expected by chance" in said
    assert found < int(counts[REPRODUCED].sum())  # the second reading of the tables of 2021 has lines of its own
    right = outcome_counts(counts, expected).axes[1].get_yticklabels()
    first = expected.iloc[0]
    assert right[0].get_text() == f"{counts[REPRODUCED].iloc[0]} | {first['chance']:.1f} | {first['copy']:.0f}"


def test_a_map_of_a_network_that_did_not_learn_reproduces_nothing(board):
    old = board[board["paper"] == "ismail2019"]
    one = old[(old["dataset"] == "middle_box") & (old["model"] == "lstm")].set_index("quantity")
    assert one.loc["test accuracy", "outcome"] == NOT_REPRODUCED
    assert set(one.drop(index="test accuracy")["outcome"]) == {NOT_TESTABLE}


def test_a_number_needs_a_narrow_interval_the_right_side_and_room_above():
    assert outcome(0.1, 3, 0.05, 0.15, 5, 0.0, spread=0.1)[0] == NOT_TESTABLE  # half 0.05, a tenth of 0.1 is 0.01
    assert outcome(0.1, 3, 0.09, 0.11, 5, 0.0, spread=0.1)[0] == REPRODUCED
    assert outcome(0.02, 3, -0.03, 0.03, 5, 0.0)[0] == NOT_TESTABLE
    assert outcome(0.012, 3, -0.002 - 0.01, -0.002 + 0.01, 5, 0.0, runs=2.0)[0] == NOT_TESTABLE
    assert outcome(0.004, 3, -0.01, 0.005, 5, 0.0)[0] == REPRODUCED  # both within ± 0.01: no effect
    assert outcome(0.03, 3, -0.03, 0.0, 5, 0.0)[0] == NOT_REPRODUCED
    assert outcome(1.0, 2, 0.99, 1.0, 5, None, ceiling=1.0)[0] == SATURATED
    assert outcome(0.115, 3, 0.09, 0.11, 5, 0.0)[0] == DIRECTION
    assert outcome(0.113, 3, 0.09, 0.11, 5, 0.0, runs=5.0)[0] == REPRODUCED  # a printed mean errs, too


def test_names_in_the_table_are_escaped():
    row = dict.fromkeys(COLUMNS, "") | {"published": 0.1, "ours": np.nan, "low": np.nan, "high": np.nan, "n": 0}
    row |= {"paper": "ismail2021", "dataset": "<b>", "outcome": NOT_TESTABLE, "model": "lstm", "method": "gradient"}
    assert "<b>" not in scoreboard_table(pd.DataFrame([row]))


def test_a_wide_interval_reproduces_nothing():
    assert outcome(0.1, 3, 0.09, 0.12, 3, 0.0) == (REPRODUCED, "")
    assert outcome(0.1, 3, 0.09, 0.12, 2, 0.0) == (
        NOT_TESTABLE, "2 seeds: an interval as narrow as this often is so by luck",
    )  # fmt: skip
    word, reason = outcome(0.1, 3, -0.2, 0.4, 2, 0.0)
    assert word == NOT_TESTABLE
    assert reason.startswith("2 seeds: the interval of ± 0.30")
    assert outcome(0.1, 3, 0.2, 0.8, 2, 0.0)[0] == DIRECTION


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("test accuracy", "middle", 1.0, 0.99), "stops training at 0.99"),
        (("test accuracy", "middle", 1.0, 0.6), ""),
        (("test accuracy", "middle", 0.98, 0.99), ""),
        (("test_accuracy", "middle_box", 0.986, 0.55), "400 epochs"),
        (("diff_aup", "small_middle", -0.07, -0.05), "14 × 14"),
        (("diff_aup", "middle", -0.07, -0.05), ""),
        (("diff_aup", "small_middle", -0.07, np.nan), "14 × 14"),
        (("diff_aup", "middle", -0.11, -0.05, -0.10), "-0.100 on standardised inputs"),
        (("diff_aup", "middle", -0.11, -0.05, -0.07), ""),
        (("diff_aup", "middle", -0.11, -0.05, np.nan), ""),
    ],
)
def test_a_known_cause_is_named(row, said):
    found = guided.cause(*row) or vanishing.cause(*row)
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("dataset", "model", "said"),
    [
        ("middle", "lstm", ""),
        ("early_box", "lstm_input_cell", ""),
        (ALL, "transformer", ""),
        ("early_box", "bi_lstm", "network"),
        ("mixed_boxes", "lstm", "data"),
    ],
)
def test_what_this_book_does_not_have_is_said(dataset, model, said):
    found = absent(dataset, model)
    assert said in found
    assert bool(found) == bool(said)


def test_numbers_of_absent_networks_and_data_are_not_testable(board):
    lacking = [bool(absent(d, m)) for d, m in zip(board["dataset"], board["model"], strict=True)]
    assert any(lacking)
    assert set(board["outcome"][lacking]) == {NOT_TESTABLE}


def test_a_cause_stands_beside_a_gap_only(board):
    small = board[(board["dataset"] == "small_middle") & board["quantity"].str.startswith("diff_")]
    gaps = small["outcome"].isin((DIRECTION, NOT_REPRODUCED))
    assert gaps.any()
    assert (small["reason"].str.contains("14 × 14") == gaps).all()
