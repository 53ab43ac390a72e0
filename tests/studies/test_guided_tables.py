"""Pages on guided training: gains, parts of a gain, tables and verdicts, on rows whose answer is known."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from tests.made_up import answers
from tsinterp_lib import figures
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures.published import QUANTITIES
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED
from tsinterp_lib.studies.digits import guided_page
from tsinterp_lib.studies.guided import claims
from tsinterp_lib.studies.guided import controls_page as controls
from tsinterp_lib.studies.guided import page as gains
from tsinterp_lib.studies.guided import plan as guided
from tsinterp_lib.studies.guided import scaling_page as scaling
from tsinterp_lib.studies.guided import tables_page as paper_tables
from tsinterp_lib.tables import papers, words
from tsinterp_lib.tables.words import Prose

METRICS = ("auroc", "aup_count", "aur_count")
EFFECTS = {"standard": 0.0, "guided": 0.1, "guided_absolute": 0.2, "random_masked": 0.07, "consistency": 0.03,
           "equal_epochs": -0.01, "guided_fixed": 0.05, "fine_tuned": 0.06}  # fmt: skip


def made(trainers=tuple(EFFECTS), models=("tcn",), seeds=(0, 1, 2), layouts=tuple(LAYOUTS), protocol="as_released",
         value=None):  # fmt: skip
    """Rows whose trainers add what EFFECTS says to every method; random maps score 0.3; seeds shift all alike."""
    value = value or (lambda t, m, e, metric, d: 0.5 + EFFECTS[t])
    rows = [
        {"study": "s", "protocol": protocol, "profile": "paper", "dataset": f"{d}/gaussian_noise", "model": m,
         "trainer": t, "explainer": e, "metric": metric, "at": np.nan, "seed": s,
         "value": 0.3 if e == "random" else value(t, m, e, metric, d) + 0.001 * s * (t == "guided"), "seconds": 2.0}
        for t, m, s, d in product(trainers, models, seeds, layouts)
        for e, metric in product((*guided.EXPLAINED, "random"), METRICS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_gain_is_found_for_every_network_and_method_and_named():
    found = gains.over_layouts(made(models=("tcn", "lstm")), "guided")
    assert found["effect"].to_numpy() == pytest.approx(np.full(len(found), 0.101))
    assert len(found) == 2 * 6 * 3
    said = gains.say(made(), "guided")
    assert "**TCN** rises in 6 and falls in 0 of 6 methods, median +0.101" in said


def test_what_is_not_computed_leaves_an_empty_table_and_a_sentence():
    rows = made(trainers=("standard", "guided"))
    found = gains.over_layouts(rows, "guided_absolute")
    assert len(found) == 0
    assert figures.gains(found, "row", ["AUROC"], "x", "guided") == words.not_computed("guided")
    assert "not computed yet" in gains.say(rows, "guided_absolute")
    assert gains.missing(rows, "guided").endswith(
        "TCN (10 layouts, 3 seeds) computed; not there: LSTM, Input-cell LSTM, Transformer."
    )
    assert len(gains.over_layouts(made(layouts=("middle",)), "guided")) == 0


def scaled(models=("lstm", "lstm_input_cell")):
    """Rows that are the printed values under one scaling and 0.1 off under the other, on two seeds alone."""
    printed = papers.table("ismail2021_tables8_to_11").set_index(
        ["metric", "dataset", "model", "explainer", "training"]
    )
    trainings = {"standard": "traditional", "guided": "saliency_guided"}

    def value(t, m, e, metric, d):
        return 0.3 + (0.0 if metric == "auroc" else printed["value"][f"diff_{metric[:3]}", d, m, e, trainings[t]])

    near = made(tuple(trainings), models, (0, 1), value=value)
    near["value"] -= 0.001 * near["seed"] * (near["trainer"] == "guided") * (near["explainer"] != "random")
    far = near.assign(value=near["value"] + 0.1 * (near["explainer"] != "random"))
    return {"min–max": far, "standardised": near[near["seed"] == 0].assign(protocol="standardised")}


def test_the_scaling_under_which_print_is_closer_is_found_and_said():
    cells = scaling.cells(scaled())
    assert len(cells) == 2 * 480
    assert set(cells["n"]) == {1}  # the seed that both have
    found = scaling.distances(cells)
    assert found["distance, min–max"].to_numpy() == pytest.approx(np.full(4, 0.1))
    assert found["distance, standardised"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-6)
    assert found["change"].to_numpy() == pytest.approx(np.full(4, -0.1))
    assert set(found["n"]) == {10}
    assert set(found["same sign, standardised"]) == {"120 of 120"}
    said = scaling.say(cells)
    assert said.startswith(
        "Ours is closer to print on standardised inputs for Diff(AUP) of the **LSTM** (0.100 min–max, 0.000"
    )
    assert scaling.table(cells).loc["change", ("LSTM", "Diff(AUP)")].startswith("-0.100 [")


def test_without_a_second_scaling_there_is_a_sentence():
    both = scaled() | {"standardised": made().iloc[:0]}
    cells = scaling.cells(both)
    assert cells.empty
    assert "both scalings" in scaling.say(cells)
    assert scaling.table(cells) == words.not_computed("guided_standardised")
    one = scaling.cells({name: rows[rows["dataset"].str.startswith("middle/")] for name, rows in scaled().items()})
    assert "[" not in scaling.table(one).loc["change", ("LSTM", "Diff(AUR)")]
    assert "Neither scaling is clearly closer" in scaling.say(one)


def test_the_parts_of_a_gain_are_those_of_the_rows_and_add_up():
    found = controls.parts(made(layouts=guided.CONTROLLED))
    auroc = found[found["quantity"] == "AUROC"].set_index("part")["effect"]
    expected = {"WHOLE": 0.101, "CONSISTENCY": 0.03, "NOISE": 0.04, "GRADIENT": 0.031, "LENGTH": -0.01}
    for name, value in expected.items():
        assert auroc[getattr(controls, name)] == pytest.approx(value), name
    three = [controls.CONSISTENCY, controls.NOISE, controls.GRADIENT]
    assert auroc[three].sum() == pytest.approx(auroc[controls.WHOLE])
    assert "+0.031 with the choice of cells by their gradient (above zero)" in controls.say(found)
    table = controls.table(found)
    assert table.shape == (5, 1)
    assert table.loc[controls.WHOLE, "TCN"].endswith(", n = 12")


@answers("studies.guided.controls_page.say_fine_tuning")
def test_the_sentence_on_fine_tuning_follows_the_rows_and_names_the_missing_control():
    found = controls.fine_tuning(made(layouts=guided.CONTROLLED))
    text = controls.say_fine_tuning(found)
    best = found[(found["quantity"] == "AUROC") & (found["part"] == "standard")]["effect"].max()
    assert f"{best:+.3f}" in text
    assert "No control has as many extra epochs" in text
    rows = made(layouts=guided.CONTROLLED)
    longer = rows[rows["trainer"] == "fine_tuned"].assign(trainer="trained_longer", value=lambda r: r["value"] - 0.02)
    text = controls.say_fine_tuning(controls.fine_tuning(pd.concat([rows, longer], ignore_index=True)))
    assert "without guidance: on the TCN +0.020 [+0.020, +0.020]. That part is what guidance adds." in text
    assert "ot computed yet" in controls.say_fine_tuning(controls.fine_tuning(made(("standard", "guided"))))


def test_fine_tuning_is_compared_with_both_trainings():
    found = controls.fine_tuning(made(layouts=guided.CONTROLLED))
    auroc = found[found["quantity"] == "AUROC"].set_index("row")["effect"]
    assert auroc.to_dict() == pytest.approx(
        {"TCN: fine-tuned − traditional": 0.06, "TCN: fine-tuned − guided": 0.06 - 0.101}
    )
    assert controls.fine_tuning(made(("standard", "guided"))).empty


def test_parts_stand_on_the_cells_that_every_training_has():
    rows = made(layouts=guided.CONTROLLED)
    lost = (rows["trainer"] == "consistency") & (rows["seed"] == 2)
    blocks = controls.parts(rows[~lost]).groupby("part")["blocks"].unique()
    assert blocks.pop(controls.LENGTH).tolist() == [3 * 4]
    assert {tuple(n) for n in blocks} == {(2 * 4,)}
    assert controls.LENGTH not in set(controls.parts(rows[rows["trainer"] != "equal_epochs"])["part"])
    nothing = controls.parts(rows[rows["trainer"] != "random_masked"])
    assert nothing.empty
    assert isinstance(controls.table(nothing), Prose)


def test_scalings_are_compared_on_the_cells_that_both_have():
    trainers = ("standard", "guided")
    narrow = made(trainers, seeds=(0,), protocol="standardised", value=lambda t, *_: 0.6 + 0.3 * (t == "guided"))
    both = {"min–max": made(trainers), "standardised": narrow}
    found = gains.scalings(both, "guided").groupby("quantity")["effect"].mean()
    assert found.to_dict() == pytest.approx({"min–max": 0.1, "standardised": 0.3})
    levels = gains.levels(both)
    assert levels.loc[("TCN", "traditional"), list(both)].tolist() == pytest.approx([0.5, 0.6])
    rows = narrow[(narrow["model"] == "tcn") & (narrow["trainer"] == "standard")]
    assert levels.loc[("TCN", "traditional"), "models"] == len(rows[["dataset", "seed"]].drop_duplicates())
    empty = {"min–max": made(trainers), "standardised": narrow.iloc[:0]}
    assert gains.scalings(empty, "guided").empty
    assert isinstance(gains.levels(empty), Prose)


def test_tables_hold_ours_and_the_published_value_and_star_those_inside():
    theirs = papers.table("ismail2021_tables8_to_11")
    one = theirs[(theirs["model"] == "lstm") & (theirs["dataset"] == "middle")].set_index(
        ["metric", "explainer", "training"]
    )["value"]
    names = {"standard": "traditional", "guided": "saliency_guided"}

    def published(t, m, e, metric, d):
        return 0.3 + one[(f"diff_{metric.removesuffix('_count')}", e, names[t])] if metric != "auroc" else 0.5

    rows = made(("standard", "guided"), ("lstm",), layouts=("middle",), value=published)
    found = paper_tables.cells(rows)
    here = found[(found["model"] == "lstm") & (found["dataset"] == "middle")].dropna(subset=["mean"])
    assert len(here) == 24
    table = paper_tables.layout_table(found, "lstm", "diff_aup")
    assert table.shape == (10, 12)
    first = table.loc["middle, k = 30 %", ("Gradient", "trad.")]
    assert first == f"{one[('diff_aup', 'gradient', 'traditional')]:+.2f} ± 0.00 (-0.28*)"
    agree = paper_tables.agreement(found)
    assert (agree["same sign"] == "6 of 6").all()
    assert agree["gap"].abs().max() <= 0.001
    assert "ours has 24: 24 have the same sign" in paper_tables.say(found)
    assert len(figures.against_published(found).axes) == 2


def test_a_network_without_published_values_shows_ours_and_one_without_rows_dashes():
    found = paper_tables.cells(made(("standard", "guided")))
    table = paper_tables.layout_table(found, "tcn", "diff_aup")
    assert (table.to_numpy() != "–").all()
    if "tcn" not in set(papers.table("ismail2021_tables8_to_11")["model"]):
        assert "(" not in "".join(table.to_numpy().ravel())
        with pytest.raises(InvalidInput, match="no cell has both"):
            figures.against_published(found)
    assert (paper_tables.layout_table(found, "transformer", "diff_aur").to_numpy() == "–").sum() in (0, 120)
    means = paper_tables.mean_table(paper_tables.means(made(("standard", "guided"))), "diff_aup")
    assert ("TCN, 10 layouts", "guided") in means.columns


def test_published_counts_of_better_cells_are_those_of_the_published_tables():
    counts = papers.table("ismail2021_counts").set_index(["model", "metric"])
    theirs = papers.table("ismail2021_tables8_to_11")
    for (model, metric), part in theirs.groupby(["model", "metric"]):
        grid = part.pivot_table(index=["dataset", "explainer"], columns="training", values="value")
        better = int((grid["saliency_guided"] > grid["traditional"]).sum())
        assert (better, len(grid)) == tuple(counts.loc[(model, metric), ["better", "cells"]]), (model, metric)
    assert counts.groupby("metric")["better"].sum().to_dict() == {"diff_aup": 147, "diff_aur": 170}


def test_claims_are_judged_by_their_rows_and_undecided_without():
    found = {v.claim: v for v in claims.of_paper(made(models=("tcn", "transformer")))}
    assert found["TCN: guided training raises precision"].verdict == CONFIRMED
    assert "better in 60 of 60 cells, in the paper's tables in 45 of 60" in (
        found["TCN: guided training raises precision"].why
    )
    assert found["Transformer: guided training does not raise precision"].verdict == REFUTED
    assert found["LSTM: guided training raises recall"].verdict == UNDECIDED
    assert found["LSTM: guided training raises recall"].n == 0
    down = made(models=("transformer",), value=lambda t, *_: 0.5 - 0.05 * (t == "guided"))
    found = {v.claim: v.verdict for v in claims.of_paper(down)}
    assert found["Transformer: guided training does not raise precision"] == CONFIRMED
    assert found["Transformer: guided training raises recall"] == REFUTED
    low = made(models=("lstm",), value=lambda t, *_: 0.2)
    found = {v.claim: v.verdict for v in claims.of_paper(low)}
    assert found["LSTM, traditional: precision is below chance"] == CONFIRMED


def test_the_best_method_is_compared_with_the_best_other_one():
    rows = made(models=("lstm_input_cell",), value=lambda t, m, e, *_: 0.6 if e == "deep_shap" else 0.4)
    found = claims.best_method(rows, "lstm_input_cell", "deep_shap", "diff_aup")
    assert (found.verdict, round(found.effect, 3)) == (CONFIRMED, 0.2)
    other = claims.best_method(rows, "lstm_input_cell", "gradient", "diff_aup")
    assert other.verdict == REFUTED
    assert "the best other is DeepSHAP" in other.why


def test_open_questions_leave_out_layouts_where_the_two_k_are_one():
    found = {v.claim: v for v in claims.of_ours(made())}
    same = sum(k[2] == guided.FIXED for k in guided.MASKED.values())
    k = found["TCN: the published k is better than k = 50 %, where they differ"]
    assert (k.verdict, k.n) == (CONFIRMED, 3 * (10 - same))
    assert found["TCN: absolute ranking is better than signed"].effect == pytest.approx(0.099)
    assert found["TCN: the gradient, signed, adds to a random mask"].verdict == CONFIRMED


def test_guided_digits_are_counted_by_training():
    share = {"standard": 0.2, "guided": 0.4, "guided_absolute": 0.1}
    rows = [
        {"dataset": "multivariate_28", "model": m, "trainer": t, "explainer": e, "metric": metric,
         "value": 0.1 if e == "random" else share[t], "sem": 0.01, "n": 100, "seconds": 1.0}
        for t, m, e in product(share, ("tcn", "transformer"), ("gradient", "smoothgrad", "random"))
        for metric in (guided_page.INK, guided_page.AREA)
    ]  # fmt: skip
    said = guided_page.say(pd.DataFrame(rows))
    assert "*guided, signed* puts more mass on the ink than traditional training in 4 of 4 pairs" in said
    assert "(intervals apart: 0 more, 4 less)" in said
    ink = guided_page.grid(pd.DataFrame(rows), guided_page.INK, ratio=True)
    assert ink.loc["TCN, guided, signed"].tolist() == pytest.approx([4.0, 4.0])
    assert list(ink.index[:3]) == ["TCN, traditional", "TCN, guided, signed", "TCN, guided, absolute"]


def test_pages_on_digits_say_what_is_not_kept_or_computed(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    assert "maps of the TCN: not computed yet" in guided_page.drawn("tcn", "gradient")
    rows = pd.DataFrame({"model": ["tcn"] * 3, "trainer": ["standard", "guided", "guided_absolute"]})
    assert guided_page.absent(rows).count("Transformer") == 3
    assert "TCN" not in guided_page.absent(rows)


def test_the_figure_and_the_tables_name_the_same_quantities():
    assert QUANTITIES == paper_tables.QUANTITIES
