"""Means, paired comparisons and ranks of rows whose numbers are known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.made_up import World, answers, near
from tsinterp_lib.statistics import effects, friedman, means, nested, paired
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED

WORLD = World(layouts=("middle", "rare_time", "rare_feature", "small_middle"), models=("lstm", "tcn"),
              explainers=("gradient", "lime", "fit", "random"))  # fmt: skip
ROWS = WORLD.rows()
PART = ROWS[ROWS["metric"] == "auroc"]
ORDER = sorted(("gradient", "lime", "fit"), key=lambda e: -WORLD.effect("explainer", e))


@answers("statistics.means.summarise", "statistics.means.interval")
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_over_seeds_is_that_of_the_spread(level):
    found = means.summarise(PART, ["metric", "protocol", "profile", "model", "explainer"], level)
    for row in found.itertuples():
        at = {"model": row.model, "explainer": row.explainer}
        mean, half = WORLD.mean(**at), WORLD.half(WORLD.k(**at), level)
        near((row.mean, row.low, row.high, row.n), (mean, mean - half, mean + half, 3))
    values = pd.Series([1.0, 2.0, 3.0, np.nan])
    half = stats.t.ppf(0.975, 2) * 1.0 / np.sqrt(3)
    near(means.interval(values), (2.0, 2.0 - half, 2.0 + half, 3))


@answers("statistics.means.difference_from")
@pytest.mark.parametrize("control", ["random", "lime"])
def test_the_control_of_the_same_model_is_subtracted(control):
    rows = pd.concat([PART, PART.assign(trainer="other", value=PART["value"] + PART["seed"])])
    found = means.difference_from(rows, control)
    assert len(found) == 2 * 4 * 2 * 3 * 3
    expected = found["explainer"].map({e: WORLD.effect("explainer", e) for e in WORLD.explainers})
    expected -= WORLD.effect("explainer", control)
    pull = found["seed"].map(WORLD.z) + found["dataset"].str.split("/").str[0].map(WORLD.l)
    k = found["explainer"].map(lambda e: WORLD.spread("explainer", e)) - WORLD.spread("explainer", control)
    near(found["value"], expected + pull * k)


@answers("statistics.means.mean_ranks", "statistics.friedman.friedman")
def test_ranks_follow_the_effects():
    found = means.mean_ranks(PART)
    assert found.to_dict() == dict(zip(ORDER, (1.0, 2.0, 3.0), strict=True))
    test = friedman.friedman(PART)
    assert test.ranks.index.tolist() == ORDER
    assert (test.blocks, test.statistic, test.agreement) == (4, 8.0, 1.0)
    assert test.p == pytest.approx(stats.chi2.sf(8.0, 2))
    assert friedman.friedman(PART, higher_is_better=False).ranks.index.tolist() == ORDER[::-1]


@answers("statistics.means.stratified")
def test_strata_are_fixed_and_repetitions_random():
    values = pd.Series([1.0, 3.0, 10.0, 12.0, 14.0])
    mean, low, high = means.stratified(values, pd.Series(list("aabbb")))
    parts = np.array([2.0 / 2, 4.0 / 3])
    nu = parts.sum() ** 2 / (parts**2 / [1, 2]).sum()
    half = stats.t.ppf(0.975, nu) * np.sqrt(parts.sum()) / 2
    near((mean, low, high), (7.0, 7.0 - half, 7.0 + half))


@answers("statistics.effects.effect", "statistics.effects.judged")
def test_an_effect_is_changed_minus_released_over_layouts_and_seeds():
    changed, released = (PART[PART["explainer"] == e].assign(explainer="x") for e in ("lime", "fit"))
    found = effects.effect("a", "b", "AUROC", changed, released)
    gain = WORLD.effect("explainer", "lime") - WORLD.effect("explainer", "fit")
    k = WORLD.spread("explainer", "lime") - WORLD.spread("explainer", "fit")
    half = stats.t.ppf(0.975, 8) * np.sqrt(k**2 * 4 / 3) / 4
    near((found.effect, found.low, found.high), (gain, gain - half, gain + half))
    assert (found.blocks, found.choice, found.changed_to, found.quantity) == (12, "a", "b", "AUROC")
    word = CONFIRMED if gain > 0 else REFUTED
    assert effects.judged("c", found).verdict == word
    back = effects.effect("a", "b", "AUROC", released, changed)
    assert effects.judged("c", back).verdict == (REFUTED if gain > 0 else CONFIRMED)
    assert effects.judged("c", effects.Effect("", "", "", 0.1, np.nan, np.nan, 1)).verdict == UNDECIDED


@answers("statistics.paired.paired", "statistics.paired.pairwise", "statistics.paired.by_block",
         "statistics.paired.by_cell")  # fmt: skip
def test_a_comparison_is_a_minus_b_over_layouts():
    a, b = ORDER[0], ORDER[-1]
    found = paired.paired(PART, a, b)
    gain = WORLD.effect("explainer", a) - WORLD.effect("explainer", b)
    assert (found.a, found.b, found.n, found.rank_biserial) == (a, b, 4, 1.0)
    assert (found.mean, found.effect) == pytest.approx((gain, gain), abs=1e-6)
    pull = [WORLD.l(d) * (WORLD.spread("explainer", a) - WORLD.spread("explainer", b)) for d in WORLD.layouts]
    assert found.sd == pytest.approx(np.std(pull, ddof=1), abs=1e-6)
    table = paired.pairwise(PART)
    assert table[["a", "b"]].to_numpy().tolist() == [[ORDER[0], ORDER[1]], [ORDER[0], ORDER[2]], [ORDER[1], ORDER[2]]]
    cells = paired.by_cell(PART)
    blocks = paired.by_block(cells)
    near(cells.loc[("middle/gaussian_noise", "tcn", 1), "fit"],
         WORLD.mean(layout="middle", model="tcn", explainer="fit"))  # fmt: skip
    near(blocks.loc["middle/gaussian_noise", "fit"], WORLD.mean(layout="middle", explainer="fit"), 1e-6)


@answers("statistics.nested.summarise_nested", "statistics.nested.nested_interval")
def test_nested_summaries_tell_seeds_from_samples():
    part = PART[(PART["model"] == "tcn") & (PART["explainer"] == "fit")]
    (row,) = nested.summarise_nested(part, ["model"]).to_dict("records")
    at = {"model": "tcn", "explainer": "fit"}
    near((row["mean"], row["low"], row["high"]), WORLD.bounds(**at))
    near(row["sem_samples"], 0.01 / 2)  # of a mean over four layouts
    near(row["sd_seeds"], np.sqrt(max(0.0, WORLD.k(**at) ** 2 - 0.005**2)))
    assert (row["n"], row["level"], row["layouts"], row["left_out"]) == (3, "seeds", 4, 0)
