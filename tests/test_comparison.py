"""Paired and rank tests against listings of every case, scipy, statsmodels and scikit-posthocs; power; verdicts."""

from dataclasses import replace
from itertools import pairwise as successive

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from tests.made_up import answers
from tests.oracles import friedman as friedman_oracle
from tests.oracles import signed_rank as oracle
from tests.test_statistics import made_up
from tsinterp_lib import figures
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.figures.comparison import not_told_apart
from tsinterp_lib.statistics import power, signed_rank
from tsinterp_lib.statistics.friedman import critical_difference, friedman, friedman_statistic
from tsinterp_lib.statistics.paired import by_block, by_cell, paired, pairwise
from tsinterp_lib.statistics.verdict import Verdict, holm, p_value, verdict, verdict_table

LAYOUTS = tuple(f"layout_{i}/gaussian_noise" for i in range(8))
TIED = [0.3, -0.1, 0.1, 0.0, 0.4, 0.1, -0.2, 0.0, 0.6]


def scored(values=None, layouts=LAYOUTS, models=("lstm", "tcn"), seeds=2, noise=0.05) -> pd.DataFrame:
    """Rows of one metric: each explainer's value, a random effect per layout and explainer, noise per cell."""
    rng = np.random.default_rng(3)
    values = values or {"gradient": 0.60, "occlusion": 0.65, "smoothgrad": 0.62, "lime": 0.8, "random": 0.5}
    rows = []
    for layout in layouts:
        for name, value in values.items():
            effect = rng.normal(0, noise)
            for model in models:
                for seed in range(seeds):
                    found = value + effect + rng.normal(0, noise / 5)
                    rows.append((layout, model, seed, name, found))
    table = pd.DataFrame(rows, columns=["dataset", "model", "seed", "explainer", "value"])
    return table.assign(protocol="corrected", profile="paper", metric="auroc", trainer="standard", at=np.nan)


@pytest.fixture(scope="module")
def differences():
    return np.random.default_rng(0).normal(0.3, 1.0, 9)


def test_the_signed_rank_test_lists_all_sign_patterns_with_and_without_ties(differences):
    for d in (differences, np.array(TIED), np.array([0.2, 0.2, 0.2])):
        w, p = signed_rank.signed_rank(d)
        assert (w, p) == pytest.approx(oracle.signed_rank(list(d)))


def test_the_signed_rank_test_is_scipys_where_no_values_tie(differences):
    for d in (differences, np.random.default_rng(1).normal(0.2, 1.0, 40)):
        theirs = stats.wilcoxon(d, method="exact")
        w, p = signed_rank.signed_rank(d)
        assert p == pytest.approx(theirs.pvalue, rel=1e-10)
        assert min(w, len(d) * (len(d) + 1) / 2 - w) == theirs.statistic


def test_the_signed_rank_test_is_scipys_over_all_sign_patterns_where_values_tie():
    theirs = stats.wilcoxon(TIED, method=stats.PermutationMethod(n_resamples=2 ** len(TIED)))
    assert signed_rank.signed_rank(np.array(TIED))[1] == pytest.approx(theirs.pvalue, rel=1e-12)


def test_the_signed_rank_test_is_exact_with_ties_where_no_list_of_patterns_ends():
    # all of one size: W⁺ counts the positive ones, so p is that of the sign test
    d = np.repeat([1.0, -1.0], [28, 12])
    assert signed_rank.signed_rank(d)[1] == pytest.approx(stats.binomtest(28, 40).pvalue, rel=1e-12)


def test_large_samples_reach_the_normal_approximation():
    d = np.random.default_rng(2).normal(0.1, 1.0, 300)
    assert signed_rank.signed_rank(d)[1] == pytest.approx(stats.wilcoxon(d, method="asymptotic").pvalue, abs=2e-3)


def test_no_difference_anywhere_has_p_one_and_no_rank_correlation():
    assert signed_rank.signed_rank(np.zeros(4)) == (0.0, 1.0)
    assert np.isnan(signed_rank.rank_biserial(np.zeros(4)))


def test_all_on_one_side_gives_the_smallest_p():
    assert signed_rank.signed_rank(np.arange(1.0, 11.0)) == (55.0, signed_rank.smallest_p(10))
    assert signed_rank.smallest_p(10) == 2 / 1024


def test_the_interval_of_the_shift_holds_what_the_test_does_not_reject(differences):
    middle, low, high = signed_rank.hodges_lehmann(differences)
    means = oracle.pairwise_means(list(differences))
    assert middle == pytest.approx(np.median(means))
    inside = [(a + b) / 2 for a, b in successive(means)]
    kept = oracle.accepted_shifts(list(differences), 0.95, inside)
    assert min(kept) > low > max(m for m in inside if m < min(kept))
    assert max(kept) < high < min(m for m in inside if m > max(kept))


def test_five_differences_cannot_bound_a_shift_at_95_percent():
    assert signed_rank.hodges_lehmann(np.arange(5.0)) == (2.0, -np.inf, np.inf)
    assert np.isfinite(signed_rank.hodges_lehmann(np.arange(6.0))).all()
    assert np.isfinite(signed_rank.hodges_lehmann(np.arange(5.0), level=0.9)).all()


def test_the_interval_of_the_shift_covers_as_often_as_it_says():
    draws = np.random.default_rng(4).normal(0.5, 1.0, (1500, 8))
    found = np.array([signed_rank.hodges_lehmann(d)[1:] for d in draws])
    covered = ((found[:, 0] <= 0.5) & (found[:, 1] >= 0.5)).mean()
    # of 2⁸ sign patterns, five have a rank sum of at most three (∅, 1, 2, 3, 1 + 2) on either side
    assert covered == pytest.approx(1 - 2 * 5 / 256, abs=0.015)


def test_effect_sizes_are_those_of_their_definitions(differences):
    a, b = np.array([3.0, 1.0, 2.0, 2.0]), np.array([0.0, 2.0, 1.0, 5.0])
    for d in (differences, np.array(TIED)):
        assert signed_rank.rank_biserial(d) == pytest.approx(oracle.rank_biserial(list(d)))
        assert signed_rank.standardised(d) == pytest.approx(stats.ttest_1samp(d, 0).statistic / np.sqrt(len(d)))
    assert signed_rank.cliffs_delta(a, b) == oracle.cliffs_delta(a, b)
    assert signed_rank.cliffs_delta(b + 10, a) == 1.0
    assert signed_rank.standardised(np.full(3, -2.0)) == -np.inf


def test_holms_correction_is_that_of_the_walk_up_the_sorted_values():
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.8, 0.03])
    assert signed_rank.holm(p) == pytest.approx(oracle.holm(list(p)))


def test_a_block_is_a_layout_with_seeds_averaged_within_networks():
    rows = scored()
    rows = rows[~((rows["model"] == "tcn") & (rows["seed"] == 1))]
    found = paired(rows, "lime", "gradient")
    by_network = rows.groupby(["dataset", "model", "explainer"])["value"].mean()
    grid = by_network.groupby(["dataset", "explainer"]).mean().unstack()
    d = (grid["lime"] - grid["gradient"]).to_numpy()
    assert found.n == len(LAYOUTS)
    assert found.mean == pytest.approx(d.mean(), abs=1e-6)
    assert found.p == pytest.approx(stats.wilcoxon(d, method="exact").pvalue)
    assert found.detectable == pytest.approx(power.detectable(8, float(d.std(ddof=1))), rel=1e-4)


def test_only_cells_that_both_have_are_compared():
    rows = scored(noise=1e-9)
    rows.loc[(rows["seed"] == 1) & (rows["explainer"] == "lime"), "value"] += 10
    gone = (rows["seed"] == 1) & (rows["explainer"] == "gradient")
    assert paired(rows[~gone], "lime", "gradient").mean == pytest.approx(0.2, abs=1e-6)


def test_the_comparison_is_antisymmetric():
    there, back = (paired(scored(), a, b) for a, b in (("lime", "gradient"), ("gradient", "lime")))
    assert (there.effect, there.low, there.high) == pytest.approx((-back.effect, -back.high, -back.low))
    assert (there.p, there.rank_biserial) == pytest.approx((back.p, -back.rank_biserial))


def test_networks_as_blocks_are_more_blocks_and_seeds_of_several_tasks_are_refused():
    assert paired(scored(), "lime", "gradient", blocks=("dataset", "model")).n == 16
    with pytest.raises(InvalidInput, match="each seed of a layout and network as a task"):
        paired(scored(), "lime", "gradient", blocks=("dataset", "model", "seed"))
    one = scored(layouts=LAYOUTS[:1], models=("lstm",), seeds=7)
    assert paired(one, "lime", "gradient", blocks=("seed",)).n == 7


def test_repeated_networks_as_blocks_find_differences_that_are_not_there():
    same = {"gradient": 0.6, "occlusion": 0.6}
    rows = scored(same, models=tuple("abcd"), seeds=1)
    place = rows["dataset"].map({name: i for i, name in enumerate(LAYOUTS)})
    which = (rows["explainer"] == "occlusion").astype(int)
    rng = np.random.default_rng(5)
    wrong = dict.fromkeys((("dataset",), ("dataset", "model")), 0)
    for _ in range(120):
        rows["value"] = 0.6 + rng.normal(0, 0.05, (8, 2))[place, which] + rng.normal(0, 0.01, len(rows))
        for blocks in wrong:
            wrong[blocks] += paired(rows, "gradient", "occlusion", blocks=blocks).p < 0.05
    assert wrong[("dataset",)] <= 14
    assert wrong[("dataset", "model")] >= 30


def test_all_pairs_are_corrected_together_and_controls_stay_out():
    table = pairwise(scored())
    assert len(table) == 6
    assert "random" not in set(table["a"]) | set(table["b"])
    assert table["p_holm"].tolist() == pytest.approx(oracle.holm(table["p"].tolist()))
    assert table.iloc[0]["a"] == "lime"
    assert (table["mean"] > 0).all()
    against = pairwise(scored(), against="random")
    assert set(against["b"]) == {"random"}
    assert len(against) == 4
    assert len(pairwise(scored(), controls=True)) == 10


def test_trainers_and_protocols_are_compared_like_explainers():
    rows = scored({"gradient": 0.6})
    both = pd.concat([rows, rows.assign(trainer="guided", value=rows["value"] + 0.1 + rows["seed"] / 100)])
    assert paired(both, "guided", "standard", factor="trainer").mean == pytest.approx(0.105)
    both = pd.concat([rows, rows.assign(protocol="as_released", value=rows["value"] - 0.1)])
    assert paired(both, "as_released", "corrected", factor="protocol").d_z < -1e3
    networks = paired(rows, "lstm", "tcn", factor="model")
    assert (networks.n, abs(networks.mean) < 0.02) == (8, True)


def test_equal_scores_stay_in_the_table_and_are_refused_as_a_pair():
    rows = scored()
    rows.loc[rows["explainer"] == "occlusion", "value"] = rows.loc[rows["explainer"] == "gradient", "value"].to_numpy()
    same = pairwise(rows).set_index(["a", "b"]).loc[("gradient", "occlusion")]
    assert (same["p"], same["zeros"], same["effect"]) == (1.0, 8, 0.0)
    with pytest.raises(InvalidInput, match="same in all 8 blocks"):
        paired(rows, "gradient", "occlusion")


def test_differences_of_rounding_count_as_none():
    rows = scored({"gradient": 0.6, "occlusion": 0.6}, noise=1e-9)
    assert pairwise(rows).iloc[0]["zeros"] == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: pd.concat([r, r.assign(metric="aup")]), "several metrics"),
        (lambda r: pd.concat([r, r.assign(protocol="as_released")]), "several protocols"),
        (lambda r: pd.concat([r, r.assign(at=0.5)]), "several ats"),
        (lambda r: pd.concat([r, r]), "several rows for one explainer"),
        (lambda r: r.assign(value=r["value"].where(r["seed"] == 0)), "NaN where it is undefined"),
        (lambda r: r[r["dataset"] == LAYOUTS[0]], "1 blocks of dataset"),
        (lambda r: r[r["explainer"].isin(["gradient", "random"])], "one explainer"),
        (lambda r: r[:0], "no rows to compare"),
        (lambda r: r.drop(columns="trainer"), "lacks trainer"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(change, message):
    with pytest.raises(InvalidInput, match=message):
        pairwise(change(scored()))


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'gradient'"):
        paired(scored(), "gradiant", "lime")
    with pytest.raises(UnknownName, match="Did you mean 'random'"):
        pairwise(scored(), against="randum")
    with pytest.raises(UnknownName, match="no block is called 'layout'"):
        pairwise(scored(), blocks=("layout",))
    with pytest.raises(InvalidInput, match="compared with itself"):
        paired(scored(), "lime", "lime")


def test_undefined_cells_are_left_out_on_request_only():
    rows = scored(noise=1e-9)
    rows.loc[(rows["explainer"] == "lime") & (rows["seed"] == 0), "value"] = np.nan
    assert paired(rows, "lime", "gradient", leave_out_undefined=True).mean == pytest.approx(0.2, abs=1e-6)


def test_friedmans_test_is_that_of_the_definition():
    rng = np.random.default_rng(6)
    for scores in (rng.normal(size=(7, 4)), rng.integers(0, 3, (9, 5)).astype(float)):
        ranks = pd.DataFrame(scores).rank(axis=1).to_numpy()
        chi, f = friedman_statistic(ranks)
        assert (chi, f) == pytest.approx(friedman_oracle.friedman(scores.tolist()))


def test_a_perfect_agreement_and_a_perfect_disagreement_are_the_ends():
    chi, f = friedman_statistic(np.tile([1.0, 2.0, 3.0], (5, 1)))
    assert (chi, f) == (10.0, np.inf)
    chi, f = friedman_statistic(np.array([[1.0, 2, 3], [2, 3, 1], [3, 1, 2]]))
    assert (chi, f) == (0.0, 0.0)
    with pytest.raises(InvalidInput, match="tie in all 4 blocks"):
        friedman_statistic(np.full((4, 3), 2.0))


def test_the_critical_difference_is_the_published_one_and_the_one_its_test_accepts():
    # the table of q at 5 %: 1.960 for two methods, 2.343 for three, 3.164 for ten
    for k, q in ((2, 1.960), (3, 2.343), (10, 3.164)):
        assert critical_difference(k, 6) == pytest.approx(q * np.sqrt(k * (k + 1) / 36), abs=1e-3)
    cd = critical_difference(4, 12)
    assert friedman_oracle.nemenyi([1.0, 1.0 + cd, 2.5, 3.0], 12)[0][1] == pytest.approx(0.05, abs=1e-6)


def test_ranks_say_who_is_left_out_and_what_stands_behind_them():
    rows = scored()
    gone = (rows["explainer"] == "smoothgrad") & (rows["model"] == "tcn") & (rows["dataset"] == LAYOUTS[0])
    found = friedman(rows[~gone])
    assert (found.left_out, found.cells, found.cells_left_out) == ((), 30, 2)
    gone = (rows["explainer"] == "smoothgrad") & (rows["dataset"] == LAYOUTS[0])
    found = friedman(rows[~gone])
    assert (found.left_out, found.cells_left_out) == (("smoothgrad",), 0)
    assert set(found.ranks.index) == {"gradient", "occlusion", "lime"}
    with pytest.raises(InvalidInput, match="smoothgrad miss a block"):
        friedman(rows[~gone & (rows["explainer"] != "lime")])


@pytest.mark.parametrize("blocks", [None, ("dataset", "model")])
@pytest.mark.parametrize("higher", [True, False])
def test_the_record_holds_the_test_of_its_blocks(blocks, higher):
    rows = scored()
    smooth = rows["explainer"] == "smoothgrad"
    rows.loc[rows["explainer"] == "occlusion", "value"] = rows.loc[smooth, "value"].to_numpy()
    found = friedman(rows, higher, blocks)
    grid = by_block(by_cell(rows[rows["explainer"] != "random"]), blocks=blocks)
    n, k = grid.shape
    chi, f = friedman_oracle.friedman((-grid if higher else grid).to_numpy().tolist())
    assert (found.blocks, found.statistic, found.f) == (n, pytest.approx(chi), pytest.approx(f))
    assert found.p == pytest.approx(stats.chi2.sf(chi, k - 1))
    assert found.f_p == pytest.approx(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))
    assert found.agreement == pytest.approx(chi / (n * (k - 1)))
    assert found.ranks.to_dict() == grid.rank(axis=1, ascending=not higher).mean().to_dict()
    order = list(found.ranks.index)
    theirs = np.array(friedman_oracle.nemenyi(found.ranks.tolist(), n))
    assert found.pairwise.loc[order, order].to_numpy() == pytest.approx(theirs, abs=1e-12)
    assert order[0] == ("lime" if higher else "gradient")


def test_pairs_after_friedman_may_be_signed_rank_tests():
    found, table = friedman(scored(), posthoc="wilcoxon"), pairwise(scored())
    for a, b, p in table[["a", "b", "p_holm"]].itertuples(index=False):
        assert found.pairwise.loc[a, b] == found.pairwise.loc[b, a] == p


def test_power_is_that_of_statsmodels_and_of_simulation():
    theirs = TTestPower()
    for n in (3, 10, 37):
        assert power.power(n, 0.6, 0.9) == pytest.approx(theirs.power(0.6 / 0.9, n, 0.05), abs=1e-6)
        found = power.detectable(n, 0.9, power=0.8)
        assert found == pytest.approx(0.9 * theirs.solve_power(nobs=n, alpha=0.05, power=0.8), rel=1e-4)
    d = np.random.default_rng(7).normal(0.6, 0.9, (4000, 10))
    assert (stats.ttest_1samp(d, 0, axis=1).pvalue < 0.05).mean() == pytest.approx(power.power(10, 0.6, 0.9), abs=0.025)


def test_the_smallest_detectable_difference_is_found_where_the_noncentral_t_has_no_value():
    for n, alpha in ((5, 0.001), (40, 0.001), (2, 0.05)):
        for wanted in (0.5, 0.8, 0.99):
            assert power.power(n, power.detectable(n, 0.9, wanted, alpha), 0.9, alpha) == pytest.approx(wanted)
    # two blocks: T > t for z > t |y| − √2 δ, with z and y normal
    y = np.abs(np.random.default_rng(8).normal(size=400_000))
    shift, critical = np.sqrt(2) * 23.2145, stats.t.ppf(0.975, 1)
    assert stats.norm.sf(critical * y - shift).mean() == pytest.approx(power.power(2, 23.2145, 1.0), abs=1e-3)


def test_a_difference_of_zero_is_found_as_often_as_alpha_says():
    assert power.power(5, 0.0, 1.0, alpha=0.01) == pytest.approx(0.01)


def test_repetitions_needed_are_the_fewest_that_reach_the_power():
    for difference in (0.05, 0.3, 3.0):
        n = power.repetitions_needed(difference, 0.4)
        assert power.power(n, difference, 0.4) >= 0.8
        assert n == 2 or power.power(n - 1, difference, 0.4) < 0.8
    assert power.detectable(power.repetitions_needed(0.3, 0.4), 0.4) <= 0.3
    assert power.detectable(9, 0.0) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power.detectable(1, 1.0), "at least two blocks"),
        (lambda: power.detectable(5, -1.0), "not negative"),
        (lambda: power.detectable(5, 1.0, power=0.01), "between `alpha`"),
        (lambda: power.repetitions_needed(0.0, 1.0), "difference of zero"),
        (lambda: power.repetitions_needed(1e-6, 1.0), "more than 1000000"),
        (lambda: power.power(5, 1.0, 0.0), "without spread"),
        (lambda: power.power(5, 1.0, 1.0, alpha=1.0), "between 0 and 1"),
        (lambda: critical_difference(1, 5), "need k"),
        (lambda: signed_rank.holm(np.array([0.1, np.nan])), "1 of 2 values"),
    ],
)
def test_impossible_designs_are_refused(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()


@pytest.mark.parametrize(
    ("low", "high", "says", "negligible", "word"),
    [
        (0.1, 0.3, "above", 0.0, "confirmed"),
        (0.1, 0.3, "below", 0.0, "refuted"),
        (-0.3, -0.1, "below", 0.0, "confirmed"),
        (-0.1, 0.3, "above", 0.0, "undecided"),
        (0.1, 0.3, "above", 0.5, "refuted"),
        (0.1, 0.3, "above", 0.14, "confirmed"),
        (0.1, 0.3, "above", 0.2, "undecided"),  # the effect itself, 0.15, is within what does not matter
        (0.1, 0.3, "below", 0.2, "refuted"),
        (-0.1, 0.1, "none", 0.2, "confirmed"),
        (0.3, 0.4, "none", 0.2, "refuted"),
        (-0.1, 0.3, "none", 0.2, "undecided"),
        (-np.inf, np.inf, "above", 0.0, "undecided"),
        (0.0, 0.3, "above", 0.0, "undecided"),
    ],
)
def test_a_verdict_is_where_the_interval_lies(low, high, says, negligible, word):
    effect = float(np.clip(0.15, low, high))
    assert verdict("claim", effect, low, high, 10, says, negligible).verdict == word


@answers("statistics.verdict.p_value", "statistics.verdict.holm")
def test_p_and_holm_of_verdicts_are_those_of_student_and_statsmodels():
    values = np.random.default_rng(0).normal(0.3, 1, 12)
    half = stats.t.ppf(0.975, 11) * stats.sem(values)
    one = verdict("c", values.mean(), values.mean() - half, values.mean() + half, 12)
    assert p_value(one) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert p_value(replace(one, zero=0.5)) == pytest.approx(stats.ttest_1samp(values, 0.5).pvalue)
    assert np.isnan(p_value(replace(one, n=1)))
    p = [0.01, 0.04, float("nan"), 0.03, 0.5]
    expected = multipletests([0.01, 0.04, 0.03, 0.5], method="holm")[1]
    np.testing.assert_allclose([v for v in holm(p) if np.isfinite(v)], expected)
    assert np.isnan(holm(p)[2])


def test_one_repetition_decides_nothing_and_verdicts_make_a_table():
    one = verdict("a beats b", 0.2, 0.1, 0.3, 1)
    assert one == Verdict("a beats b", "undecided", 0.2, 0.1, 0.3, 1, "1 repetition: nothing is known about another")
    found = verdict_table([one, verdict("b beats c", 0.2, 0.1, 0.3, 5)])
    assert found["verdict"].to_dict() == {"a beats b": "undecided", "b beats c": "confirmed"}
    assert verdict("one seed", 0.2, float("nan"), float("nan"), 1).verdict == "undecided"
    for wrong, message in (((0.5, 0.1, 0.3, 5), "inside its interval"), ((np.nan, 0.1, 0.3, 5), "finite effect")):
        with pytest.raises(InvalidInput, match=message):
            verdict("claim", *wrong)
    with pytest.raises(InvalidInput, match="above zero for a claim of no difference"):
        verdict("claim", 0.2, 0.1, 0.3, 5, "none")
    with pytest.raises(InvalidInput, match="no verdicts"):
        verdict_table([])


def test_bars_join_the_longest_runs_that_are_not_told_apart():
    ranks = np.array([1.0, 1.5, 3.0, 3.2, 5.0])
    alike = pd.DataFrame(np.where(np.abs(ranks[:, None] - ranks[None, :]) < 2.01, 1.0, 0.0))
    assert not_told_apart(alike) == [(0, 2), (1, 3), (2, 4)]
    assert not_told_apart(pd.DataFrame(np.eye(3))) == []


def test_the_diagram_names_every_explainer_once_and_draws_a_bar_per_group():
    found = friedman(scored())
    figure = figures.critical_difference(found, "AUROC")
    axes = figure.axes[0]
    assert {t.get_text() for t in axes.get_yticklabels()} == {"Gradient", "Occlusion", "SmoothGrad", "LIME"}
    bars = [line for line in axes.lines if line.get_lw() == 3]
    order = found.ranks.index
    assert len(bars) == len(not_told_apart(found.pairwise.loc[order, order]))
    assert "Nemenyi" in figure.get_supxlabel()
    assert "Holm" in figures.critical_difference(friedman(scored(), posthoc="wilcoxon"), "AUROC").get_supxlabel()
    assert plt.get_fignums() == []


def test_the_forest_draws_each_difference_and_fills_what_is_told_apart():
    table = pairwise(scored(), against="random")
    axes = figures.forest(table, "AUROC", negligible=0.02).axes[0]
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert sorted(float(line.get_xdata()[0]) for line in points) == sorted(table["effect"])
    filled = [line for line in points if line.get_markerfacecolor() != "white"]
    assert len(filled) == int((table["p_holm"] < 0.05).sum())
    few = pairwise(scored(layouts=LAYOUTS[:3]))
    assert "3 blocks" in figures.forest(few, "AUROC").get_supxlabel()
    with pytest.raises(InvalidInput, match="no pairs"):
        figures.forest(table[:0], "AUROC")


def test_the_matrix_shows_both_signs_of_each_pair():
    table = pairwise(scored())
    figure = figures.pair_matrix(table, "AUROC")
    drawn = np.asarray(figure.axes[0].images[0].get_array(), dtype=float)
    assert drawn + drawn.T == pytest.approx(np.where(np.eye(4), np.nan, 0.0), nan_ok=True)
    assert np.nanmax(drawn) == table["effect"].max()
    assert "6 pairs" in figure.get_supxlabel()


def test_chapters_compare_the_rows_of_a_study():
    rows = made_up(protocols=("corrected",))
    cells = by_cell(rows[rows["metric"] == "auroc"])
    assert cells.shape == (12, 5)
    assert by_block(cells).shape == (2, 5)
