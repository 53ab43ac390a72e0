"""The rule of *reproduced* and the measure of agreement, on tables whose truth is known."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.made_up import answers
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.statistics import agreement as ag
from tsinterp_lib.statistics.means import interval
from tsinterp_lib.statistics.outcome import FEWEST, OF_THE_NUMBER, confirms, narrow, predicted
from tsinterp_lib.studies.guided import against_chance
from tsinterp_lib.tables import papers


def simulated(n: int, same: bool, deviations=(0.001, 0.003, 0.01, 0.03), repeats=10, spread=True):
    """Of printed areas as truths: how many intervals of n runs are narrow enough, and how many of these confirm."""
    rng = np.random.default_rng(1)
    table = papers.table("ismail2021_tables8_to_11")
    asked = passed = 0
    for _, kind in table.groupby(["model", "metric", "training"]):
        truth = np.tile(kind["value"].to_numpy(), (repeats, 1))
        deviation = rng.choice(deviations, truth.shape)
        runs = truth[..., None] + deviation[..., None] * rng.standard_normal((*truth.shape, n))
        half = stats.t.ppf(0.975, n - 1) * runs.std(axis=-1, ddof=1) / np.sqrt(n)
        low, high = runs.mean(axis=-1) - half, runs.mean(axis=-1) + half
        # Of other truths: a random order, then one place on, so that no number meets itself.
        order = rng.permuted(np.tile(np.arange(truth.shape[1]), (repeats, 1)), axis=1)
        other = np.empty_like(order)
        np.put_along_axis(other, order, np.roll(order, 1, axis=1), axis=1)
        theirs = truth if same else np.take_along_axis(truth, other, axis=1)
        theirs = np.round(theirs + deviation * rng.standard_normal(truth.shape) / np.sqrt(5), 3)
        width = kind["value"].std() if spread else np.inf
        sure = narrow(predicted(low, high, float(n), 5.0), theirs, 0.0, width)
        asked += int(sure.sum())
        passed += int(confirms(theirs, 3, low, high, float(n), 0.0, width, 5.0).sum())
    return asked / (960 * repeats), passed / asked


@answers("statistics.outcome.confirms", "statistics.outcome.narrow", "statistics.outcome.predicted")
def test_five_runs_confirm_what_they_repeat_and_little_else():
    half = predicted(0.1, 0.3, 5.0, 5.0)
    assert half == pytest.approx(0.1 * np.sqrt(2))
    assert narrow(half, 0.3, 0.0, np.inf)
    assert not narrow(half, 0.28, 0.0, np.inf)
    assert confirms(0.3, 3, 0.1, 0.3, 5.0, 0.0, np.inf, 5.0)
    assert not confirms(-0.3, 3, 0.1, 0.3, 5.0, 0.0, np.inf, 5.0)
    testable, found = simulated(5, same=True)
    assert testable > 0.35
    assert found > 0.9
    assert simulated(5, same=False)[1] < 0.05


def test_half_of_the_number_alone_would_let_chance_pass():
    assert OF_THE_NUMBER == 0.5
    assert simulated(5, same=False, spread=False)[1] > 0.1


@pytest.mark.parametrize("n", [3, 4, 5])
def test_the_rule_in_use_lets_nine_of_ten_copies_pass_and_one_of_twenty_others(n):
    assert simulated(n, same=True)[1] > 0.9
    assert simulated(n, same=False)[1] < 0.05


def test_fewer_runs_confirm_less_of_what_they_repeat_and_two_nothing():
    assert simulated(3, same=True)[0] < simulated(5, same=True)[0]
    assert FEWEST == 3
    assert simulated(2, same=True) == (pytest.approx(0.22, abs=0.03), 0.0)


@answers("statistics.agreement.expected")
def test_the_expectations_are_those_of_shuffling_and_copying():
    rng = np.random.default_rng(0)
    published = rng.normal(0, 0.2, 40).round(3)
    ours = published[rng.permutation(40)]
    low, high, n = ours - 0.005, ours + 0.005, np.full(40, 5.0)
    rule = (3, 0.0, 0.2, 5.0)
    chance, copy = ag.expected(published, low, high, n, rule[0], rule[1], rule[2], rule[3], np.inf)
    drawn = [confirms(rng.permutation(published), rule[0], low, high, n, *rule[1:]).sum() for _ in range(400)]
    assert chance.sum() == pytest.approx(np.mean(drawn), abs=0.3)
    assert copy.mean() == pytest.approx(0.95, abs=0.06)
    none, _ = ag.expected(published, low * np.nan, high, n * 0, *rule[:2], *rule[2:], np.inf)
    assert none.sum() == 0


def made(noise: float, effect: float, seed: int = 0) -> pd.DataFrame:
    """Two networks' tables: ours, and print that is ours plus noise, with an effect of training in both."""
    rng = np.random.default_rng(seed)
    lines = []
    for model, quantity, layout in product(("lstm", "tcn"), ("diff_aup", "diff_aur"), range(10)):
        for e in range(6):
            base, gain = rng.normal(0, 0.1), effect * rng.normal()
            for k, training in enumerate(ag.WAYS):
                runs = pd.Series(base + k * gain + 0.01 * rng.standard_normal(5))
                found = interval(runs)
                cell = {"model": model, "quantity": quantity, "training": training, "dataset": layout, "explainer": e}
                printed = base + k * gain + noise * rng.standard_normal()
                lines.append(cell | dict(found) | {"published": round(printed, 3)})
    return pd.DataFrame(lines)


def test_a_copy_agrees_as_a_copy_does_and_noise_as_chance_does():
    near = ag.agreement(made(0.0045, 0.1), draws=200).set_index(["model", "measure"])
    for name in ("order", "effect_r", "effect_sign", "inside"):
        row = near.loc[("tcn", name)]
        assert row["value"] == pytest.approx(row["copy"], abs=0.06), name
        assert row["value"] > row["to"]
        assert row["p"] < 0.01
    for name in ("bias", "distance"):
        row = near.loc[("tcn", name)]
        assert (row["p"] < 0.01) == (name == "distance"), name  # a shuffle keeps the mean, and so the bias
    table = made(0.0045, 0.1)
    rng = np.random.default_rng(2)
    table["published"] = table.groupby(list(ag.KIND))["published"].transform(lambda v: rng.permutation(v.to_numpy()))
    far = ag.agreement(table, draws=200, by=()).set_index("measure")
    for name in ("order", "effect_r", "effect_sign", "inside", "distance"):
        assert far.loc[name, "from"] - 0.02 <= far.loc[name, "value"] <= far.loc[name, "to"] + 0.02, name
    assert far.loc["order", "copy"] > 0.8


@answers("statistics.agreement.agreement")
def test_the_measures_are_those_of_their_definitions():
    table = made(0.05, 0.05)
    found = ag.agreement(table, draws=20, by=()).set_index("measure")["value"]
    assert found["bias"] == pytest.approx((table["mean"] - table["published"]).mean())
    assert found["distance"] == pytest.approx((table["mean"] - table["published"]).abs().mean())
    ranks = [
        part["mean"].corr(part["published"], method="spearman")
        for _, part in table.groupby([*ag.KIND, "dataset"])
    ]  # fmt: skip
    assert found["order"] == pytest.approx(np.mean(ranks))
    wide = table.pivot_table(index=["model", "quantity", "dataset", "explainer"], columns="training")
    ours, theirs = (wide[c]["saliency_guided"] - wide[c]["traditional"] for c in ("mean", "published"))
    assert found["effect_r"] == pytest.approx(ours.corr(theirs))
    assert found["effect_sign"] == pytest.approx(((ours > 0) == (theirs > 0)).mean())


def test_the_same_seed_gives_the_same_table_and_none_without_cells_is_refused():
    pd.testing.assert_frame_equal(ag.agreement(made(0.1, 0.1), draws=30), ag.agreement(made(0.1, 0.1), draws=30))
    with pytest.raises(InvalidInput, match="two seeds"):
        ag.agreement(made(0.1, 0.1).assign(n=1))


@answers(
    "studies.guided.against_chance.measured", "studies.guided.against_chance.table", "studies.guided.against_chance.say"
)
def test_the_page_says_the_measures_with_their_null():
    cells = made(0.05, 0.05).rename(columns={"quantity": "metric"})
    found = against_chance.measured(cells)
    assert list(dict.fromkeys(found["model"])) == ["lstm", "tcn", against_chance.TOTAL]
    printed = against_chance.table(found)
    assert len(printed) == 3 * len(ag.MEASURES)
    bias = float((cells["mean"] - cells["published"]).mean())
    assert found[found["measure"] == "bias"]["value"].iloc[-1] == pytest.approx(bias)
    assert printed[printed["measure"].str.startswith("bias")]["ours against print"].iloc[-1] == f"{bias:.3f}"
    total = found[found["model"] == against_chance.TOTAL].set_index("measure")
    said = against_chance.say(found)
    assert said.startswith("Over 480 cells")
    assert f"correlates by {total.loc['effect_r', 'value']:.2f} (shuffled print" in said
