"""What is gathered from all studies, against tables whose counts are known."""

from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.made_up import World, answers
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.scoreboard import claims, numbers, pictures, worth
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED, Verdict
from tsinterp_lib.tables import printed, words
from tsinterp_lib.tables.papers import Claims, Picture, Printed

GROUPS = ("gradient", "lime", "fit")
WORLD = World(
    protocols=("as_released", "corrected"), layouts=("middle", "rare_time"), models=("tcn", "lstm"),
    explainers=(*GROUPS, "random", "oracle", "position_only"),
    effects={("explainer", "gradient"): 0.01, ("explainer", "lime"): 0.12, ("explainer", "fit"): 0.05,
             ("explainer", "position_only"): 0.11, ("explainer", "random"): 0.3, ("explainer", "oracle"): 0.4,
             ("model", "tcn"): 0.2, ("model", "lstm"): 0.0},
)  # fmt: skip


@answers("scoreboard.worth.worth")
def test_the_best_and_the_worst_method_of_each_network_are_named():
    table = worth.worth(WORLD.rows())
    assert table.index.tolist() == ["LSTM", "TCN"]
    for model in WORLD.models:
        row = table.loc[words.network(model)]
        best, worst, position = (
            words.interval(*WORLD.bounds(protocol="corrected", model=model, explainer=e), decimals=2)
            for e in ("lime", "gradient", "position_only")
        )
        assert row.tolist() == ["LIME†", best, "Gradient", worst, position]


@answers("scoreboard.worth.say_worth")
def test_what_matters_more_and_who_exceeds_position_are_said():
    rows = WORLD.rows()
    lower = (rows["model"] == "lstm") & (rows["explainer"] == "lime")
    rows.loc[lower, "value"] -= 0.05
    said = worth.say_worth(rows)
    at = {"protocol": "corrected"}
    tcn, lstm = WORLD.mean(model="tcn", explainer="lime", **at), WORLD.mean(model="lstm", explainer="lime", **at) - 0.05
    networks = 0.2 + 0.05 / 3
    assert said.startswith("**It depends on the network more than on the method**")
    assert f"mean AUROC differs by {networks:.2f} between networks and by 0.08 between methods" in said
    assert "On 2 planted layouts, with the 3 methods that every network has" in said
    assert f"the best map reaches {tcn:.2f} on the TCN (LIME†) and {lstm:.2f} on the LSTM" in said
    position = WORLD.mean(explainer="position_only", **at)
    assert said.endswith(f"has {position:.2f}: a method exceeds it on the TCN.\n\n{words.DAGGER}.")
    even = World(**{**vars(WORLD), "effects": WORLD.effects | {("model", "tcn"): 0.01,
                                                               ("explainer", "position_only"): 0.2}})  # fmt: skip
    said = worth.say_worth(even.rows())
    assert said.startswith("**It depends on the method more than on the network**")
    assert "no method exceeds it anywhere." in said


VERDICTS = [
    Verdict("a < b", CONFIRMED, 0.2, 0.1, 0.3, 5, ""),
    Verdict("b", REFUTED, -0.2, -0.3, -0.1, 5, ""),
    Verdict("c", UNDECIDED, 0.2, np.nan, np.nan, 1, ""),
    Verdict("d", UNDECIDED, 0.1, -0.1, 0.3, 5, ""),
]


def _raise(profile):
    raise MissingRows(profile)


@answers("scoreboard.claims.judged", "scoreboard.claims.counts", "scoreboard.claims.say", "scoreboard.claims.of_paper")
def test_claims_are_gathered_by_year_and_counted(monkeypatch):
    asked = []
    sources = [
        Claims("late2021", "page_b", lambda p: asked.append(p) or VERDICTS[1:]),
        Claims("gone2020", "page_c", _raise),
        Claims("early2019", "page_z", lambda _: VERDICTS[:1] * 2),
    ]
    monkeypatch.setattr(claims, "all_claims", lambda: sources)
    table = claims.judged("quick")
    assert asked == ["quick"]
    assert table["paper"].tolist() == [*["early2019"] * 2, *["late2021"] * 3]
    assert table["chapter"].tolist() == [*["page_z"] * 2, *["page_b"] * 3]
    assert table["verdict"].tolist() == [CONFIRMED, CONFIRMED, REFUTED, UNDECIDED, UNDECIDED]
    assert claims.counts(table).to_numpy().tolist() == [[2, 0, 0], [0, 1, 2]]
    assert claims.counts(table).columns.tolist() == [CONFIRMED, REFUTED, UNDECIDED]
    assert claims.say(table) == (
        "Of 5 claims of 2 papers 2 are confirmed, 1 refuted and 2 undecided; 1 of the undecided have fewer than two "
        "seeds so far. Of 4 intervals 3 exclude no effect; chance alone would give 0. Corrected for the claims of "
        "their paper 3 do. Leaving one seed out changes 0 of 0 decided verdicts."
    )
    page = claims.of_paper(table, "early2019")
    for text in ("<b>confirmed</b>", "a &lt; b", "+0.200 [+0.100, +0.300]", "page_z.html", ">page z<"):
        assert text in page
    assert "+0.200 (one seed)" in claims.of_paper(table, "late2021")
    assert "Nothing of this" in claims.of_paper(table, "other")


def numbered(paper, outcomes):
    columns = dict.fromkeys(printed.COLUMNS, "x") | {"paper": paper, "table": "Table 1", "published": 0.1}
    columns |= {"quantity": "Diff(AUP)" if paper.endswith("2020") else "test accuracy", "chance": 0.25, "copy": 0.75}
    return pd.DataFrame([columns | {"outcome": o, "ours": 0.2, "low": 0.1, "high": 0.3, "n": 3} for o in outcomes])


@answers("scoreboard.numbers.scoreboard", "scoreboard.numbers.counts", "scoreboard.numbers.expected",
         "scoreboard.numbers.say")  # fmt: skip
def test_numbers_are_gathered_and_their_outcomes_counted(monkeypatch):
    one = ["reproduced", "reproduced", "direction only", "not testable"]
    two = ["not reproduced", "reproduced", "not reproduced", "at the ceiling"]
    sources = [Printed("a2020 Table 1", ("x",), lambda p: numbered(f"a{p}", one)), Printed("", (), _raise),
               Printed("b2021 Table 1", ("y",), lambda _: numbered("b2021", two))]  # fmt: skip
    monkeypatch.setattr(numbers, "all_printed", lambda: sources)
    board = numbers.scoreboard("2020")
    assert len(board) == 8
    table = numbers.counts(board)
    assert table.loc[("a2020", "Table 1")].to_dict() == {
        "reproduced": 2, "at the ceiling": 0, "direction only": 1, "not reproduced": 0, "not testable": 1,
    }  # fmt: skip
    assert table.loc[("b2021", "Table 1")].tolist() == [1, 1, 0, 2, 0]
    assert numbers.expected(board).to_numpy().tolist() == [[1.0, 3.0], [1.0, 3.0]]
    assert numbers.say(board) == (
        "Of 8 published numbers 7 can be tested so far. **3 reproduce, 2 expected by chance**, 6 if a copy of our "
        "experiment had been printed; of the 4 that are not accuracies 2, 1.0 expected by chance, 3 from a copy. 1 "
        "more are at the ceiling, where every network that learns lies. 1 agree in direction only, 2 are not "
        "reproduced."
    )
    monkeypatch.setattr(numbers, "all_printed", lambda: sources[1:2])
    with pytest.raises(MissingRows, match="no printed table"):
        numbers.scoreboard("2020")


@answers("scoreboard.pictures.outcomes", "scoreboard.pictures.pictures", "scoreboard.pictures.path",
         "scoreboard.pictures.source", "scoreboard.pictures.draw")  # fmt: skip
def test_a_picture_names_the_rows_it_was_drawn_from(monkeypatch, tmp_path):
    monkeypatch.setattr(pictures.store, "file_of", lambda study: tmp_path / study)
    (tmp_path / "b").write_bytes(b"rows")
    monkeypatch.setattr(pictures, "all_printed", lambda: [Printed("", ("b", "a"), _raise), Printed("", ("b",), _raise)])
    board = numbered("a2020", ["reproduced", "not testable"])
    monkeypatch.setattr(numbers, "scoreboard", lambda: board)
    own = pictures.outcomes()
    assert (own.name, own.studies) == ("outcomes", ("b", "a"))
    monkeypatch.setattr(pictures, "all_pictures", lambda: [Picture("first", (), lambda: None)])
    assert [p.name for p in pictures.pictures()] == ["first", "outcomes"]
    said = f"results/ b, a sha256 {sha256(b'rows').hexdigest()}"
    assert pictures.source(own) == said
    drawn = pictures.draw(own, tmp_path / "deep" / "x.png")
    assert Image.open(drawn).text[pictures.SOURCE] == said
    assert pictures.path(own).parts[-3:] == ("book", "figures", "outcomes.png")
