"""Tables of any study against numbers that are known beforehand."""

import numpy as np
import pandas as pd
import pytest

from tests.made_up import World, answers, near
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.engine import runner, store
from tsinterp_lib.errors import DataUnavailable, MissingRows
from tsinterp_lib.registry import find
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED, Verdict
from tsinterp_lib.tables import papers, partial, printed, reruns, rivals, select, show, summaries, words

WORLD = World(
    protocols=("as_released", "corrected"),
    layouts=("middle", "rare_time", "rare_feature"),
    models=("transformer", "lstm", "tcn"),
    metrics=("auroc", "aup_count", "aur_count"),
)
ROWS = WORLD.rows()
METHODS = ("gradient", "smoothgrad", "occlusion")


@answers("tables.summaries.by_explainer")
@pytest.mark.parametrize("minus", [None, "random", "oracle"])
@pytest.mark.parametrize("protocol", WORLD.protocols)
def test_means_and_intervals_are_those_of_the_effects(protocol, minus):
    found = summaries.by_explainer(ROWS, "aup_count", protocol, minus)
    assert set(found["explainer"]) == set(WORLD.explainers) - {minus}
    assert len(found) == 3 * len(set(found["explainer"]))
    for row in found.itertuples():
        one = {"protocol": protocol, "model": row.model, "explainer": row.explainer, "metric": "aup_count"}
        expected = WORLD.apart(one, one | {"explainer": minus}) if minus else WORLD.bounds(**one)
        low, high = sorted(expected[1:])
        near((row.mean, row.low, row.high, row.n), (expected[0], low, high, 3))


@answers("tables.summaries.curve")
def test_a_curve_has_a_mean_per_level():
    world = World(metrics=("precision_count", "recall_count"), levels=(0.1, 0.5, 1.0))
    found = summaries.curve(world.rows(), "recall_count", "as_released")
    assert len(found) == 2 * 6 * 3
    for row in found.itertuples():
        one = {"model": row.model, "explainer": row.explainer, "metric": "recall_count", "at": row.at}
        near((row.mean, row.low, row.high), world.bounds(**one))


@answers("tables.summaries.accuracy", "tables.select.in_order", "tables.select.layout")
def test_accuracies_are_layouts_by_networks_in_the_order_of_every_figure():
    grid = summaries.accuracy(ROWS, "corrected")
    assert list(grid.index) == [name for name in LAYOUTS if name in WORLD.layouts]
    assert list(grid.columns) == ["lstm", "tcn", "transformer"]
    for (layout, model), value in grid.stack().items():
        near(value, WORLD.accuracy(protocol="corrected", layout=layout, model=model))


@answers("tables.summaries.coverage")
def test_models_past_the_gate_are_counted_by_network():
    rows = WORLD.rows(lambda t: (t["model"] == "tcn") & (t["layout"] == "middle") & (t["protocol"] == "corrected"))
    found = summaries.coverage(rows).set_index(["protocol", "model"])
    assert found.loc[("corrected", "tcn")].tolist() == [3, 3, 9, 6]
    assert found.loc[("as_released", "tcn")].tolist() == [3, 3, 9, 9]
    assert list(found.columns) == ["seeds", "layouts", "models", "passed"]


@answers("tables.summaries.ranks")
def test_ranks_follow_the_effects_upwards_or_downwards():
    found = summaries.ranks(ROWS, {"auroc": True, "aup_count": False}, "as_released")
    best_first = sorted(METHODS, key=lambda e: -WORLD.effect("explainer", e))
    assert list(found.index) == best_first
    assert found["auroc"].tolist() == [1, 2, 3]
    assert found["aup_count"].tolist() == [3, 2, 1]


@answers("tables.summaries.cost")
def test_costs_are_medians_of_methods_and_not_of_controls():
    found = summaries.cost(ROWS, "corrected")
    assert set(found.index) == set(METHODS)
    world = WORLD
    for explainer in METHODS:
        for model in world.models:
            own = [world.seconds(protocol="corrected", layout=d, model=model, explainer=explainer,
                                 metric=world.metrics[0]) for d in world.layouts]  # fmt: skip
            near(found["seconds"][model][explainer], np.median(own))
            near(found["forward_calls"][model][explainer], np.median([int(10 * s) for s in own]))


@answers("tables.summaries.beats")
def test_layouts_above_and_below_a_control_are_counted_with_their_whole_interval():
    world = World(
        layouts=("middle", "rare_time", "rare_feature"),
        effects={("explainer", "random"): 0.05, ("explainer", "gradient"): 0.1, ("explainer", "smoothgrad"): 0.0,
                 ("explainer", "occlusion"): 0.0501},
        spreads={("explainer", "occlusion"): 0.003, ("explainer", "random"): 0.0},
    )  # fmt: skip
    found = summaries.beats(world.rows(), "auroc", "as_released").set_index(["model", "explainer"])
    for model in world.models:
        assert found.loc[(model, "gradient")].tolist() == [3, 3, 0]
        assert found.loc[(model, "smoothgrad")].tolist() == [3, 0, 3]
        assert found.loc[(model, "occlusion")].tolist() == [3, 0, 0]
    back = summaries.beats(world.rows(), "auroc", "as_released", "gradient").set_index(["model", "explainer"])
    assert back.loc[("tcn", "random")].tolist() == [3, 0, 3]
    assert summaries.beats(World(seeds=(0,)).rows(), "auroc", "as_released").empty


@answers("tables.select.rows", "tables.partial.rows")
def test_rows_past_the_gate_are_those_of_the_models_that_passed(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    rows = WORLD.rows(lambda t: (t["model"] == "tcn") & (t["seed"] == 1) & (t["layout"] == "middle"))
    monkeypatch.setattr(store, "read", lambda study, profile=None: rows)
    gated = select.rows("benchmark")
    gone = rows[(rows["model"] == "tcn") & (rows["seed"] == 1) & rows["dataset"].str.startswith("middle")]
    assert len(rows) - len(gated) == (gone["explainer"] != "").sum()
    assert not ((gated["explainer"] != "") & gated["cell"].isin(gone["cell"])).any()
    assert (gated["explainer"] == "").sum() == (rows["explainer"] == "").sum()
    assert len(select.rows("benchmark", gated=False)) == len(rows)
    assert len(partial.rows("benchmark", "paper")) == len(gated)
    assert len(partial.rows("benchmark", "paper", gated=False)) == len(rows)
    monkeypatch.setattr(store, "read", lambda *_: WORLD.rows(lambda t: t["seed"] >= 0))
    with pytest.raises(MissingRows, match="gate"):
        select.rows("benchmark")
    assert partial.rows("benchmark", "paper").empty


@answers("tables.select.rows")
def test_rows_that_are_computed_are_those_of_the_profile_and_failures_are_said(monkeypatch):
    asked = {}
    report = runner.Report()
    monkeypatch.setattr(runner, "run", lambda *a, **k: asked.update(study=a[0].name, size=a[1].name, **k) or report)
    monkeypatch.setattr(store, "read_all", lambda study, profile: ROWS.assign(study=study, profile=profile))
    found = select.rows("benchmark", "quick", compute=True, only={"model": ["tcn"]})
    assert (asked["study"], asked["size"], asked["only"]) == ("benchmark", "quick", {"model": ["tcn"]})
    assert set(found["profile"]) == {"quick"}
    report.failed["unit 7"] = "OSError: no network"
    with pytest.raises(DataUnavailable, match="unit 7: OSError: no network"):
        select.rows("benchmark", "quick", compute=True)


@answers("tables.select.pick")
def test_rows_are_picked_by_metric_and_protocol():
    found = select.pick(ROWS, "aup_count", "corrected")
    assert (set(found["metric"]), set(found["protocol"])) == ({"aup_count"}, {"corrected"})
    assert len(found) == 3 * 3 * 6 * 3


@answers("tables.select.process", "tables.select.layout")
def test_a_label_is_a_layout_and_a_process():
    labels = pd.Series(["middle/harmonic", "rare_time/car", "middle/car"])
    assert select.layout(labels).tolist() == ["middle", "rare_time", "middle"]
    assert select.process(labels).tolist() == ["harmonic", "car", "car"]


@answers("tables.select.on_shared_layouts")
def test_shared_layouts_are_those_of_every_network_under_the_protocol():
    rows = ROWS[~((ROWS["model"] == "tcn") & ROWS["dataset"].str.startswith("middle") & (ROWS["explainer"] != ""))]
    part, n = select.on_shared_layouts(rows, "corrected")
    assert n == 2
    assert set(select.layout(part["dataset"])) == {"rare_time", "rare_feature"}
    assert set(part["protocol"]) == {"corrected"}
    assert "" not in set(part["explainer"])


@answers("tables.partial.largest", "tables.partial.coverage")
def test_what_is_there_of_a_plan_is_counted(tmp_path, monkeypatch):
    study = find("study", "benchmark")
    cells = study.cells(find("profile", "smoke"))
    first = cells[0]
    same = [c for c in cells if (c.dataset, c.protocol) == (first.dataset, first.protocol)]
    rows = pd.DataFrame({"cell": [c.key() for c in same[:4]], "profile": "smoke"})
    found = partial.coverage(rows, "benchmark")
    maps = sum(c.explainer is not None for c in same)
    assert found.loc[(first.dataset.label, first.protocol)].tolist() == ["smoke", 1, 1, 3, maps]
    rest = found.drop((first.dataset.label, first.protocol))
    assert (rest["maps"] == 0).all()
    assert (rest["seeds"] == 0).all()
    monkeypatch.setattr(store, "file_of", lambda study: tmp_path)
    monkeypatch.setattr(store, "read", lambda study: pd.DataFrame({"profile": ["smoke", "quick", "smoke"]}))
    assert partial.largest("benchmark") == "quick"
    monkeypatch.setattr(store, "file_of", lambda study: tmp_path / "no")
    assert partial.largest("benchmark") == "paper"


@answers("tables.papers.table")
def test_a_printed_table_holds_its_numbers():
    table = papers.table("ismail2021_table7")
    at = (table["dataset"] == "middle") & (table["model"] == "lstm")
    assert table[at].set_index("training")["test_accuracy"].to_dict() == {"traditional": 0.99, "saliency_guided": 1.0}


@answers("tables.printed.over_seeds", "tables.printed.scored")
def test_a_printed_number_stands_beside_ours_with_its_outcome():
    world = World(models=("lstm",), metrics=("aup_count",), explainers=("gradient", "smoothgrad", "occlusion"))
    rows = world.rows()
    over = printed.over_seeds(rows[rows["explainer"] != ""].assign(quantity="diff_aup"), ["quantity", "explainer"])
    for row in over.itertuples():
        near((row.mean, row.low, row.high, row.n), (*world.bounds(explainer=row.explainer), 3))
    mean = {e: world.bounds(explainer=e) for e in world.explainers}
    published = {"gradient": round(mean["gradient"][0], 3), "smoothgrad": mean["smoothgrad"][2] + 0.1,
                 "occlusion": -0.5, "lime": 0.2}  # fmt: skip
    theirs = pd.DataFrame(published.items(), columns=["explainer", "published"])
    found = theirs.merge(over, on="explainer", how="left").assign(
        source="paper2021 Table 9", quantity="diff_aup", dataset="middle", model="lstm", training="traditional"
    )
    board = printed.scored(found, "some_page", 3, 0.0, lambda *_: "because").set_index("method")
    assert list(printed.COLUMNS) == [*board.columns[:5], "method", *board.columns[5:]]
    assert board["outcome"].to_dict() == {
        "gradient": "reproduced", "smoothgrad": "direction only", "occlusion": "not reproduced", "lime": "not testable",
    }  # fmt: skip
    assert board["published"].to_dict() == published
    near(board["ours"], [*(mean[e][0] for e in world.explainers), np.nan])
    near(board["low"], [*(mean[e][1] for e in world.explainers), np.nan])
    assert board["reason"]["gradient"] == ""
    assert board["reason"]["smoothgrad"] == "0.100 outside our interval; because"
    assert board["reason"]["occlusion"] == f"{mean['occlusion'][1] + 0.5:.3f} outside our interval; because"
    assert board["reason"]["lime"].startswith("not computed")
    assert (board[["paper", "table", "chapter"]] == ["paper2021", "Table 9", "some_page"]).all(axis=None)
    no_zero = printed.scored(found, "some_page", 3, None, lambda *_: "")
    assert no_zero["outcome"].tolist()[1] == "not reproduced"


@answers("tables.printed.absent")
@pytest.mark.parametrize(
    ("dataset", "model", "said"),
    [("middle", "lstm", ""), (printed.ALL, "tcn", ""), ("early_box", "lstm", ""),
     ("middle", "temporal_fusion", "a network this book does not build"), ("stocks", "lstm", "data this book")],
)  # fmt: skip
def test_absent_networks_and_data_are_named(dataset, model, said):
    assert printed.absent(dataset, model).startswith(said)
    assert bool(printed.absent(dataset, model)) == bool(said)


@answers("tables.reruns.with_reruns", "tables.reruns.sources")
def test_re_runs_stand_beside_ours_under_each_protocol():
    world = World(protocols=("as_released", "corrected"), layouts=("rare_feature",), models=("lstm",),
                  explainers=("fit", "dynamask"), metrics=("auroc", "aup_threshold"), whole_labels=True)  # fmt: skip
    theirs = pd.DataFrame(
        [("them", "rare_feature", "fit", "AUC", 0.5, 0.1), ("they", "rare_feature", "lime", "AUC", 0.4, 0.2),
         ("them", "rare_feature", "fit", "other", 0.1, 0.1)],
        columns=["source", "dataset", "explainer", "metric", "mean", "std"],
    )  # fmt: skip
    found = reruns.with_reruns(world.rows(), theirs, {"AUC": "auroc"})
    assert found.index.tolist() == [("rare feature", "FIT", "AUC"), ("rare feature", "LIME", "AUC")]
    fit, lime = found.loc[("rare feature", "FIT", "AUC")], found.loc[("rare feature", "LIME", "AUC")]
    for protocol in world.protocols:
        column = f"ours, {protocol.replace('_', ' ')}"
        assert fit[column] == words.interval(*world.bounds(protocol=protocol, explainer="fit", metric="auroc"))
        assert lime[column] == "–"
    assert (fit["re-run"], fit["its deviation"], lime["re-run"]) == (0.5, 0.1, 0.4)
    assert reruns.sources(theirs) == "Re-runs: them; they."


RIVALS = World(
    layouts=("rare_feature",), models=("lstm",), metrics=("auroc",),
    explainers=("dynamask", "fit", "lime", "dynamask_wide_areas", "fit[x]", "random"), seeds=(0, 1, 2),
    effects={("explainer", "dynamask"): 0.09, ("explainer", "fit"): 0.05, ("explainer", "lime"): 0.01,
             ("explainer", "dynamask_wide_areas"): 0.9, ("explainer", "fit[x]"): 0.9, ("explainer", "random"): 0.0},
)  # fmt: skip


@answers("tables.rivals.others")
def test_rivals_are_neither_variants_nor_controls_nor_the_method_itself():
    assert rivals.others(RIVALS.rows()) == ["fit", "lime"]


@answers("tables.rivals.gap")
@pytest.mark.parametrize(
    ("one", "best_of", "beyond", "word", "rival"),
    [("dynamask", ("lime", "fit"), 0.0, CONFIRMED, "fit"), ("fit", ("dynamask", "lime"), 0.0, REFUTED, "dynamask"),
     ("dynamask", ("lime", "fit"), 0.039, REFUTED, "fit"), ("dynamask", ("lime",), 0.05, CONFIRMED, "lime")],
)  # fmt: skip
def test_a_method_is_judged_against_the_best_of_others(one, best_of, beyond, word, rival):
    found = rivals.gap("c", RIVALS.rows(), "auroc", "as_released", one, best_of, beyond)
    expected = RIVALS.apart({"explainer": one}, {"explainer": rival})
    near((found.effect, found.low, found.high, found.n), (expected[0], *sorted(expected[1:]), 3))
    assert found.verdict == word
    assert f"against {words.printed(rival)}" in found.why
    assert rivals.gap("c", RIVALS.rows(), "auroc", "as_released", one, ["absent"]).n == 0


def scores(**of):
    """Scores of a winner and of controls, by seed or by data set and seed."""
    return {name: pd.Series(values) for name, values in of.items()}


@answers("tables.rivals.fair")
def test_a_winner_worth_nothing_or_a_measure_that_beats_the_perfect_map_decides_nothing():
    won = Verdict("c", CONFIRMED, 0.2, 0.1, 0.3, 3, "why")
    winner = pd.Series([0.60, 0.61, 0.62])
    low, above, perfect = [0.50, 0.52, 0.51], [0.70, 0.69, 0.71], [0.9, 0.9, 0.9]
    assert rivals.fair(won, winner, scores(random=low, position_only=low, oracle=perfect)) == won
    found = rivals.fair(won, winner, scores(random=low, oracle=[0.4, 0.4, 0.4]))
    assert (found.verdict, found.effect) == (UNDECIDED, 0.2)
    assert "scores the perfect map 0.40, below 0.61" in found.why
    for name in ("random", "position_only"):
        found = rivals.fair(won, winner, scores(**{name: above}))
        assert found.verdict == UNDECIDED
        assert f"not above {words.printed(name)}: -0.09" in found.why
    close = [0.58, 0.63, 0.60]  # lower on average, not for every seed
    assert rivals.fair(won, winner, scores(random=close)).verdict == UNDECIDED
    lost = Verdict("c", REFUTED, -0.2, -0.3, -0.1, 3, "why")
    assert rivals.fair(lost, winner, scores(random=above)) == lost
    index = pd.MultiIndex.from_product([["still", "moving"], [0, 1, 2]], names=["dataset", "seed"])
    winner = pd.Series([1.0, 1.0, 1.0, 0.7, 0.71, 0.72], index)
    best = pd.Series(1.0, index)
    position = pd.Series([1.0, 1.0, 1.0, 0.6, 0.6, 0.6], index)  # of a block that never moves it is the truth itself
    assert rivals.fair(won, winner, {"oracle": best, "position_only": position}) == won
    ahead = position.where(position == 1.0, 0.8)
    assert rivals.fair(won, winner, {"oracle": best, "position_only": ahead}).verdict == UNDECIDED


@answers("tables.rivals.level")
@pytest.mark.parametrize(("away", "word"), [(-0.05, CONFIRMED), (0.05, REFUTED), (0.0, UNDECIDED)])
def test_a_score_is_judged_against_a_level(away, word):
    world = World(layouts=("rare_feature",), models=("lstm",), explainers=("dynamask",),
                  spreads={("explainer", "dynamask"): 0.02})  # fmt: skip
    mean, low, high = world.bounds()
    found = rivals.level("c", world.rows(), "auroc", "dynamask", mean + away * (1 if abs(away) == 0 else 4))
    near((found.effect, found.low, found.high), (mean, low, high))
    assert found.verdict == word
    one = World(layouts=("rare_feature",), models=("lstm",), explainers=("dynamask",), seeds=(0,)).rows()
    assert rivals.level("c", one, "auroc", "dynamask", 0.1).verdict == UNDECIDED


@answers("tables.show.under")
def test_a_shown_table_has_names_in_words_and_yes_and_no():
    frame = pd.DataFrame({"method_name": ["gradient", "deep_lift"], "same_sign": [True, False], "x": [1, 2]})
    found = show.under(frame, ["method_name"])
    assert found.index.tolist() == ["Gradient", "DeepLIFT"]
    assert found["same sign"].tolist() == ["yes", "no"]


@answers("tables.words.interval")
@pytest.mark.parametrize(
    ("given", "settings", "text"),
    [((0.1234, 0.1, 0.15), {}, "0.123 [0.100, 0.150]"), ((0.1, np.nan, np.nan), {}, "0.100 (one seed)"),
     ((np.nan, 0.0, 1.0), {}, "–"), ((0.1, -0.1, 0.3), {"sign": True, "decimals": 1}, "+0.1 [-0.1, +0.3]")],
)  # fmt: skip
def test_an_interval_is_printed_low_before_high(given, settings, text):
    assert words.interval(*given, **settings) == text


@answers(
    "tables.words.metrics", "tables.words.method", "tables.words.rescaled_of", "tables.words.network",
    "tables.words.printed", "tables.words.layout", "tables.words.not_computed", "tables.words.paper",
)  # fmt: skip
def test_names_in_words():
    assert words.metrics("aur_count", "auroc") == {"aur_count": "AUR (count)", "auroc": "AUROC"}
    assert list(words.metrics("aur_count", "auroc")) == ["aur_count", "auroc"]
    assert words.method("tsr[gradient, mean]") == "TSR of Gradient (mean)"
    assert words.method("fit_clipped") == "FIT, clipped at zero"
    assert words.method("dynamask[one_area]") == "Dynamask (one area)"
    assert words.rescaled_of("rescaled_gradient_by_mean") == ("gradient", "mean")
    assert words.rescaled_of("gradient") == ("", "")
    assert words.network("lstm_input_cell") == "Input-cell LSTM"
    assert [words.printed(n) for n in ("lime", "tcn", "rare_time/car")] == ["LIME", "TCN", "rare time"]
    assert words.layout("moving_middle/harmonic") == "moving middle"
    assert words.not_computed("state") == "*Not computed yet; `tsinterp run state` computes it.*"
    said = words.not_computed("state", "masks", "maps", "quick")
    assert said == "*masks: not computed yet; `tsinterp maps state --profile quick` computes it.*"
    assert words.not_computed(what="maps") == "*maps: not computed yet.*"
    assert words.not_computed() == "*Not computed yet.*"
    assert [words.paper(key) for key in ("crabbe2021", "ismail2020")] == ["Crabbé 2021", "Ismail 2020"]


@answers("tables.words.interval_of")
def test_a_row_is_printed_as_its_interval():
    row = pd.Series({"mean": 0.5, "low": 0.25, "high": 0.75, "n": 3})
    assert words.interval_of(row, 2, True) == words.interval(0.5, 0.25, 0.75, 2, True) == "+0.50 [+0.25, +0.75]"
