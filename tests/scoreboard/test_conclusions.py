"""The page of verdicts: claims are gathered, counted and printed as judged, and worth is read from the rows."""

import html
import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.made_up import answers
from tsinterp_lib import figures, paths
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.scoreboard import claims, worth
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED, Verdict
from tsinterp_lib.studies import all_claims
from tsinterp_lib.studies.vanishing import claims as vanishing
from tsinterp_lib.tables import words
from tsinterp_lib.tables.papers import Claims, from_rows

YES = Verdict("a < b is better", CONFIRMED, 0.2, 0.1, 0.3, 5, "above")
NO = Verdict("c is better", REFUTED, -0.2, -0.3, -0.1, 5, "below")
OPEN = Verdict("d is better", UNDECIDED, 0.1, np.nan, np.nan, 1, "one seed")
EMPTY = Verdict("e is better", UNDECIDED, np.nan, np.nan, np.nan, 0, "rows are missing")


def absent(_profile):
    raise MissingRows("nothing there")


@pytest.fixture
def judged(monkeypatch):
    sources = (
        Claims("ismail2020", "audit", lambda profile: [YES, NO]),
        Claims("ismail2021", "guided_training", absent),
        Claims("crabbe2021", "state", lambda profile: [OPEN, EMPTY]),
    )
    monkeypatch.setattr(claims, "all_claims", lambda: sources)
    return claims.judged()


def test_a_study_without_rows_leaves_the_others(judged):
    assert list(judged["paper"]) == ["ismail2020"] * 2 + ["crabbe2021"] * 2
    assert list(judged["verdict"]) == [CONFIRMED, REFUTED, UNDECIDED, UNDECIDED]


def test_verdicts_are_counted_by_paper_and_said(judged):
    counts = claims.counts(judged)
    assert counts.loc["ismail2020"].tolist() == [1, 1, 0]
    assert counts.loc["crabbe2021"].tolist() == [0, 0, 2]
    said = claims.say(judged)
    assert said == (
        "Of 4 claims of 2 papers 1 are confirmed, 1 refuted and 2 undecided; 2 of the undecided have fewer than two "
        "seeds so far. Of 2 intervals 2 exclude no effect; chance alone would give 0. Corrected for the claims of "
        "their paper 2 do. Leaving one seed out changes 0 of 0 decided verdicts."
    )
    widths = [bar.get_width() for bar in figures.claim_counts(counts).axes[0].patches]
    assert sum(widths) == pytest.approx(2)


def printed(table, paper):
    """The cells of each line of a printed table, without marks."""
    lines = claims.of_paper(table, paper).split("<tr>")[1:]
    return [[html.unescape(re.sub("<[^>]+>", "", c)) for c in re.findall("<td>(.*?)</td>", line)] for line in lines]


def test_the_claims_of_a_paper_are_printed_with_effect_interval_and_page(judged):
    yes, no = printed(judged, "ismail2020")
    assert yes[:4] == ["confirmed", "a < b is better", "+0.200 [+0.100, +0.300]", "5 seeds"]
    assert yes[4:] == ["0.010", "–", "–", "above", "audit"]
    assert no[0] == "refuted"
    assert "href='audit.html'" in claims.of_paper(judged, "ismail2020")
    assert [line[2] for line in printed(judged, "crabbe2021")] == ["+0.100 (one seed)", "–"]
    assert "computed yet" in claims.of_paper(judged, "ismail2021")
    assert "computed yet" in claims.of_paper(pd.DataFrame(), "ismail2021")


def test_every_source_names_a_paper_of_the_bibliography_and_a_page_of_the_book():
    pages = yaml.safe_load((paths.root() / "_toc.yml").read_text())
    listed = [c["file"] for part in pages["parts"] for c in part["chapters"]]
    bibliography = (paths.root() / "book" / "references.bib").read_text()
    for source in all_claims():
        assert f"notebooks/{source.chapter}" in listed
        assert f"{{{source.paper}," in bibliography


def made(position=0.6):
    scores = {"gradient": (0.7, 0.5), "occlusion": (0.9, 0.55), "random": (0.5, 0.5), "position_only": (position,) * 2}
    rows = [
        {"protocol": "corrected", "profile": "paper", "dataset": d, "model": m, "explainer": e, "metric": "auroc",
         "at": np.nan, "seed": s, "value": scores[e][k] + 0.01 * s}
        for (k, m), e, d, s in product(enumerate(("tcn", "lstm")), scores, ("middle/x", "rare_time/x"), (0, 1, 2))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_what_a_map_is_worth_is_read_from_the_rows():
    table = worth.worth(made())
    assert table.loc["TCN", ["best method", "worst method"]].tolist() == ["Occlusion†", "Gradient"]
    assert table.loc["TCN", "its AUROC"].startswith("0.91 [")
    assert table.loc["LSTM", "position only"].startswith("0.61 [")


def test_the_answer_says_what_differs_more_and_who_exceeds_position():
    said = worth.say_worth(made())
    assert said.startswith("**It depends on the network and the method more than on the layout**")
    assert "0.28 between networks, 0.13 between methods, 0.00 between layouts" in said
    assert "exceeds it in 2 of 4 pairs" in said
    assert said.endswith(f"nothing can.\n\n{words.DAGGER}.")
    assert "exceeds it in 0 of 4 pairs" in worth.say_worth(made(position=0.95))
    fixed = made(position=0.95)
    truth = fixed[(fixed["explainer"] == "position_only")].assign(explainer="oracle")
    truth.loc[truth["dataset"] == "rare_time/x", "value"] += 0.01
    assert "in 0 of 2 pairs" in worth.say_worth(pd.concat([fixed, truth], ignore_index=True))


def test_one_seed_and_no_seed_are_undecided():
    assert vanishing._mean("x", pd.Series([0.3])).verdict == UNDECIDED
    assert vanishing._mean("x", pd.Series([], dtype=float)).n == 0
    assert vanishing._mean("x", pd.Series([0.3, 0.31, 0.32])).verdict == CONFIRMED


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_verdict_that_too_few_seeds_could_repeat_is_not_called_changed(monkeypatch, seeds):
    rows = pd.DataFrame({"seed": range(seeds), "value": [0.2, 0.201][:seeds]})

    def judge(r):
        return [vanishing._mean("x", r["value"])]

    fewer = {"absent": lambda profile: judge(rows[:0]), "one seed": lambda profile: judge(rows[:1])}
    source = from_rows("ismail2020", "audit", lambda profile: rows, judge, fewer)
    monkeypatch.setattr(claims, "all_claims", lambda: [source])
    table = claims.judged()
    assert table[["changes", "seeds"]].to_numpy().tolist() == [[0, 0]]
    assert table["varied"].tolist() == [{}]


@answers("tables.papers.from_rows")
def test_a_verdict_that_hangs_on_one_seed_is_counted(monkeypatch):
    rows = pd.DataFrame({"seed": [0, 1, 2, 3], "value": [0.2, 0.21, 0.19, -0.05]})
    source = from_rows("ismail2020", "audit", lambda profile: rows, lambda r: [vanishing._mean("x", r["value"])])
    monkeypatch.setattr(claims, "all_claims", lambda: [source])
    table = claims.judged()
    assert table["verdict"].tolist() == [UNDECIDED]
    assert table[["changes", "seeds"]].to_numpy().tolist() == [[1, 4]]  # without the last seed it is confirmed
    assert printed(table, "ismail2020")[0][5] == "3 of 4"
    assert table["p_holm"].iloc[0] == pytest.approx(table["p"].iloc[0])
    assert claims.judged(stability=False)["seeds"].tolist() == [0]
