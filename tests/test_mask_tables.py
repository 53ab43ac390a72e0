"""Tables, sentences and verdicts on masks and FIT: made from rows, and also where rows are missing or few."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from tests.made_up import answers
from tsinterp_lib import paths
from tsinterp_lib.datasets import RareTime
from tsinterp_lib.engine import store
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import Dynamask
from tsinterp_lib.live import instability
from tsinterp_lib.studies.fit_simulated import page as fit_simulated
from tsinterp_lib.studies.fit_simulated.claims import of_fit
from tsinterp_lib.studies.rare import audit_page
from tsinterp_lib.studies.rare import claims as rare
from tsinterp_lib.studies.state import page as state
from tsinterp_lib.studies.state.claims import of_state
from tsinterp_lib.tables import papers, partial, reruns, rivals
from tsinterp_lib.tables.words import Prose
from tsinterp_lib.types import Sizes

NONE = pd.DataFrame(columns=list(store.COLUMNS))


def rows(values, metric="auroc", protocol="as_released", dataset="state", seeds=(0, 1, 2)):
    """Rows of methods whose value rises by 0.01 with the seed."""
    made = [
        {"protocol": protocol, "profile": "paper", "dataset": dataset, "model": "gru", "explainer": e, "metric": metric}
        | {"seed": s, "value": v + 0.01 * s * (k + 1), "cell": f"{e}{s}", "at": np.nan}
        for k, (e, v) in enumerate(values.items())
        for s in seeds
    ]
    return pd.DataFrame(made)


def test_a_claim_is_judged_by_the_difference_to_the_best_of_the_others():
    table = rows({"dynamask": 0.9, "deep_lift": 0.5, "fit": 0.6})
    found = rivals.gap("c", table, "auroc", "as_released", "dynamask", ["deep_lift", "fit"])
    assert found.verdict == "confirmed"
    assert found.effect == pytest.approx(0.3 - 0.02)  # mean over seeds of 0.3 - 0.02 s
    assert "FIT" in found.why
    other = rivals.gap("c", table, "auroc", "as_released", "deep_lift", ["dynamask", "fit"])
    assert (other.verdict, other.effect) == ("refuted", pytest.approx(-0.4 + 0.01))
    far = rivals.gap("c", table, "auroc", "as_released", "dynamask", ["fit"], beyond=0.5)
    assert far.verdict == "refuted"


def test_a_winner_must_beat_chance_and_position_and_its_measure_must_know_the_perfect_map():
    def judged(**controls):
        table = rows({"dynamask": 0.9, "fit": 0.6} | controls)
        return rivals.gap("c", table, "auroc", "as_released", "dynamask", ["fit"])

    assert judged(random=0.5, position_only=0.7, oracle=1.0).verdict == "confirmed"
    assert judged(random=0.95).verdict == "undecided"
    habit = judged(random=0.5, position_only=0.9, oracle=1.2)
    assert (habit.verdict, "not above Position only" in habit.why) == ("undecided", True)
    assert judged(position_only=1.5, oracle=1.0).verdict == "confirmed"  # a fixed place: position is the truth
    blind = judged(oracle=0.0)
    assert (blind.verdict, "the measure scores the perfect map 0.03" in blind.why) == ("undecided", True)
    pooled = rows({"dynamask": 0.99, "oracle": 0.0}, metric="aup_threshold_pooled")
    assert rivals.level("c", pooled, "aup_threshold_pooled", "dynamask", 0.9).verdict == "undecided"


def test_missing_rows_and_single_seeds_leave_a_claim_undecided():
    lone = rivals.gap("c", rows({"fit": 0.5, "gradient": 0.1}, seeds=(0,)), "auroc", "as_released", "fit", ["gradient"])
    assert (lone.verdict, lone.n) == ("undecided", 1)
    assert lone.effect == pytest.approx(0.4)
    for found in (*rare.of_rare(NONE), *of_state(NONE, NONE), *of_fit(NONE)):
        assert (found.verdict, found.why) == ("undecided", "rows are missing")


def test_pages_can_be_made_before_anything_is_computed():
    assert "not computed yet" in state.say(NONE, NONE)
    assert "state: not computed yet" in state.limits(NONE, NONE)
    assert isinstance(state.dots(NONE, "auroc", "corrected", "x"), Prose)
    assert isinstance(state.means(NONE, "auroc", "corrected"), Prose)
    assert isinstance(fit_simulated.dots(NONE, "corrected"), Prose)
    assert "not computed yet" in fit_simulated.say(NONE)
    assert audit_page.of_masks(NONE) == audit_page.MISSING
    assert partial.coverage(NONE, "rare_audit")["maps"].sum() == 0


def test_the_answer_on_the_hidden_state_follows_the_rows():
    table = pd.concat([rows({"gradient": 0.95, "fit": 0.5}), rows({"gradient": 0.8}, protocol="corrected")])
    text = state.say(table, rows({"dynamask": 0.9, "dynamask_right_axes": 0.5}))
    assert "As released, 1 of 2 methods" in text
    assert "(Gradient)" in text
    assert "0.92" not in text.split("Corrected")[0] or "0.96" in text
    assert "AUROC of 0.91, and 0.52" in text


def test_the_audit_tables_are_differences_within_a_seed():
    table = rows({"dynamask": 0.5, "dynamask[full rate]": 0.7, "oracle": 1.0}, metric="aur_threshold")
    found = audit_page.of_masks(table)
    assert found.loc["full rate", "AUR (threshold, pooled)"].startswith("+0.210")
    assert audit_page.of_areas(table, "aur_threshold").loc["Oracle", "as released"] == pytest.approx(1.03)


def test_a_re_run_stays_in_the_table_where_ours_is_missing_and_keeps_its_source():
    others = papers.table("state_reruns")
    active = others[(others["truth"] == "active") & (others["metric"] == "average_precision")]
    ours = rows({"fit": 0.5}, metric="average_precision", dataset="state")
    table = reruns.with_reruns(ours, active, {"average_precision": "average_precision"})
    assert len(table) == len(active)
    assert table.loc[("state", "FIT", "average precision"), "ours, as released"].startswith("0.510 [")
    assert table.loc[("state", "DeepLIFT", "average precision"), "ours, as released"] == "–"
    assert all(source in reruns.sources(active) for source in active["source"])


def test_a_re_run_stands_beside_the_method_that_computes_the_same():
    others = papers.table("state_reruns")
    auroc = others[(others["truth"] == "active") & (others["metric"] == "auroc")]
    ours = rows({"dynamask": 0.9, "dynamask_hard_target": 0.6}, dataset="state")
    table = reruns.with_reruns(ours, auroc, {"auroc": "auroc"}, {"dynamask": "dynamask_hard_target"})
    line = ("state", "Dynamask (ours: Dynamask, hard target)", "auroc")
    assert table.loc[line, "ours, as released"].startswith("0.620 [")
    assert table.loc[line, "re-run"] == 0.624


@answers("tables.reruns.alone")
def test_a_trapezoid_area_is_shown_alone_and_never_beside_average_precision():
    others = papers.table("state_reruns")
    switches = others[others["truth"] == "switch"]
    assert set(switches["metric"]) == {reruns.PR_TRAPEZOID}
    with pytest.raises(InvalidInput, match="no average precision; show it with `alone`"):
        reruns.with_reruns(rows({"fit": 0.5}), switches, {reruns.PR_TRAPEZOID: "average_precision_pooled"})
    assert reruns.alone(switches).loc["Dynamask", "spike"] == "0.503 ± 0.000"


@pytest.mark.parametrize("name", ["state_reruns", "rare_reruns"])
def test_every_re_run_has_an_author_a_title_and_an_entry_in_the_bibliography(name):
    entries = (paths.root() / "book" / "references.bib").read_text()
    for source in set(papers.table(name)["source"]):
        key, said = source.split(": ", 1)
        title = re.sub(r"[^a-z ]", "", re.search(rf"{key},.*?\btitle\s*=\s*{{(.*?)}},\n", entries, re.S)[1].lower())
        assert title in re.sub(r"[^a-z ]", "", said.lower())


def test_the_largest_profile_with_rows_is_taken():
    assert partial.largest("rare") == "paper"
    assert partial.largest("no such study") == "paper"
    assert set(partial.rows("rare")["profile"]) == {"paper"}


def test_fitted_copies_differ_by_the_change_alone():
    series = RareTime(n_steps=12, n_features=8).load(Sizes(1, 1, 1), 0).test
    mask = Dynamask(areas=(0.1, 0.3), loss="mse", epochs=20, rate="own", learning_rate=0.1)
    same = instability.divergence(mask, series, relative_change=0.0, copies=2)
    assert float(same.by_epoch["largest difference"].max()) == 0.0
    assert torch.equal(same.masks[0], same.masks[1])
    moved = instability.divergence(mask, series, relative_change=1e-3, copies=2)
    assert float(moved.by_epoch["largest difference"].iloc[0]) > 0
    assert instability.agreement(same).tolist() == [1.0, 1.0]
    assert isinstance(instability.figure({"one": moved}), Figure)
    assert "AUROC" in instability.table({"one": moved}).columns
    with pytest.raises(InvalidInput, match="give the one series"):
        instability.divergence(mask, RareTime().load(Sizes(1, 1, 2), 0).test)
