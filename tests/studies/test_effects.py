"""Effects of switches and verdicts on claims, on rows whose answer is known."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from tsinterp_lib import figures
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.statistics import effects
from tsinterp_lib.statistics.means import stratified
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED
from tsinterp_lib.studies.audit import page as audit
from tsinterp_lib.studies.audit import recounts
from tsinterp_lib.studies.audit.plan import AUDIT
from tsinterp_lib.studies.benchmark import claims as benchmark
from tsinterp_lib.studies.digits import claims as digits
from tsinterp_lib.studies.processes import page as processes
from tsinterp_lib.studies.rescaling import page as rescaling

LAYOUTS = ("middle/gaussian_noise", "rare_time/gaussian_noise")


def rows(value, protocols=("as_released",), models=("lstm", "tcn"), explainers=("gradient", "random"), metric="auroc",
         seeds=(0, 1, 2)):  # fmt: skip
    cells = product(protocols, LAYOUTS, models, explainers, seeds)
    table = [
        {"study": "s", "protocol": p, "profile": "paper", "dataset": d, "model": m, "trainer": "standard",
         "explainer": e, "metric": metric, "at": np.nan, "seed": s, "value": value(p, d, m, e, s)}
        for p, d, m, e, s in cells
    ]  # fmt: skip
    return pd.DataFrame(table)


def test_the_stratified_interval_is_the_textbook_one():
    d = pd.Series([1.0, 2.0, 3.0, 10.0, 12.0, 14.0])
    mean, low, high = stratified(d, pd.Series([*"aaabbb"]))
    other = ttest_ind([10.0, 12.0, 14.0], [-1.0, -2.0, -3.0], equal_var=False).confidence_interval()
    assert (mean, low, high) == pytest.approx((7.0, other.low / 2, other.high / 2))


def coverage(sizes, deviations, n=400):
    rng, strata, hits = np.random.default_rng(0), pd.Series(np.repeat(np.arange(len(sizes)), sizes)), 0
    for _ in range(n):
        values = pd.Series(rng.normal(0, np.repeat(deviations, sizes)))
        _, low, high = stratified(values, strata)
        hits += low <= 0 <= high
    return hits / n


@pytest.mark.parametrize(
    ("sizes", "deviations", "least"),
    [
        ([5, 5, 5, 5], [1, 1, 1, 1], 0.92),
        ([5, 5, 5, 5], [10, 1, 1, 1], 0.91),
        ([2, 2], [10, 1], 0.88),
        ([2, 5, 5, 5], [10, 1, 1, 1], 0.83),  # pooled deviations: 0.53
    ],
)
def test_the_stratified_interval_covers_as_its_docstring_says(sizes, deviations, least):
    assert least <= coverage(sizes, deviations) <= 0.99


def test_one_repetition_gives_a_value_and_no_interval():
    mean, low, high = stratified(pd.Series([1.0, 3.0]), pd.Series([*"ab"]))
    assert mean == 2.0
    assert np.isnan([low, high]).all()


def test_a_switch_that_adds_a_tenth_has_an_effect_of_a_tenth():
    names = ("as_released", "one_softmax")
    table = rows(lambda p, d, m, e, s: 0.6 + 0.01 * s + 0.1 * (p == "one_softmax") * (e == "gradient"), names)
    parts = [table, *(table.assign(metric=m) for m in (*audit.SCORES, *audit.OF_MODELS) if m != "auroc")]
    found = effects.table(audit.of_switches(pd.concat(parts)))
    assert found["effect"].to_numpy() == pytest.approx(np.full(len(found), 0.1))
    assert set(found["moves"]) == {"yes"}
    assert set(found["blocks"]) == {6}


def test_effects_of_rows_without_a_common_cell_are_refused():
    table = rows(lambda *_: 0.5)
    with pytest.raises(InvalidInput, match="share no cell"):
        effects.effect("x", "y", "AUROC", table[table["seed"] == 0], table[table["seed"] == 1])


def test_a_better_network_is_confirmed_and_the_reverse_refuted():
    table = rows(lambda p, d, m, e, s: 0.5 + (0.2 * (m == "tcn") + 0.001 * s * (m == "lstm")) * (e != "random"))
    assert benchmark.better_network(table, "tcn", "lstm").verdict == CONFIRMED
    habit = table[table["explainer"] == "gradient"].assign(explainer="position_only")
    blind = benchmark.better_network(pd.concat([table, habit]), "tcn", "lstm")
    assert (blind.verdict, "not above Position only" in blind.why) == (UNDECIDED, True)
    assert benchmark.better_network(table, "lstm", "tcn").verdict == REFUTED
    one = table[table["seed"] == 0]
    assert benchmark.better_network(one, "tcn", "lstm").verdict == UNDECIDED


@pytest.mark.parametrize(
    ("lowest", "word"), [(0.3, REFUTED), (-0.3, CONFIRMED), (0.0005, UNDECIDED)], ids=["above", "below", "unclear"]
)
def test_beating_chance_everywhere_is_judged_by_the_lowest_layout(lowest, word):
    def value(p, d, m, e, s):
        gain = {"middle/gaussian_noise": 0.5}.get(d, lowest)
        return 0.3 + (gain + 0.001 * s) * (e == "gradient")

    found = benchmark.nobody_beats_chance_everywhere(rows(value, metric="aup_count"), "aup_count")
    assert found.verdict == word
    assert found.effect == pytest.approx(lowest + 0.001)


def test_every_switch_changes_one_thing_and_keeps_the_rest_as_released():
    plans = AUDIT.plan("paper")
    released = plans["as_released"]
    for name, plan in plans.items():
        changed = [
            plan.datasets[0].params != {d.alias: d.params for d in released.datasets}[plan.datasets[0].alias],
            plan.models[0].params != released.models[0].params,
            plan.trainers[0].params["protocol"] != "as_released" or len(plan.trainers[0].params) > 2,
        ]
        assert sum(changed) == (name != "as_released")


def test_orders_of_methods_agree_with_themselves():
    table = rows(lambda p, d, m, e, s: {"gradient": 0.9, "lime": 0.7, "occlusion": 0.6}[e],
                 explainers=("gradient", "lime", "occlusion"))  # fmt: skip
    other = table.assign(dataset=table["dataset"].str.replace("gaussian_noise", "narma"))
    both = pd.concat([table, other])
    both["process"] = both["dataset"].str.split("/").str[1]
    assert processes.same_order(both, "auroc", "as_released")["tau"].tolist() == [1.0]
    assert processes.by_process(both, "auroc", "as_released").shape == (2, 2)
    with pytest.raises(InvalidInput, match="at least two"):
        processes.same_order(both[both["process"] == "narma"], "auroc", "as_released")


def test_a_network_on_few_layouts_takes_none_away_from_the_others_and_is_told_apart():
    table = rows(lambda p, d, m, e, s: 0.6 if m == "lstm" else 0.7, explainers=("gradient", "lime"))
    table.loc[table["explainer"] == "lime", "value"] -= 0.1
    third = table[table["dataset"] == LAYOUTS[0]].assign(dataset="small_middle/gaussian_noise")
    table = pd.concat([table, third])
    other = table.assign(dataset=table["dataset"].str.replace("gaussian_noise", "narma"), value=table["value"] + 0.1)
    both = pd.concat([table, other])
    both["process"] = both["dataset"].str.split("/").str[1]
    assert processes.alone(both, "as_released") == {}
    few = both[(both["model"] == "lstm") | (both["process"] != "narma") | (both["dataset"] == "middle/narma")]
    assert processes.on_shared_layouts(few, "as_released")[1] == ["middle", "small_middle", "rare_time"]
    assert list(processes.by_process(few, "auroc", "as_released").columns) == ["lstm"]
    assert processes.alone(few, "as_released") == {"tcn": ["middle"]}
    said = processes.say_processes(few)
    assert (
        "(middle, small middle, rare time), mean AUROC goes from 0.55 (gaussian noise) to 0.65 (narma) on the **LSTM**"
        in said
    )
    assert "(middle), mean AUROC goes from 0.65 (gaussian noise) to 0.75 (narma) on the **TCN**" in said


def test_settings_of_rescaling_are_compared_with_those_of_the_code():
    names = ("tsr[gradient]", "tsr[gradient, value zero]", "tsr[lime]", "gradient")
    table = rows(lambda p, d, m, e, s: 0.6 + 0.01 * s - 0.2 * ("zero" in e), ("corrected",), explainers=names)
    (found,) = audit.of_rescaling(table)
    assert (found.changed_to, found.quantity) == ("value zero", "AUROC")
    assert found.effect == pytest.approx(-0.2)
    assert audit.of_rescaling(table[table["explainer"] != names[1]]) == []


def test_a_stricter_gate_leaves_fewer_models_and_their_mean():
    table = rows(lambda p, d, m, e, s: 0.5 + 0.3 * (m == "tcn"))
    accuracy = table.drop_duplicates(["dataset", "model", "seed"]).assign(explainer="", metric="test_accuracy")
    accuracy["value"] = np.where(accuracy["model"] == "tcn", 0.96, 0.91) - 0.2 * (accuracy["seed"] == 0)
    found = recounts.of_gate(pd.concat([table, accuracy]))
    assert found["models"].tolist() == [12, 8, 4]
    assert found["AUROC"].to_numpy() == pytest.approx([0.65, 0.65, 0.8])


def test_a_zero_that_is_carried_forward_hides_the_recovery():
    table = rows(lambda *_: 1.0, explainers=("gradient",), metric="masked_accuracy_mass", models=("tcn",))
    levels = {0.0: 1.0, 0.25: 0.0, 0.5: 0.4, 1.0: 0.4}
    curves = pd.concat([table.assign(at=at, value=value) for at, value in levels.items()])
    curves.loc[curves["seed"] > 0, "value"] = 0.5
    found = recounts.of_carried_zeros(curves).iloc[0]
    assert found[["curves", "curves that touch 0", "curves that recover"]].tolist() == [6, 2, 2]
    assert found["largest change of an area"] == pytest.approx(0.25 * 0.2 + 0.5 * 0.4)
    with pytest.raises(InvalidInput, match="no curve"):
        recounts.of_carried_zeros(table.assign(metric="auroc"))


def test_an_image_is_confirmed_better_only_where_the_intervals_say_so():
    means = {"cnn": 0.5, "lstm": 0.2, "tcn": 0.49}
    table = rows(lambda p, d, m, e, s: means[m], models=tuple(means), metric="saliency_share_cells", seeds=(0,))
    table = table[table["dataset"] == LAYOUTS[0]].assign(sem=0.01, n=100)
    assert [v.verdict for v in digits.images_over_series(table)] == [CONFIRMED, UNDECIDED]
    assert digits.images_over_series(table[table["model"] != "cnn"]) == []


@pytest.mark.parametrize("low", [0.1, np.nan])
def test_a_value_without_an_interval_is_marked_as_one_seed(low):
    table = pd.DataFrame(
        {"choice": ["a", "b"], "quantity": "AUROC", "effect": 0.2, "low": [0.1, low], "high": [0.3, low]}
    )
    legend = [t.get_text() for t in figures.effects(table, "choice", ["AUROC"]).legends[0].get_texts()]
    assert ("one seed: no interval" in legend) == np.isnan(low)


def test_methods_to_rescale_live_are_the_first_as_it_is_and_all_rescaled():
    found = rescaling.live_choices(["gradient", "occlusion"])
    assert list(found) == ["gradient", "tsr[gradient]", "tsr[occlusion]"]
    with pytest.raises(UnknownName, match="Did you mean 'gradient'"):
        rescaling.live_choices(["gradiant"])
    with pytest.raises(InvalidInput, match="at least one method"):
        rescaling.live_choices([])
