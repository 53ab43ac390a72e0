"""Intervals and mean ranks against hand-worked numbers and scipy; tables of the chapters from made-up rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.made_up import answers
from tests.oracles.nested import components
from tsinterp_lib import paths
from tsinterp_lib.errors import InvalidInput, MissingRows, UnknownName
from tsinterp_lib.statistics.friedman import friedman
from tsinterp_lib.statistics.means import difference_from, interval, mean_ranks, summarise
from tsinterp_lib.statistics.nested import nested_interval, summarise_nested
from tsinterp_lib.studies.benchmark import page as benchmark
from tsinterp_lib.tables import papers, select, summaries, words

EXPLAINERS = {"gradient": 0.6, "occlusion": 0.7, "smoothgrad": 0.8, "random": 0.5, "oracle": 1.0}
METRICS = (*summaries.METHOD_RANKS, "aup_count_time", "aup_count_feature")


def made_up(protocols=("as_released", "corrected"), models=("lstm", "tcn"), seeds=3, passed=1.0) -> pd.DataFrame:
    """Rows whose means are known: the value of EXPLAINERS, plus a thousandth per seed."""
    rows = []
    for protocol in protocols:
        for model in models:
            for dataset in ("middle/gaussian_noise", "rare_time/gaussian_noise"):
                for seed in range(seeds):
                    base = {"study": "benchmark", "protocol": protocol, "profile": "paper", "dataset": dataset}
                    base |= {"model": model, "trainer": "standard", "at": np.nan, "seed": seed, "seconds": 1.0}
                    base |= {"sem": 0.1, "n": 100, "forward_calls": 100, "device": "cpu", "version": "1"}
                    cell = f"{protocol}{model}{dataset}{seed}"
                    for metric, value in (("passed_gate", passed), ("test_accuracy", 0.97), ("epochs", 5.0)):
                        rows.append({**base, "explainer": "", "metric": metric, "value": value, "cell": cell})
                    for name, value in EXPLAINERS.items():
                        for metric in METRICS:
                            scored = {"metric": metric, "value": value + seed / 1000}
                            rows.append({**base, "explainer": name, **scored, "cell": cell + name})
    return pd.DataFrame(rows)


def test_the_interval_is_students():
    v = pd.Series([0.1, 0.4, 0.4, 0.7])
    low, high = stats.t.interval(0.95, 3, loc=v.mean(), scale=stats.sem(v))
    found = interval(v)
    assert found["mean"] == pytest.approx(0.4)
    assert (found["low"], found["high"], found["n"]) == (pytest.approx(low), pytest.approx(high), 4)


def test_one_repetition_has_no_interval_and_missing_values_do_not_count():
    found = interval(pd.Series([0.3, np.nan]))
    assert (found["mean"], found["n"]) == (0.3, 1)
    assert np.isnan(found["low"])


def test_layouts_are_averaged_within_a_seed_before_the_interval():
    rows = made_up(protocols=("corrected",), models=("tcn",))
    rows = rows[(rows["metric"] == "auroc") & (rows["explainer"] == "gradient")]
    rows.loc[rows["dataset"].str.startswith("rare"), "value"] += 0.2
    found = summarise(rows, ["explainer"]).iloc[0]
    assert (found["n"], found["mean"]) == (3, pytest.approx(0.701))
    assert found["high"] - found["low"] == pytest.approx(2 * stats.t.ppf(0.975, 2) * 0.001 / np.sqrt(3))


def test_where_seeds_have_other_layouts_each_layout_counts_once():
    rows = made_up(protocols=("corrected",), models=("tcn",))
    rows = rows[(rows["metric"] == "auroc") & (rows["explainer"] == "gradient")].copy()
    rare = rows["dataset"].str.startswith("rare")
    rows.loc[rare, "value"] += 0.2
    found = summarise(rows[~(rare & (rows["seed"] == 2))], ["explainer"]).iloc[0]
    middle, some = np.array([0.6, 0.601, 0.602]), np.array([0.8, 0.801])
    assert (found["n"], found["mean"]) == (3, pytest.approx((middle.mean() + some.mean()) / 2))
    welch = stats.ttest_ind(middle, -some, equal_var=False).confidence_interval()
    assert (found["low"], found["high"]) == pytest.approx((welch.low / 2, welch.high / 2))


def test_metrics_and_protocols_are_never_mixed():
    with pytest.raises(InvalidInput, match="several metrics"):
        summarise(made_up(), ["explainer"])
    one = made_up()
    with pytest.raises(InvalidInput, match="several protocols"):
        summarise(one[one["metric"] == "auroc"], ["explainer"])


def ranked(noise=0.08):
    rng = np.random.default_rng(0)
    rows = made_up(protocols=("corrected",))
    return rows[rows["metric"] == "auroc"].assign(value=lambda r: r["value"] + rng.normal(0, noise, len(r)))


def test_mean_ranks_are_those_of_the_values_over_layouts_and_networks():
    rows = ranked()
    found, plain = mean_ranks(rows), rows[~rows["explainer"].isin(("random", "oracle"))]
    grid = plain.pivot_table(index=["dataset", "model"], columns="explainer", values="value")
    assert len(grid) == 4
    assert found.to_dict() == grid.rank(axis=1, ascending=False).mean().to_dict()
    assert found.is_monotonic_increasing
    assert list(mean_ranks(rows, higher_is_better=False).index) == list(found.index)[::-1]


def test_mean_ranks_are_friedmans_over_the_same_blocks_but_for_what_their_docstring_says():
    rows, blocks = ranked(), ("dataset", "model")
    assert mean_ranks(rows).to_dict() == pytest.approx(friedman(rows, blocks=blocks).ranks.to_dict())
    close = made_up(protocols=("corrected",), models=("lstm", "tcn"))
    close = close[close["metric"] == "auroc"].assign(value=lambda r: 0.5 + r["value"] * 1e-7)
    assert mean_ranks(close).to_dict() == {"smoothgrad": 1.0, "occlusion": 2.0, "gradient": 3.0}
    with pytest.raises(InvalidInput, match="tie in all 4 blocks"):
        friedman(close, blocks=blocks)
    gone = (rows["explainer"] == "gradient") & (rows["seed"] == 2)
    rows.loc[rows["seed"] == 2, "value"] += 10.0
    assert mean_ranks(rows[~gone])["gradient"] == 3.0
    assert friedman(rows[~gone], blocks=blocks).ranks["gradient"] == pytest.approx(
        mean_ranks(rows[rows["seed"] < 2])["gradient"]
    )


def test_a_method_missing_in_a_block_is_not_ranked_and_too_few_is_an_error():
    rows = made_up(protocols=("corrected",))
    rows = rows[rows["metric"] == "auroc"]
    gone = (rows["explainer"] == "smoothgrad") & (rows["model"] == "tcn")
    with pytest.raises(InvalidInput, match="2 explainers in 4 blocks"):
        mean_ranks(rows[~gone])


def test_differences_are_from_the_control_of_the_same_model():
    rows = made_up()
    rows = rows[(rows["metric"] == "aup_count") & (rows["protocol"] == "corrected")]
    found = difference_from(rows).groupby("explainer")["value"].mean()
    assert found["gradient"] == pytest.approx(0.1)
    assert "random" not in found


def drawn(rng, k, m, between, within):
    """Scores of m samples for each of k seeds."""
    return rng.normal(0.5, between, (k, 1)) + rng.normal(0.0, within, (k, m))


def closed_form(scores):
    k, m = scores.shape
    return nested_interval(scores.mean(1), scores.std(1, ddof=1) / np.sqrt(m), np.full(k, m - 1.0))


def test_variation_between_seeds_and_samples_is_taken_apart():
    scores = drawn(np.random.default_rng(0), 5, 30, 0.2, 0.6)
    mean, error, between, noise = components(scores.tolist())
    found = closed_form(scores)
    half = stats.t.ppf(0.975, 4) * error
    assert [found[c] for c in ("mean", "low", "high")] == pytest.approx([mean, mean - half, mean + half])
    assert (found["sd_seeds"] ** 2, found["sem_samples"] ** 2) == pytest.approx((between, noise))
    assert found["share_samples"] == pytest.approx(noise / (between + noise))
    assert (found["n"], found["level"]) == (5, "seeds")
    assert found["low"] == pytest.approx(interval(pd.Series(scores.mean(1)))["low"])


def test_the_components_are_those_that_the_scores_were_drawn_with():
    rng = np.random.default_rng(1)
    found = pd.DataFrame([closed_form(drawn(rng, 6, 20, 0.3, 0.6)) for _ in range(400)])
    assert (found["sd_seeds"] ** 2).mean() == pytest.approx(0.09, rel=0.1)
    assert (found["sem_samples"] ** 2).mean() == pytest.approx(0.018, rel=0.05)


def test_seeds_that_differ_by_less_than_their_samples_have_no_variation_of_their_own():
    found = nested_interval(np.array([0.50, 0.51]), np.array([0.1, 0.1]), np.array([9.0, 9.0]))
    assert (found["sd_seeds"], found["share_samples"]) == (0.0, 1.0)


def test_the_interval_of_one_seed_is_over_its_samples_and_says_so():
    scores = drawn(np.random.default_rng(2), 1, 25, 0.0, 1.0)
    found = closed_form(scores)
    low, high = stats.t.interval(0.95, 24, loc=scores.mean(), scale=stats.sem(scores[0]))
    assert (found["low"], found["high"]) == pytest.approx((low, high))
    assert (found["n"], found["level"]) == (1, "samples of one seed")
    assert np.isnan(found["sd_seeds"])
    unknown = nested_interval(np.array([0.5]), np.array([np.nan]), np.array([0.0]))
    assert unknown["level"] == "none"
    assert np.isnan(unknown["low"])
    with pytest.raises(InvalidInput, match="no finite mean"):
        nested_interval(np.array([np.nan, 0.5]), np.array([0.1, 0.1]), np.array([9.0, 9.0]))


def test_the_interval_over_seeds_covers_and_that_of_one_seeds_samples_does_not():
    rng = np.random.default_rng(3)
    several = [closed_form(drawn(rng, 4, 10, 0.2, 0.3)) for _ in range(600)]
    one = [closed_form(drawn(rng, 1, 10, 0.2, 0.3)) for _ in range(600)]
    covered = [np.mean([f["low"] <= 0.5 <= f["high"] for f in found]) for found in (several, one)]
    assert covered[0] == pytest.approx(0.95, abs=0.03)
    assert covered[1] < 0.75


def test_nested_summaries_average_layouts_and_keep_what_is_complete():
    rows = made_up(protocols=("corrected",), models=("tcn",), seeds=3)
    rows = rows[(rows["metric"] == "auroc") & (rows["explainer"] == "gradient")]
    found = summarise_nested(rows, ["model", "explainer"]).iloc[0]
    assert (found["mean"], found["n"], found["layouts"]) == (pytest.approx(0.601), 3, 2)
    assert found["sem_samples"] == pytest.approx(np.sqrt(2 * 0.1**2) / 2)
    assert found["low"] == pytest.approx(summarise(rows, ["model", "explainer"]).iloc[0]["low"])
    part = rows[~((rows["seed"] == 2) & rows["dataset"].str.startswith("rare"))]
    by_seeds, by_layouts = (summarise_nested(part, ["explainer"], keep=k).iloc[0] for k in ("seeds", "layouts"))
    assert (by_seeds["n"], by_seeds["layouts"], by_seeds["left_out"]) == (3, 1, 2)
    assert (by_layouts["n"], by_layouts["layouts"], by_layouts["left_out"]) == (2, 2, 1)
    one = summarise_nested(rows[rows["seed"] == 0], ["explainer"]).iloc[0]
    half = stats.t.ppf(0.975, 2 * 99) * np.sqrt(2 * 0.1**2) / 2
    assert (one["high"] - one["mean"], one["level"]) == (pytest.approx(half), "samples of one seed")


def test_nested_summaries_mix_nothing():
    rows = made_up(protocols=("corrected",))
    rows = rows[rows["metric"] == "auroc"]
    with pytest.raises(InvalidInput, match="several models"):
        summarise_nested(rows, ["explainer"])
    with pytest.raises(InvalidInput, match="several explainers"):
        summarise_nested(rows, ["model"])
    with pytest.raises(InvalidInput, match="several rows per layout and seed"):
        summarise_nested(pd.concat([rows, rows]), ["model", "explainer"])
    with pytest.raises(InvalidInput, match="no finite mean"):
        summarise_nested(rows.assign(value=rows["value"].where(rows["seed"] > 0)), ["model", "explainer"])
    apart = rows[(rows["seed"] == 0) == rows["dataset"].str.startswith("rare")]
    with pytest.raises(InvalidInput, match="no layout is complete; try keep='layouts'"):
        summarise_nested(apart, ["model", "explainer"])


def test_only_models_past_the_gate_are_explained_and_their_own_rows_stay():
    passed, failed = made_up(models=("lstm",)), made_up(models=("tcn",), passed=0.0)
    kept = select._past_the_gate(pd.concat([passed, failed]), gated=True)
    assert set(kept[kept["explainer"] != ""]["model"]) == {"lstm"}
    assert set(summaries.coverage(kept)["passed"]) == {0, 6}
    with pytest.raises(MissingRows, match="no model passed"):
        select._past_the_gate(failed, gated=True)


def test_networks_are_compared_on_the_layouts_that_all_of_them_have():
    rows = made_up()
    rows = rows[~((rows["model"] == "tcn") & rows["dataset"].str.startswith("rare"))]
    shared, layouts = select.on_shared_layouts(rows, "corrected")
    assert layouts == 1
    assert set(shared["dataset"]) == {"middle/gaussian_noise"}
    assert set(shared["model"]) == {"lstm", "tcn"}


def test_agreement_says_whether_the_published_value_lies_inside():
    summary = pd.DataFrame(
        {"model": ["lstm"] * 2, "explainer": ["a", "b"], "mean": [0.1, 0.1], "low": [0.0, 0.0], "high": [0.2, 0.2],
         "n": [5, 5]}
    )  # fmt: skip
    theirs = pd.DataFrame({"model": ["lstm"] * 2, "explainer": ["a", "b"], "value": [0.15, -0.3]})
    found = benchmark.agreement(summary, theirs).set_index("explainer")
    assert found["inside"].tolist() == [True, False]
    assert found["same_sign"].tolist() == [True, False]
    assert found["gap"].tolist() == pytest.approx([-0.05, 0.4])


def test_published_tables_hold_the_printed_numbers():
    table = benchmark.reference("diff_aup").set_index(["model", "explainer"])["value"]
    assert table["lstm", "gradient"] == -0.113
    assert len(papers.table("ismail2021_table7")) == 80
    with pytest.raises(UnknownName, match="ismail2021_table2"):
        papers.table("ismail2021_table22")


def test_tables_of_the_benchmark_chapter_come_from_rows():
    rows = made_up()
    assert summaries.accuracy(rows, "corrected").to_numpy() == pytest.approx(0.97)
    assert summaries.by_explainer(rows, "auroc", "corrected").shape[0] == 10
    assert summaries.beats(rows, "aup_count", "as_released")["above"].sum() == 2 * 2 * 4
    assert set(summaries.ranks(rows, summaries.METHOD_RANKS, "corrected").index) == {
        "gradient",
        "occlusion",
        "smoothgrad",
    }
    assert benchmark.time_minus_feature(rows, "corrected").abs().to_numpy().max() == 0
    assert benchmark.controls(rows).loc[("corrected", "aup_mass"), "oracle"] == pytest.approx(1.001)
    assert summaries.cost(rows, "corrected")["forward_calls"].to_numpy().min() == 100


def test_sentences_carry_the_numbers_of_the_rows():
    rows = made_up()
    text = benchmark.say_benchmark(rows)
    assert "0.80" in text
    assert "SmoothGrad" in text
    assert "of 12 models pass" in benchmark.say_accuracy(rows)
    assert "signs agree" in benchmark.say_agreement(rows)


@answers("studies.benchmark.page.layouts_by_network", "studies.benchmark.page.say_layouts")
def test_the_sentence_on_layouts_names_the_wider_axis_and_follows_the_rows():
    rows = made_up()
    moved = rows.assign(value=rows["value"] + 0.1 * (rows["dataset"] == rows["dataset"].max()))
    grid = benchmark.layouts_by_network(moved, "corrected")
    text = benchmark.say_layouts(moved)
    assert f"by {grid.mean(axis=1).max() - grid.mean(axis=1).min():.2f} between layouts" in text
    assert f"by {grid.mean(axis=0).max() - grid.mean(axis=0).min():.2f} between networks" in text
    assert "more over layouts than over networks" in text
    apart = rows.assign(value=rows["value"] + 0.1 * (rows["model"] == rows["model"].max()))
    assert "more over networks than over layouts" in benchmark.say_layouts(apart)
    both = apart.assign(value=apart["value"] + 0.1 * (apart["dataset"] == apart["dataset"].max()))
    assert "about as much over layouts as over networks" in benchmark.say_layouts(both)


@answers("studies.benchmark.page.say_position", "studies.benchmark.page.never_moving")
def test_position_only_is_the_truth_where_no_block_moves():
    fixed = ["middle", "small_middle", "rare_time", "rare_feature"]
    assert benchmark.never_moving("corrected") == benchmark.never_moving("as_released") == fixed
    rows = made_up()
    there = set(select.layout(rows[rows["explainer"] != ""]["dataset"])) & set(fixed)
    position = rows[rows["explainer"] == "oracle"].assign(explainer="position_only")
    text = benchmark.say_position(pd.concat([rows, position]))
    assert f"on the {len(there)} layouts" in text
    assert all(words.layout(name) in text for name in there)


@answers("tables.words.marked", "tables.words.below")
def test_methods_that_cannot_see_features_have_a_dagger_and_a_line_below():
    assert words.marked("lime") == "LIME†"
    assert words.marked("lime", blind=()) == words.marked("gradient").replace("Gradient", "LIME") == "LIME"
    assert words.below("gradient", "occlusion") == f"\n\n{words.DAGGER}."
    assert words.below("gradient") == ""


def test_reading_an_unpublished_study_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    assert paths.results() == tmp_path.resolve()
    with pytest.raises(MissingRows, match="tsinterp run benchmark"):
        select.rows("benchmark")
    with pytest.raises(UnknownName, match="Did you mean 'paper'"):
        select.rows("benchmark", "papper")
