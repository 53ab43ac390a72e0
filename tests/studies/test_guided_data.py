"""The chapter on the data behind the tables of 2021: levels, gains and bounds on rows whose answer is known."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from tests.made_up import answers
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.studies.guided import data_page
from tsinterp_lib.studies.guided.plan import EXPLAINED, PROTOCOL
from tsinterp_lib.tables import papers

RANDOM = 0.3


def made(change=lambda value, training: value, networks=("lstm",), seeds=3) -> pd.DataFrame:
    """Rows that give every printed cell as ours, changed: areas are those of a random map plus the difference."""
    theirs = papers.table("ismail2021_tables8_to_11")
    theirs = theirs[theirs["model"].isin(networks)]
    trainers = {"traditional": "standard", "saliency_guided": "guided"}
    rows = []
    for cell, seed in product(theirs.to_dict("records"), range(seeds)):
        metric = cell["metric"].removeprefix("diff_") + "_count"
        where = {"dataset": f"{cell['dataset']}/narma", "model": cell["model"], "trainer": trainers[cell["training"]]}
        where |= {"protocol": PROTOCOL, "profile": "paper", "metric": metric, "at": np.nan, "seed": seed}
        value = RANDOM + change(cell["value"], cell["training"]) + 0.001 * (seed - 1)
        rows += [
            where | {"explainer": cell["explainer"], "value": value},
            where | {"explainer": "random", "value": RANDOM},
        ]
    return pd.DataFrame(rows).drop_duplicates()


def found(**readings):
    names = {"gaussian": data_page.GAUSSIAN, "standardised": data_page.STANDARDISED, "narma": data_page.RAW_NARMA}
    return data_page.cells({names[key]: rows for key, rows in readings.items()})


@answers("studies.guided.data_page.levels", "studies.guided.data_page.distances", "studies.guided.data_page.cells")
def test_levels_are_the_root_mean_square_and_the_mean_of_the_gaps():
    table = data_page.levels(found(gaussian=made(lambda value, _: value + 0.1), narma=made()))
    assert len(table) == 2 * 2 * 2
    far, near = (table[table["reading"] == r] for r in (data_page.GAUSSIAN, data_page.RAW_NARMA))
    assert far[["distance", "bias"]].to_numpy() == pytest.approx(0.1)
    assert near[["distance", "bias"]].to_numpy() == pytest.approx(0.0, abs=1e-12)
    assert table["correlation"].to_numpy() == pytest.approx(1.0)
    assert set(table["cells"]) == {10 * len(EXPLAINED)}
    assert len(data_page.cells({data_page.GAUSSIAN: made()})) == 2 * 2 * 10 * len(EXPLAINED)
    grid = data_page.distances(found(gaussian=made(lambda value, _: value - 0.2), narma=made()))
    assert list(grid.columns) == [data_page.GAUSSIAN, data_page.RAW_NARMA]
    assert grid[data_page.GAUSSIAN].to_numpy() == pytest.approx(0.2)


@answers("studies.guided.data_page.effects", "studies.guided.data_page.gains", "studies.guided.data_page.say_effects")
def test_a_gain_that_comes_back_is_told_from_one_that_does_not():
    same = made()
    opposite = made(lambda value, training: -value)
    gains = data_page.gains(found(narma=same))
    assert gains["ours"].to_numpy() == pytest.approx(gains["published"].to_numpy())
    table = data_page.effects(found(gaussian=opposite, narma=same)).set_index(["reading", "quantity"])
    for quantity in data_page.QUANTITIES.values():
        yes, no = table.loc[(data_page.RAW_NARMA, quantity)], table.loc[(data_page.GAUSSIAN, quantity)]
        assert (yes["correlation"], yes["same sign"]) == (pytest.approx(1.0), 1.0)
        assert no["correlation"] == pytest.approx(-1.0)
        assert no["our mean gain"] == pytest.approx(-no["printed mean gain"])
        assert 0.1 < yes["correlation by chance"] < 0.4
        assert yes["cells"] == 10 * len(EXPLAINED)
    said = data_page.say_effects(found(gaussian=opposite, narma=same))
    assert f"*{data_page.GAUSSIAN}*: 0 of 2;" in said
    assert f"*{data_page.RAW_NARMA}*: 2 of 2 (LSTM Diff(AUP) +1.00, LSTM Diff(AUR) +1.00)" in said
    assert "By chance 0.2 of these 4 comparisons would." in said


def test_noise_that_knows_nothing_of_print_passes_its_null_in_one_case_of_twenty():
    draw = np.random.default_rng(0)
    beyond = []
    for _ in range(15):
        rows = made(lambda value, training: draw.normal(), seeds=1)
        table = data_page.effects(found(narma=rows))
        beyond += (table["correlation"] > table["correlation by chance"]).tolist()
    assert sum(beyond) <= 5  # of 30; 1.5 are expected


@answers("studies.guided.data_page.readings")
def test_readings_hold_the_rows_of_each_study_and_an_empty_table_for_one_without(monkeypatch):
    gaussian, standardised = made(), made(seeds=2)

    def rows(study, profile, gated):
        assert (study, profile, gated) == ("guided_narma", "quick", False)
        raise MissingRows("nothing there")

    both = {"min–max": gaussian, "standardised": standardised}
    monkeypatch.setattr(data_page, "both_scalings", lambda profile, gated: both)
    monkeypatch.setattr(data_page.select, "rows", rows)
    found = data_page.readings("quick", gated=False)
    assert found[data_page.GAUSSIAN] is gaussian
    assert found[data_page.STANDARDISED] is standardised
    assert found[data_page.RAW_NARMA].empty


@answers("studies.guided.data_page.say", "studies.guided.data_page.against_print")
def test_the_sentence_names_both_distances_and_says_what_is_missing():
    said = data_page.say(found(gaussian=made(lambda value, _: value + 0.1), narma=made()))
    assert "**trad.**: LSTM 0.100 → 0.000; **guided**: LSTM 0.100 → 0.000." in said
    assert "guided_narma" in data_page.say(found(gaussian=made()))
    assert "guided_narma" in data_page.against_print(found(gaussian=made()))


@answers("studies.guided.data_page.identities")
def test_every_printed_cell_keeps_the_bounds_of_the_score_and_the_floor_is_touched():
    table = data_page.identities()["smallest distance to the bound"]
    assert (table > -0.0005).all()  # printed to three decimals
    assert table.iloc[0] < 0.001
