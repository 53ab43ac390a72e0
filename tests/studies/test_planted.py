"""Benchmark, domains, processes, rescaling and audit against known effects: tables, sentences and claims."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.made_up import World, answers, near
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED
from tsinterp_lib.studies.audit import page as audit
from tsinterp_lib.studies.audit import recounts
from tsinterp_lib.studies.audit.plan import SWITCHES
from tsinterp_lib.studies.benchmark import claims, domains_page
from tsinterp_lib.studies.benchmark import page as benchmark
from tsinterp_lib.studies.processes import page as processes
from tsinterp_lib.studies.rescaling import claims as rescaling_claims
from tsinterp_lib.studies.rescaling import page as rescaling
from tsinterp_lib.tables import papers, select, words

EXPLAINERS = ("gradient", "smoothgrad", "lime", "random", "oracle", "position_only")
METHODS = ("gradient", "smoothgrad", "lime")
EFFECTS = {("explainer", "gradient"): 0.01, ("explainer", "lime"): 0.04, ("explainer", "smoothgrad"): 0.086,
           ("explainer", "random"): 0.02, ("model", "lstm"): 0.0, ("model", "tcn"): 0.2,
           ("model", "transformer"): 0.1}  # fmt: skip


def world(**changes):
    effects = EFFECTS | changes.pop("effects", {})
    return World(**{"protocols": ("as_released", "corrected"), "layouts": ("middle", "rare_time", "rare_feature"),
                    "models": ("transformer", "lstm", "tcn"), "explainers": EXPLAINERS, "effects": effects,
                    "metrics": ("auroc", "aup_count", "aur_count", "aup_mass", "aur_mass"), **changes})  # fmt: skip


WORLD = world()
ROWS = WORLD.rows()


def above_chance(made, **at):
    """Mean, low and high of a method minus the random map of the same model."""
    mean, *ends = made.apart(at, at | {"explainer": "random"})
    return mean, *sorted(ends)


@answers("studies.benchmark.page.say_benchmark")
def test_the_benchmark_names_the_best_and_the_worst():
    said = benchmark.say_benchmark(ROWS)
    for protocol, printed in words.PROTOCOLS.items():
        at = {"protocol": protocol, "metric": "auroc"}
        tcn, lstm = (WORLD.mean(model=m, explainer=METHODS, **at) for m in ("tcn", "lstm"))
        best, worst = (WORLD.mean(explainer=e, **at) for e in ("smoothgrad", "gradient"))
        assert (
            f"**{printed.capitalize()}**: on the 3 layouts and with the 3 methods that every network has, AUROC is "
            f"{tcn:.2f} on the TCN and {lstm:.2f} on the LSTM; averaged over networks, it is {best:.2f} for the best "
            f"method (SmoothGrad) and {worst:.2f} for the worst (Gradient)."
        ) in said
    assert "above chance, with its whole interval, in 18 of 27 combinations" in said
    assert said.endswith("and below chance in 9.")


@answers("studies.benchmark.page.say_accuracy", "studies.benchmark.page.accuracy_gap")
def test_accuracies_are_compared_with_print():
    rows = WORLD.rows(lambda t: (t["model"] == "lstm") & (t["protocol"] == "corrected") & (t["seed"] == 2))
    gap = benchmark.accuracy_gap(rows)
    theirs = papers.table("ismail2021_table7")
    theirs = theirs[theirs["training"] == "traditional"].set_index(["dataset", "model"])["test_accuracy"]
    expected = {
        (d, m): WORLD.accuracy(protocol="as_released", layout=d, model=m) - theirs.get((d, m), np.nan)
        for d in gap.index for m in gap.columns
    }  # fmt: skip
    for (layout, model), value in expected.items():
        near(gap.loc[layout, model], value)
    there = {k: v for k, v in expected.items() if not np.isnan(v)}
    (layout, model), least = min(there.items(), key=lambda item: item[1])
    assert benchmark.say_accuracy(rows) == (
        "As released: 27 of 27 models pass the gate. Corrected: 24 of 27 models pass the gate. The largest shortfall "
        f"against the published accuracies is {least:+.2f} ({words.network(model)}, {words.layout(layout)}); "
        f"the mean difference over all cells is {np.mean(list(there.values())):+.3f}."
    )


@answers(
    "studies.benchmark.page.agreement_of", "studies.benchmark.page.reference", "studies.benchmark.page.agreement",
    "studies.benchmark.page.agreement_table", "studies.benchmark.page.say_agreement",
)  # fmt: skip
def test_agreement_is_ours_minus_the_random_map_against_the_printed_value():
    printed = papers.table("ismail2021_table2").set_index(["metric", "model", "explainer", "training"])["value"]
    assert benchmark.agreement_of(ROWS, "diff_aup").empty  # three layouts are not the mean of ten
    whole = world(layouts=tuple(LAYOUTS))
    rows, texts = whole.rows(), []
    for metric, area, name in (("diff_aup", "aup_count", "AUP"), ("diff_aur", "aur_count", "AUR")):
        found = benchmark.agreement_of(rows, metric)
        assert len(found)
        for row in found.itertuples():
            at = {"model": row.model, "explainer": row.explainer, "protocol": "as_released", "metric": area}
            mean, low, high = above_chance(whole, **at)
            value = printed[(metric, row.model, row.explainer, "traditional")]
            near((row.mean, row.low, row.high, row.published, row.gap), (mean, low, high, value, mean - value))
            assert row.inside == (low <= value <= high)
            assert row.same_sign == ((mean > 0) == (value > 0))
        texts.append(f"{name}: {int(found['same_sign'].sum())} of {len(found)} signs agree, "
                     f"{int(found['inside'].sum())} of {len(found)} published")  # fmt: skip
        reference = benchmark.reference(metric)
        own = printed.xs(metric).xs("traditional", level="training")
        near(reference["value"], own[list(reference[["model", "explainer"]].itertuples(index=False, name=None))])
    said = benchmark.say_agreement(rows)
    assert all(text in said for text in texts)
    row = benchmark.agreement_table(rows).iloc[-1]
    at = {"model": row["model"], "explainer": row["explainer"], "protocol": "as_released", "metric": "aur_count"}
    expected = words.interval(*above_chance(whole, **at), sign=True)
    assert (row["quantity"], row["ours [95 %]"]) == ("AUR − random", expected)
    made = pd.DataFrame({"model": ["lstm"] * 2, "explainer": ["a", "b"], "mean": [0.1, -0.1], "low": [0.0, -0.2],
                         "high": [0.2, 0.0], "n": 3})  # fmt: skip
    theirs = pd.DataFrame({"model": ["lstm"] * 2, "explainer": ["a", "b"], "value": [0.15, 0.2]})
    both = benchmark.agreement(made, theirs)
    assert both[["inside", "same_sign"]].to_numpy().tolist() == [[True, True], [False, False]]
    near(both["gap"], (-0.05, -0.3))


DOMAINS = world(
    metrics=("aup_count", "aup_count_time", "aup_count_feature", "aup_count_time_as_released",
             "aup_count_feature_as_released"),
    effects={("metric", "aup_count_time"): 0.3, ("metric", "aup_count_feature"): 0.1,
             ("metric", "aup_count_time_as_released"): 0.35, ("metric", "aup_count_feature_as_released"): 0.08},
)  # fmt: skip
DOMAIN_ROWS = DOMAINS.rows()


def chance_of_time(shift):
    """The rows with another chance level of time steps, so that their gain above it is another."""
    at = (DOMAIN_ROWS["metric"] == "aup_count_time") & (DOMAIN_ROWS["explainer"] == "random")
    return DOMAIN_ROWS.assign(value=DOMAIN_ROWS["value"] + shift * at)


@answers("studies.benchmark.page.time_minus_feature", "studies.benchmark.page.controls")
def test_time_is_minus_feature_and_controls_are_means():
    grid = benchmark.time_minus_feature(DOMAIN_ROWS, "corrected")
    assert grid.columns.tolist() == ["lstm", "tcn", "transformer"]
    near(grid, np.full(grid.shape, 0.2))
    for (protocol, metric), row in benchmark.controls(ROWS).iterrows():
        for explainer in ("oracle", "random"):
            near(row[explainer], round(WORLD.mean(protocol=protocol, metric=metric, explainer=explainer), 3))


@answers("studies.benchmark.domains_page.domains", "studies.benchmark.domains_page.difference_from_random",
         "studies.benchmark.domains_page.say_domains")  # fmt: skip
def test_domains_are_above_the_random_map_of_the_same_domain():
    rows = chance_of_time(-0.05)
    found = domains_page.domains(rows, "corrected")
    metrics = {"cells": "aup_count", "time": "aup_count_time", "features": "aup_count_feature"}
    assert set(found["domain"]) == set(metrics)
    for row in found.itertuples():
        at = {"protocol": "corrected", "model": row.model, "explainer": row.explainer, "metric": metrics[row.domain]}
        more = 0.05 if row.domain == "time" else 0.0
        near((row.mean, row.low, row.high), np.add(above_chance(DOMAINS, **at), more))
    said = domains_page.say_domains(rows, "corrected")
    gain = np.mean([EFFECTS[("explainer", e)] - 0.02 for e in ("gradient", "smoothgrad")])
    text = f"(mean gain over chance {gain + 0.05:+.2f} against {gain:+.2f})."
    assert f"TCN: time is found better than features by 2 of 2 methods that could see both {text}" in said
    assert "LSTM: time is found better than features by 0 of 2" in domains_page.say_domains(
        chance_of_time(0.05), "corrected"
    )


@answers("studies.benchmark.domains_page.released_weights")
def test_the_slip_is_released_minus_meant():
    grid = domains_page.released_weights(DOMAIN_ROWS, "as_released")
    assert grid.index.tolist() == [name for name in LAYOUTS if name in DOMAINS.layouts]
    assert grid.columns.tolist() == [f"{n}, {d}" for n in ("LSTM", "TCN", "Transformer") for d in ("time", "feature")]
    at = {"explainer": METHODS, "protocol": "as_released"}
    for layout in DOMAINS.layouts:
        for domain, model in (("time", "tcn"), ("feature", "lstm")):
            meant, released = (DOMAINS.mean(layout=layout, model=model, metric=f"aup_count_{domain}{s}", **at)
                               for s in ("", "_as_released"))  # fmt: skip
            near(grid.loc[layout, f"{words.network(model)}, {domain}"], released - meant)


@answers("studies.benchmark.claims.better_network", "studies.benchmark.claims.of_benchmark")
def test_a_better_network_is_the_one_with_the_larger_effect():
    rows = ROWS[(ROWS["protocol"] == "as_released") & (ROWS["explainer"] != "")]
    found = claims.better_network(rows, "tcn", "lstm")
    near(found.effect, 0.2)
    assert (found.verdict, found.claim) == (CONFIRMED, "maps of the TCN are better than those of the LSTM")
    back = claims.better_network(rows, "lstm", "transformer")
    near(back.effect, -0.1)
    assert back.verdict == REFUTED
    both = pd.concat([ROWS, DOMAIN_ROWS[DOMAIN_ROWS["metric"].str.startswith("aup_count_")]])
    both = pd.concat([both, both[both["model"] == "tcn"].assign(model="lstm_input_cell")])
    every = claims.of_benchmark(both, "as_released")
    assert [v.claim for v in every[-4:]] == [
        f"maps of the {b} are better than those of the {w}"
        for b in ("TCN", "Input-cell LSTM") for w in ("LSTM", "Transformer")
    ]  # fmt: skip
    assert len(every) == 1 + 4 + 4


@answers("studies.benchmark.claims.time_over_features")
@pytest.mark.parametrize(("shift", "word"), [(-0.05, CONFIRMED), (0.05, REFUTED)])
def test_time_over_features_is_above_chance_of_each(shift, word):
    rows = chance_of_time(shift)
    found = claims.time_over_features(rows[(rows["protocol"] == "corrected") & (rows["explainer"] != "")], "tcn")
    near((found.effect, found.low, found.high), (-shift, -shift, -shift))
    assert found.verdict == word


@answers("studies.benchmark.claims.nobody_beats_chance_everywhere")
@pytest.mark.parametrize(("down", "word"), [(0.0, REFUTED), (0.2, CONFIRMED)])
def test_the_pair_whose_lowest_layout_is_highest_stands_for_all(down, word):
    rows = ROWS[(ROWS["protocol"] == "corrected") & (ROWS["explainer"] != "")].copy()
    lowest = rows["dataset"].str.startswith("rare_time") & (rows["explainer"] != "random")
    rows.loc[lowest, "value"] -= down + 0.01
    found = claims.nobody_beats_chance_everywhere(rows, "aup_count")
    assert found.verdict == word
    effect = above_chance(WORLD, protocol="corrected", layout="rare_time", metric="aup_count", explainer="smoothgrad")
    near(found.effect, effect[0] - down - 0.01)
    assert "SmoothGrad, whose lowest layout is rare time" in found.why
    assert "of 9 pairs" in found.why
    # Bonferroni over the nine pairs: wider than a 95 % interval.
    spread = abs(WORLD.spread("explainer", "smoothgrad") - WORLD.spread("explainer", "random"))
    near(found.high - found.effect, stats.t.ppf(1 - 0.05 / 18, 6) * spread / np.sqrt(3))


PROCESSES = ("gaussian_noise", "harmonic", "car")
ACROSS = world(processes=PROCESSES, effects={("process", "gaussian_noise"): 0.03, ("process", "harmonic"): 0.06,
                                             ("process", "car"): 0.0})  # fmt: skip
ACROSS_ROWS = ACROSS.rows().assign(process=lambda t: select.process(t["dataset"]))


@answers("studies.processes.page.by_process", "studies.processes.page.by_method")
@pytest.mark.parametrize("minus", [None, "random"])
def test_processes_are_averaged_over_methods_and_networks(minus):
    at = {"protocol": "corrected", "metric": "auroc"}
    grid = processes.by_process(ACROSS_ROWS, "auroc", "corrected", minus)
    assert grid.index.tolist() == ["gaussian_noise", "harmonic", "car"]
    assert grid.columns.tolist() == ["lstm", "tcn", "transformer"]
    for (process, model), value in grid.stack().items():
        mean = ACROSS.mean(process=process, model=model, explainer=METHODS, **at)
        near(value, mean - (ACROSS.mean(process=process, model=model, explainer="random", **at) if minus else 0.0))
    grid = processes.by_method(ACROSS_ROWS, "auroc", "corrected", minus)
    assert grid.index.tolist() == ["smoothgrad", "lime", "gradient"]
    for (explainer, process), value in grid.stack().items():
        mean = ACROSS.mean(process=process, explainer=explainer, **at)
        near(value, mean - (ACROSS.mean(process=process, explainer="random", **at) if minus else 0.0))


@answers("studies.processes.page.say_processes", "studies.processes.page.same_order")
def test_the_lowest_and_highest_process_are_named():
    order = processes.same_order(ACROSS_ROWS, "auroc", "as_released")
    assert order["tau"].tolist() == [1.0, 1.0]
    assert order["methods"].tolist() == [3, 3]
    assert order.index.tolist() == ["harmonic", "car"]
    near(order["p"], (0.334, 0.334))
    said = processes.say_processes(ACROSS_ROWS)
    at = {"protocol": "as_released", "metric": "auroc", "explainer": METHODS, "model": "tcn"}
    low, high = (ACROSS.mean(process=p, **at) for p in ("car", "harmonic"))
    assert f"from {low:.2f} (car) to {high:.2f} (harmonic) on the **TCN**" in said
    assert said.startswith("On the layouts that all processes have (middle, rare time, rare feature), mean AUROC goes")
    assert "lies between 1.00 and 1.00; it differs from zero at p < 0.05 for 0 of 2 processes." in said


@answers("studies.processes.page.models", "studies.processes.page.on_shared_layouts", "studies.processes.page.alone",
         "studies.processes.page.all_rows")  # fmt: skip
def test_models_are_counted_by_process_and_few_layouts_take_none_away(monkeypatch):
    rows = ACROSS.rows(lambda t: (t["process"] == "car") & (t["model"] == "tcn") & (t["seed"] == 0))
    grid = processes.models(rows.assign(process=select.process(rows["dataset"])), "corrected")
    assert grid.loc["car"].tolist() == ["9 of 9", "6 of 9", "9 of 9"]
    assert grid.loc["gaussian noise", "TCN"] == "9 of 9"
    gone = (ACROSS_ROWS["model"] == "tcn") & (ACROSS_ROWS["process"] == "car")
    few = ACROSS_ROWS[~(gone & ~ACROSS_ROWS["dataset"].str.startswith("middle"))]
    part, layouts = processes.on_shared_layouts(few, "corrected")
    assert layouts == ["middle", "rare_time", "rare_feature"]
    assert set(part["model"]) == {"lstm", "transformer"}
    assert processes.alone(few, "corrected") == {"tcn": ["middle"]}
    parts = {"benchmark": ROWS, "processes": ACROSS_ROWS.drop(columns="process")}
    monkeypatch.setattr(select, "rows", lambda study, *_: parts[study])
    both = processes.all_rows()
    assert len(both) == len(ROWS) + len(ACROSS_ROWS)
    assert set(both["process"]) == set(PROCESSES)


RESCALED = world(
    layouts=tuple(LAYOUTS)[:7], models=("lstm", "tcn"),
    explainers=("gradient", "lime", "tsr[gradient]", "tsr[lime, mean]", "random"),
    metrics=("auroc", "aup_count", "aur_count", "average_precision"),
    effects={("explainer", "gradient"): 0.02, ("explainer", "tsr[gradient]"): 0.09, ("explainer", "lime"): 0.05,
             ("explainer", "tsr[lime, mean]"): 0.01},
)  # fmt: skip
RESCALED_ROWS = RESCALED.rows()
RESCALED_ROWS.loc[(RESCALED_ROWS["model"] == "tcn") & (RESCALED_ROWS["explainer"] == "tsr[gradient]"), "value"] += 0.01


@answers("studies.rescaling.page.gains", "studies.rescaling.page.pairs", "studies.rescaling.page.say_rescaling",
         "studies.rescaling.claims.verdicts")  # fmt: skip
def test_a_gain_of_rescaling_is_rescaled_minus_plain():
    assert rescaling.pairs(RESCALED_ROWS, "corrected") == [("tsr[gradient]", "gradient"), ("tsr[lime, mean]", "lime")]
    found = rescaling.gains(RESCALED_ROWS, "corrected", {"auroc": "AUROC"}).set_index(["network", "method"])
    for (network, method), row in found.iterrows():
        gain = {"tsr[gradient]": 0.07 + 0.01 * (network == "tcn"), "tsr[lime, mean]": -0.04}[method]
        assert (row["mean"], row["effect"]) == pytest.approx((gain, gain), abs=1e-6)
    said = rescaling.say_rescaling(RESCALED_ROWS)
    assert "improves AUROC in 2 of 4 combinations of network and method and worsens it in 2" in said
    assert "helps most for TCN: TSR of Gradient (+0.080) and least for" in said
    assert "TSR of LIME (mean) (-0.040)" in said
    times = rescaling.price(RESCALED_ROWS, "as_released")["times"]
    assert f"and takes {times.min():.0f} to {times.max():.0f} times" in said
    verdicts = {v.claim: v for v in rescaling_claims.verdicts(RESCALED_ROWS)}
    assert verdicts["TCN: rescaling improves Gradient"].verdict == CONFIRMED
    assert verdicts["TCN: rescaling improves LIME"].verdict == REFUTED
    assert verdicts["LSTM: rescaling improves Gradient"].effect == pytest.approx(0.07, abs=1e-6)
    few = RESCALED_ROWS[RESCALED_ROWS["dataset"].str.contains("^middle|^rare", regex=True)]
    assert {v.verdict for v in rescaling_claims.verdicts(few)} == {UNDECIDED}


@answers("studies.rescaling.page.by_layout", "studies.rescaling.page.price")
def test_gains_by_layout_and_prices_are_those_of_the_cells():
    grid = rescaling.by_layout(RESCALED_ROWS, "as_released", "aup_count", "lstm")
    assert grid.index.tolist() == [f"{d}/gaussian_noise" for d in RESCALED.layouts]
    for layout in RESCALED.layouts:
        at = {"protocol": "as_released", "metric": "aup_count", "model": "lstm", "layout": layout}
        one, other = at | {"explainer": "tsr[lime, mean]"}, at | {"explainer": "lime"}
        near(grid.loc[f"{layout}/gaussian_noise", "tsr[lime, mean]"], RESCALED.mean(**one) - RESCALED.mean(**other))
    rows = RESCALED_ROWS.copy()
    rows["seconds"] = rows["explainer"].map(lambda e: 50.0 if e.startswith("tsr") else 2.0)
    table = rescaling.price(rows, "as_released")
    near(table[["seconds before", "seconds after", "times", "maps"]], [[0.08, 2.0, 25.0, 1201]] * 4)


SWITCHED = World(
    protocols=("as_released", "one_softmax", "trained_on"),
    explainers=("gradient", "gradient[fewer_draws]", "permuted_features[gradient]", "random", "oracle"),
    metrics=("auroc", "aup_mass", "aup_count", "aur_count", "aur_mass"),
    effects={("protocol", "as_released"): 0.0, ("protocol", "one_softmax"): 0.07, ("protocol", "trained_on"): -0.2,
             ("explainer", "gradient"): 0.05, ("explainer", "gradient[fewer_draws]"): 0.01,
             ("explainer", "permuted_features[gradient]"): 0.03, ("explainer", "random"): 0.01},
)  # fmt: skip
SWITCHED_ROWS = SWITCHED.rows()


@answers("studies.audit.page.of_switches", "studies.audit.page.of_variants", "studies.audit.page.of_random_rows")
def test_an_effect_of_a_choice_is_changed_minus_released():
    found = {(e.choice, e.quantity): e for e in audit.of_switches(SWITCHED_ROWS)}
    for name, gain in (("one_softmax", 0.07), ("trained_on", -0.2)):
        near(found[(name, "AUROC")].effect, gain)
        near(found[(name, "test accuracy")].effect, 0.01 * gain)
        near(found[(name, "epochs of training")].effect, 100 * gain)
        assert found[(name, "AUROC")].low < gain < found[(name, "AUROC")].high
        assert found[(name, "AUROC")].changed_to == SWITCHES[name].why
    assert all(e.blocks == 6 for e in found.values())
    (variant,) = {(e.choice, e.changed_to, round(e.effect, 9)) for e in audit.of_variants(SWITCHED_ROWS)}
    assert variant == ("gradient", "gradient[fewer_draws]", -0.04)
    random = audit.of_random_rows(SWITCHED_ROWS)
    assert {e.changed_to for e in random} == {"LSTM: Gradient", "TCN: Gradient"}
    near([e.effect for e in random], np.full(4, 0.02))


@answers("studies.audit.page.say_audit", "studies.audit.page.printed_choice")
def test_the_largest_effect_is_named():
    said = audit.say_audit(SWITCHED_ROWS)
    assert said.startswith("Of 3 choices that can be switched in data, training or method, 3 move AUROC by more than")
    assert "The largest effect is that of trained on: -0.200 [-0.2" in said
    assert audit.printed_choice(pd.Series({"choice": "gradient", "changed_to": "gradient[a_b]"})) == "gradient[a b]"


@answers("studies.audit.page.of_noise", "studies.audit.page.of_cuts")
def test_noise_and_cuts_are_means_of_their_own_rows():
    noisy = World(explainers=("gradient", "lime", "random"),
                  metrics=("masked_accuracy_area_count[shared]", "masked_accuracy_area_count[per_sample]"))  # fmt: skip
    table = audit.of_noise(noisy.rows())
    for name, metric in zip(("shared", "per sample"), noisy.metrics, strict=True):
        at = {"metric": metric, "explainer": ("gradient", "lime")}
        near(table.loc[name], (noisy.mean(**at), noisy.k(**at)))
    grid = audit.of_cuts(SWITCHED_ROWS)
    for metric in ("aur_mass", "aur_count"):
        for e in ("oracle", "random"):
            near(grid.loc[metric, e], round(SWITCHED.mean(protocol="as_released", metric=metric, explainer=e), 3))


@answers("studies.audit.page.of_slip")
def test_the_slip_as_an_effect_is_meant_minus_released():
    found = {e.changed_to: e.effect for e in audit.of_slip(DOMAIN_ROWS)}
    assert set(found) == {f"{d}, {layout}" for d in ("time", "feature") for layout in DOMAINS.layouts}
    for layout in DOMAINS.layouts:
        at = {"protocol": "as_released", "explainer": METHODS, "layout": layout}
        for domain in ("time", "feature"):
            meant, slip = (DOMAINS.mean(metric=f"aup_count_{domain}{s}", **at) for s in ("", "_as_released"))
            near(found[f"{domain}, {layout}"], meant - slip)


@answers("studies.audit.page.of_rescaling")
def test_settings_of_rescaling_are_minus_those_of_the_code():
    made = world(
        explainers=("tsr[gradient]", "tsr[gradient, mean]"),
        effects={("explainer", "tsr[gradient]"): 0.02, ("explainer", "tsr[gradient, mean]"): 0.05},
    )
    found = audit.of_rescaling(made.rows())
    assert {(e.choice, e.changed_to) for e in found} == {("rescaling", "mean")}
    near([e.effect for e in found], np.full(len(found), 0.03))


@answers("studies.audit.recounts.of_gate")
def test_gates_count_models_and_average_their_maps():
    rows = World(layouts=("middle",), explainers=("gradient", "random")).rows()
    accuracy = rows["metric"] == "test_accuracy"
    rows.loc[accuracy, "value"] = np.where(rows.loc[accuracy, "model"] == "tcn", 0.92, 0.96)
    rows.loc[accuracy & (rows["seed"] == 0), "value"] = 0.9
    table = recounts.of_gate(rows)
    assert table["models"].tolist() == [6, 6, 2]
    maps = rows[(rows["explainer"] == "gradient") & (rows["metric"] == "auroc")]
    near(table.loc["none", "AUROC"], maps["value"].mean())
    near(table.loc["at least 0.95", "AUROC"], maps[(maps["model"] == "lstm") & (maps["seed"] > 0)]["value"].mean())


@answers("studies.audit.recounts.of_carried_zeros")
def test_a_carried_zero_takes_the_recovery_away():
    rows = World(layouts=("middle",), models=("lstm",), explainers=("gradient", "random"), seeds=(0, 1),
                 metrics=("masked_accuracy_mass",), levels=(0.0, 0.5, 1.0)).rows()  # fmt: skip
    curve = rows["at"].notna() & (rows["explainer"] == "gradient")
    for seed, values in ((0, (1.0, 0.0, 0.5)), (1, (1.0, 0.5, 0.0))):
        rows.loc[curve & (rows["seed"] == seed), "value"] = values
    (found,) = recounts.of_carried_zeros(rows).to_numpy().tolist()
    near(found, (2, 2, 1, (0.375 + 0.5) / 2, (0.25 + 0.5) / 2, 0.125))


@answers("studies.rescaling.page.live_choices")
def test_live_choices_are_the_first_plain_and_all_rescaled():
    assert list(rescaling.live_choices(["gradient", "deep_lift"])) == ["gradient", "tsr[gradient]", "tsr[deep_lift]"]
