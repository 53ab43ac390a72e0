"""A printed number has one value of ours, whichever page shows it."""

import numpy as np
import pandas as pd
import pytest

from tsinterp_lib.scoreboard import numbers
from tsinterp_lib.studies.benchmark import page
from tsinterp_lib.studies.guided import data_page, printed
from tsinterp_lib.studies.guided import tables_page as paper_tables
from tsinterp_lib.tables import select
from tsinterp_lib.tables.printed import ALL

KEYS = ["quantity", "dataset", "model", "method", "training"]
VALUES = ["published", "ours", "low", "high", "n"]


@pytest.fixture(scope="module")
def pages():
    """The printed numbers with ours, as each page's tables hold them."""
    board = numbers.scoreboard()
    rows = printed.ours()
    chapter = pd.concat(
        [page.agreement_of(select.rows("benchmark"), q).assign(quantity=q) for q in paper_tables.QUANTITIES]
    )
    found = {
        "scoreboard": board[(board["paper"] == "ismail2021") & ~board["again"]],
        "scoreboard, again": board[board["again"]],
        "which data": _of_which_data(),
        "benchmark": chapter.assign(dataset=ALL, training="traditional"),
        "guided tables, 2": paper_tables.means(rows).assign(dataset=ALL),
        "guided tables, 7": paper_tables.accuracies(rows).assign(metric="test accuracy", explainer=""),
        "guided tables, 8 to 11": paper_tables.cells(rows),
    }
    return {n: _named(t) for n, t in found.items()}


def _of_which_data():
    """The cells of the chapter on the data, on the reading that the scoreboard judges too."""
    cells = data_page.cells(data_page.readings())
    return cells[cells["reading"] == data_page.RAW_NARMA].replace(
        {"training": {"trad.": "traditional", "guided": "saliency_guided"}}
    )


def _named(table):
    names = {"metric": "quantity", "explainer": "method", "mean": "ours"}
    table = table.rename(columns={k: v for k, v in names.items() if v not in table})
    return table.dropna(subset=["published"]).set_index(KEYS)[VALUES].astype(float).fillna({"n": 0})


def test_no_printed_number_has_two_values_on_the_other_reading(pages):
    shown, board = pages["which data"], pages["scoreboard, again"]
    assert len(shown) >= 720
    np.testing.assert_allclose(shown.to_numpy(), board.loc[shown.index].to_numpy(), atol=1e-12)


@pytest.mark.parametrize("name", ["benchmark", "guided tables, 2", "guided tables, 7", "guided tables, 8 to 11"])
def test_no_printed_number_has_two_values_of_ours(pages, name):
    shown, board = pages[name], pages["scoreboard"]
    assert len(shown) >= 40
    assert not shown.index.duplicated().any()
    assert shown.index.isin(board.index).all()
    np.testing.assert_allclose(shown.to_numpy(), board.loc[shown.index].to_numpy(), atol=1e-12)


def test_a_star_in_the_tables_is_a_number_that_the_scoreboard_calls_reproduced():
    board = numbers.scoreboard().rename(columns={"method": "explainer", "quantity": "metric"})
    board = board[board["metric"].isin(paper_tables.QUANTITIES) & (board["dataset"] != ALL) & ~board["again"]]
    cells = paper_tables.cells(printed.ours()).dropna(subset=["published"])
    both = cells.assign(star=paper_tables.reproduced(cells)).merge(board, on=paper_tables.COLUMNS)
    assert len(both) == 960
    assert (both["star"] == (both["outcome"] == "reproduced")).all()
