"""Tables, sentences and claims on guided training against known effects: before and after are told apart."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from tests.made_up import World, answers, near
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED
from tsinterp_lib.studies.guided import claims, controls, gains, joined, paper_tables, printed, scaling
from tsinterp_lib.studies.guided.plan import EXPLAINED, MASKED, TRADITIONAL
from tsinterp_lib.studies.planted import NETWORKS
from tsinterp_lib.tables import papers, select, words

TRAINERS = ("standard", "guided", "guided_absolute", "guided_fixed", "random_masked", "consistency", "equal_epochs",
            "fine_tuned")  # fmt: skip
GAINS = dict(zip(TRAINERS, (0.0, 0.1, 0.17, 0.05, 0.06, 0.02, -0.03, 0.12), strict=True))
METRICS = ("auroc", "aup_count", "aur_count", "average_precision")


def world(**changes):
    """Every training with its own gain; a spread that belongs to the training."""
    effects = {("trainer", t): gain for t, gain in GAINS.items()}
    spreads = {("trainer", t): 0.001 * place for place, t in enumerate(TRAINERS)}
    return World(
        **{
            "layouts": tuple(LAYOUTS),
            "models": ("tcn", "lstm"),
            "trainers": TRAINERS,
            "metrics": METRICS,
            "explainers": (*EXPLAINED, "random"),
            "effects": effects,
            "spreads": spreads,
            **changes,
        }
    )


WORLD = world()
ROWS = WORLD.rows()


@answers("studies.guided.gains.over_layouts")
@pytest.mark.parametrize(("trainer", "minus"), [("guided", "standard"), ("equal_epochs", "guided")])
def test_a_gain_is_the_training_minus_the_other(trainer, minus):
    found = gains.over_layouts(ROWS, trainer, minus)
    assert len(found) == 2 * 6 * 4
    near(found["mean"], np.full(48, GAINS[trainer] - GAINS[minus]))
    # Over ten layouts, whose differences are evenly spaced about the gain.
    step = 0.5 * (WORLD.spread("trainer", trainer) - WORLD.spread("trainer", minus))
    near(found["effect"], found["mean"])
    assert ((found["low"] < found["effect"]) & (found["effect"] < found["high"])).all()
    assert (found["high"] - found["low"]).max() < 9 * abs(step)
    assert (found["n"] == 10).all()
    row = found.iloc[0]
    assert row["row"] == f"{words.network(row['network'])}: {words.method(row['method'])}"
    assert set(found["quantity"]) == set(words.metrics(*METRICS).values())


@answers("studies.guided.gains.say")
def test_the_best_method_is_the_one_that_gains_most():
    rows = ROWS.copy()
    most = (rows["explainer"] == "deep_lift") & (rows["trainer"] == "guided") & (rows["model"] == "tcn")
    worse = (rows["explainer"] == "gradient") & (rows["trainer"] == "guided")
    rows.loc[most, "value"] += 0.1
    rows.loc[worse, "value"] -= 0.3
    said = gains.say(rows)
    assert said.startswith("*guided, signed, published k* minus *traditional*, AUROC")
    assert "**TCN** rises in 5 and falls in 1 of 6 methods, median +0.100, most +0.200 (DeepLIFT)" in said
    assert "**LSTM** rises in 5 and falls in 1 of 6 methods, median +0.100, most +0.100" in said


@answers("studies.guided.gains.missing")
def test_what_a_comparison_stands_on_is_counted():
    lstm = (ROWS["model"] == "lstm") & (ROWS["trainer"] == "guided")
    rows = ROWS[~(lstm & (~ROWS["dataset"].str.startswith("middle") | (ROWS["seed"] > 0)))]
    assert gains.missing(rows, "guided") == (
        "*guided, signed, published k* against *traditional*: LSTM (1 layout, 1 seed), TCN (10 layouts, 3 seeds) "
        "computed; not there: Input-cell LSTM, Transformer."
    )


@answers("studies.guided.gains.scalings", "studies.guided.gains.shared_models", "studies.guided.gains.levels")
def test_scalings_are_compared_on_what_both_have_and_are_not_exchanged():
    other = world(effects={("trainer", "guided"): 0.25, ("trainer", "standard"): 0.02}).rows()
    other = other[~(other["dataset"].str.startswith("middle"))]
    both = {"min–max": ROWS, "standardised": other}
    found = gains.scalings(both, "guided").groupby("quantity")["mean"].mean()
    assert found["min–max"] == pytest.approx(0.1, abs=1e-3)  # nine layouts: what they add is not zero on average
    assert found["standardised"] == pytest.approx(0.23, abs=1e-3)
    assert set(gains.scalings(both, "guided")["n"]) == {9}
    shared = gains.shared_models(both, "guided")
    assert len(shared) == 2 * 9 * 3 * 2
    grid = gains.levels(both)
    assert grid["models"].unique().tolist() == [27]
    part = select.pick(ROWS, "auroc", "as_released")
    part = part[part["explainer"].isin(EXPLAINED) & ~part["dataset"].str.startswith("middle")]
    for model, trainer in product(("lstm", "tcn"), TRAINERS):
        own = part[(part["model"] == model) & (part["trainer"] == trainer)]["value"].mean()
        near(grid.loc[(words.network(model), gains.PRINTED[trainer]), "min–max"], round(own, 3))
    assert grid.index.tolist()[0] == ("LSTM", "traditional")


@answers("studies.guided.gains.coverage")
def test_models_past_the_gate_are_counted_of_those_fitted():
    rows = WORLD.rows(lambda t: (t["model"] == "tcn") & (t["trainer"] == "guided") & (t["seed"] == 0))
    grid = gains.coverage(rows)
    assert grid.loc["guided, signed, published k", "TCN"] == "20 of 30"
    assert grid.loc["traditional", "TCN"] == "30 of 30"
    assert grid.columns.tolist() == ["LSTM", "TCN"]


@answers("studies.guided.gains.training")
def test_what_a_training_costs_is_a_ratio_to_traditional_training_of_the_same_models():
    table = gains.training(ROWS)
    for model, trainer in product(("lstm", "tcn"), TRAINERS):
        row = table.loc[(words.network(model), gains.PRINTED[trainer])]
        of = {"model": model, "explainer": ""}
        epochs = {t: 100 * WORLD.mean(metric="epochs", trainer=t, **of) for t in (trainer, TRADITIONAL)}
        seconds = {t: 1 + 100 * WORLD._sum(WORLD.effect, {**of, "trainer": t, "metric": "auroc"}) for t in epochs}
        near(row["epochs"], round(epochs[trainer], 1))
        near(row["seconds"], round(seconds[trainer], 1))
        near(row["s per epoch"], round(seconds[trainer] / epochs[trainer], 2))
        near(row["× epochs"], round(epochs[trainer] / epochs[TRADITIONAL], 1))
        near(row["× seconds"], round(seconds[trainer] / seconds[TRADITIONAL], 1))
        near(row["test accuracy"], round(WORLD.accuracy(model=model, trainer=trainer), 3))
        assert row["models"] == 30


@answers("studies.guided.gains.both_scalings", "studies.guided.joined.joined", "studies.guided.joined.differs")
def test_guided_rows_are_joined_with_the_traditional_ones_of_the_same_models(monkeypatch):
    own = world(trainers=("guided", "guided_fixed"), models=("lstm", "tcn"))
    ours = own.rows()
    ours = ours[(ours["dataset"] != "middle/gaussian_noise") | (ours["seed"] == 0)]
    same = joined.differs(ours)
    expected = [MASKED[d.split("/")[0]][NETWORKS.index(m)] != 50 for m, d in ours[["model", "dataset"]].to_numpy()]
    assert same.tolist() == expected
    ours = ours[same | (ours["trainer"] == "guided")]  # where the published k is the fixed one there is one trainer
    theirs = world(trainers=("standard",), models=("lstm", "tcn", "transformer"), processes=("gaussian_noise", "car"),
                   protocols=("as_released", "corrected")).rows()  # fmt: skip
    monkeypatch.setattr(select, "rows", lambda study, *a, **k: {"guided": ours, "benchmark": theirs}[study])
    found = joined.joined()
    added = found[found["trainer"] == "standard"]
    keys = ["model", "dataset", "seed"]
    there = set(added[keys].itertuples(index=False, name=None))
    assert there == set(ours[keys].itertuples(index=False, name=None))
    assert set(added["protocol"]) == {"as_released"}
    fixed, signed = (found[found["trainer"] == t].set_index([*keys, "explainer", "metric"])["value"]
                     for t in ("guided_fixed", "guided"))  # fmt: skip
    assert set(fixed.index) == set(signed.index)
    equal = ~joined.differs(found[found["trainer"] == "guided"])
    assert equal.any()
    at = signed.index[equal.to_numpy()]
    near(fixed.loc[at], signed.loc[at])
    monkeypatch.setattr(joined.select, "rows", _without("guided_standardised", {"guided": ours, "benchmark": theirs}))
    both = gains.both_scalings()
    assert len(both["min–max"]) == len(found)
    assert both["standardised"].empty


def _without(name, tables):
    def rows(study, *_, **__):
        if study == name:
            raise MissingRows("none")
        return tables[study]

    return rows


@answers("studies.guided.controls.parts", "studies.guided.controls.table")
def test_the_parts_of_a_gain_are_what_each_is_minus_what():
    found = controls.parts(ROWS)
    expected = {controls.WHOLE: ("guided", "standard"), controls.CONSISTENCY: ("consistency", "standard"),
                controls.NOISE: ("random_masked", "consistency"), controls.GRADIENT: ("guided", "random_masked"),
                controls.LENGTH: ("equal_epochs", "standard")}  # fmt: skip
    for row in found.itertuples():
        one, other = expected[row.part]
        near(row.effect, GAINS[one] - GAINS[other])
        assert row.low < row.effect < row.high
        assert row.blocks == 30
    assert len(found) == 2 * 3 * 5
    grid = controls.table(found)
    assert grid.index.tolist() == list(controls.PARTS)
    assert grid.loc[controls.LENGTH, "TCN"].startswith("-0.030 [-0.0")
    assert grid.loc[controls.NOISE, "LSTM"].startswith("+0.040 [+0.0")
    assert grid.loc[controls.NOISE, "LSTM"].endswith("], n = 30")


@answers("studies.guided.controls.fine_tuning")
def test_fine_tuning_is_minus_traditional_and_minus_guided():
    found = controls.fine_tuning(ROWS)
    for row in found.itertuples():
        near(row.effect, 0.12 - GAINS[row.part])
    assert set(found["row"]) >= {"TCN: fine-tuned − traditional", "LSTM: fine-tuned − guided"}


@answers("studies.guided.controls.say")
def test_the_parts_are_said_with_their_sign():
    said = controls.say(controls.parts(ROWS))
    assert said.startswith("*guided, signed, published k*: on the **LSTM** (30 models of each training) AUROC changes")
    assert "by +0.100; of this +0.020 come with the divergence alone, +0.040 with noise" in said
    assert "+0.040 with the choice of cells by their gradient (above zero)" in said
    swapped = world(effects={("trainer", t): -g for t, g in GAINS.items()}).rows()
    assert "-0.040 with the choice of cells by their gradient (below zero)" in controls.say(controls.parts(swapped))


@pytest.fixture(scope="module")
def cells():
    return paper_tables.cells(ROWS)


def difference(metric, **given):
    """Ours: the area minus that of the random map of the same model."""
    at = {"metric": {"diff_aup": "aup_count", "diff_aur": "aur_count"}[metric], **given}
    mean, low, high = WORLD.apart(at, at | {"explainer": "random"})
    return mean, *sorted((low, high))


NAMED = {"traditional": "standard", "saliency_guided": "guided"}


@answers("studies.guided.paper_tables.cells", "studies.guided.paper_tables.means")
def test_areas_above_chance_stand_beside_the_printed_ones(cells):
    ours = cells.dropna(subset=["mean"])
    assert len(ours) == 2 * 10 * 2 * 6 * 2
    for row in ours.iloc[::17].itertuples():
        at = {"layout": row.dataset, "model": row.model, "explainer": row.explainer, "trainer": NAMED[row.training]}
        near((row.mean, row.low, row.high, row.n), (*difference(row.metric, **at), 3))
    theirs = papers.table("ismail2021_tables8_to_11")
    keys = ["metric", "dataset", "model", "explainer", "training"]
    both = theirs.merge(cells, on=keys)
    near(both["value"], both["published"])
    assert cells["published"].notna().sum() == len(theirs)
    means = paper_tables.means(ROWS).dropna(subset=["mean"])
    for row in means.iloc[::5].itertuples():
        at = {"model": row.model, "explainer": row.explainer, "trainer": NAMED[row.training]}
        near((row.mean, row.low, row.high), difference(row.metric, **at))
        assert row.layouts == 10


@answers("studies.guided.paper_tables.accuracies", "studies.guided.paper_tables.accuracy_table")
def test_accuracies_stand_beside_the_printed_ones():
    found = paper_tables.accuracies(ROWS)
    for row in found.dropna(subset=["mean"]).itertuples():
        near(row.mean, WORLD.accuracy(layout=row.dataset, model=row.model, trainer=NAMED[row.training]))
    row = found[(found["dataset"] == "middle") & (found["model"] == "lstm")].set_index("training")
    near(row["published"][["traditional", "saliency_guided"]], (0.99, 1.0))
    grid = paper_tables.accuracy_table(found)
    ours = WORLD.accuracy(layout="middle", model="lstm", trainer="guided")
    assert grid.loc["middle", ("LSTM", "guided")].startswith(f"{ours:.2f} ± 0.0")
    assert grid.loc["middle", ("LSTM", "guided")].removesuffix("*)").removesuffix(")").endswith("(1.00")


@answers("studies.guided.paper_tables.layout_table", "studies.guided.paper_tables.mean_table")
def test_printed_tables_have_the_layout_of_the_paper(cells):
    grid = paper_tables.layout_table(cells, "lstm", "diff_aur")
    assert grid.index.tolist() == [f"{words.layout(d)}, k = {MASKED[d][0]} %" for d in LAYOUTS]
    cell = grid.loc["rare time, k = 30 %", ("Gradient", "guided")]
    at = {"layout": "rare_time", "model": "lstm", "explainer": "gradient", "trainer": "guided"}
    mean, low, high = difference("diff_aur", **at)
    theirs = papers.table("ismail2021_tables8_to_11").set_index(["metric", "dataset", "model", "explainer", "training"])
    value = theirs.loc[("diff_aur", "rare_time", "lstm", "gradient", "saliency_guided"), "value"]
    assert cell.rstrip("*)") == f"{mean:+.2f} ± {(high - low) / 2:.2f} ({value:+.2f}"
    means = paper_tables.mean_table(paper_tables.means(ROWS), "diff_aup")
    assert means.index.tolist() == [words.method(e) for e in EXPLAINED]
    top = [c for c, _ in means.columns if c.startswith("LSTM")]
    assert set(top) == {"LSTM, 10 layouts"}
    printed = papers.table("ismail2021_table2").set_index(["metric", "model", "explainer", "training"])["value"]
    mean, low, high = difference("diff_aup", model="lstm", explainer="deep_lift", trainer="standard")
    value = printed[("diff_aup", "lstm", "deep_lift", "traditional")]
    text = means.loc["DeepLIFT", ("LSTM, 10 layouts", "trad.")]
    assert text.rstrip("*)") == f"{mean:+.2f} ± {(high - low) / 2:.2f} ({value:+.2f}"


@answers("studies.guided.printed.trained", "studies.guided.printed.differences", "studies.guided.printed.by_layout",
         "studies.guided.printed.over_layouts")  # fmt: skip
def test_a_number_of_ours_is_above_the_random_map_of_its_own_training():
    rows = printed.trained(ROWS)
    assert set(rows["training"]) == {"traditional", "saliency_guided"}
    assert set(rows["dataset"]) == set(LAYOUTS)
    gaps = printed.differences(rows)
    assert set(gaps["quantity"]) == {"diff_aup", "diff_aur"}
    at = {"model": "tcn", "explainer": "deep_lift", "trainer": "guided"}
    of = {"model": "tcn", "explainer": "deep_lift", "training": "saliency_guided", "quantity": "diff_aup"}
    one = printed.by_layout(rows).set_index([*of, "dataset"]).loc[(*of.values(), "rare_time")]
    near(one[["mean", "low", "high", "n"]], (*difference("diff_aup", layout="rare_time", **at), 3))
    whole = printed.over_layouts(rows).set_index([*of]).loc[tuple(of.values())]
    near(whole[["mean", "low", "high", "n"]], (*difference("diff_aup", **at), 3))
    assert printed.over_layouts(rows[rows["dataset"] != "middle"]).empty  # nine layouts are not the mean of ten


def boxed(*cells):
    columns = ["metric", "dataset", "model", "explainer", "training", "mean", "low", "high", "published"]
    return pd.DataFrame(cells, columns=columns).assign(n=3, spread=np.inf)


AGREEING = boxed(
    ("diff_aup", "middle", "lstm", "gradient", "traditional", 0.10, 0.08, 0.12, 0.11),
    ("diff_aup", "middle", "lstm", "deep_lift", "traditional", -0.10, -0.12, -0.08, 0.20),
    ("diff_aup", "middle", "lstm", "smoothgrad", "traditional", 0.30, 0.0, 0.60, 0.30),
    ("diff_aup", "middle", "tcn", "gradient", "saliency_guided", 0.2, 0.19, 0.21, np.nan),
)  # fmt: skip


@answers(
    "studies.guided.paper_tables.agreement",
    "studies.guided.paper_tables.inside",
    "studies.guided.paper_tables.say",
    "studies.guided.paper_tables.reproduced",
)
def test_agreement_counts_signs_and_narrow_intervals():
    (row,) = paper_tables.agreement(AGREEING).to_dict("records")
    assert row == {"network": "LSTM", "quantity": "Diff(AUP)", "training": "trad.", "same sign": "2 of 3", "rank": 0.5,
                   "inside": "1 of 2", "gap": round(((-0.01) + (-0.30) + 0.0) / 3, 3)}  # fmt: skip
    assert paper_tables.inside(AGREEING) == (1, 2)
    assert paper_tables.reproduced(AGREEING) == [True, False, False, False]
    assert paper_tables.inside(AGREEING.assign(spread=0.2)) == (0, 0)
    grid = paper_tables.layout_table(AGREEING, "lstm", "diff_aup").iloc[0]
    assert grid["Gradient", "trad."] == "+0.10 ± 0.02 (+0.11*)"
    assert grid["SmoothGrad", "trad."] == "+0.30 ± 0.30 (+0.30)"
    assert grid["Gradient", "guided"] == "–"
    said = paper_tables.say(AGREEING)
    assert said.startswith("Of 3 published cells at hand, ours has 3: 2 have the same sign. 2 have an interval narrow")
    assert "enough to tell a number from others of its kind; 1 of these hold the published value." in said
    assert said.endswith("not at hand for: Input-cell LSTM, TCN, Transformer.")


def scaled(offsets):
    """Cells of two scalings that lie as far from print as said, on four layouts and methods."""
    names = ("min–max", "standardised")
    return pd.DataFrame([
        {"metric": "diff_aup", "dataset": d, "model": m, "explainer": e, "training": "traditional", "published": 0.1,
         "mean": 0.1 + sign * offsets[m][names.index(s)] * (1 + 0.01 * k), "low": 0.0, "high": 0.01, "n": 3,
         "spread": np.inf, "scaling": s}
        for m in offsets for k, d in enumerate(list(LAYOUTS)[:8]) for e, sign in (("gradient", 1), ("lime", -1))
        for s in names
    ])  # fmt: skip


@answers("studies.guided.scaling.distances", "studies.guided.scaling.table", "studies.guided.scaling.say")
def test_the_closer_scaling_is_named():
    found = scaled({"lstm": (0.3, 0.1), "tcn": (0.1, 0.2)})
    lines = scaling.distances(found).set_index("network")
    assert lines.loc["LSTM", "change"] == pytest.approx(-0.207, abs=1e-6)
    assert lines.loc["TCN", "change"] == pytest.approx(0.1035, abs=1e-6)
    near(lines["distance, min–max"], [0.3 * 1.035, 0.1 * 1.035])
    near(lines["distance, standardised"], [0.1 * 1.035, 0.2 * 1.035])
    assert lines.loc["LSTM", ["same sign, min–max", "inside, min–max", "n", "seeds"]].tolist() == [
        "8 of 16", "0 of 16", 8, 3,
    ]  # fmt: skip
    said = scaling.say(found)
    assert "on standardised inputs for Diff(AUP) of the **LSTM** (0.311 min–max, 0.104 standardised" in said
    assert "on min–max inputs for Diff(AUP) of the **TCN** (0.104 min–max, 0.207 standardised)" in said
    grid = scaling.table(found)
    assert grid[("LSTM", "Diff(AUP)")]["change"].startswith("-0.207 [-0.21")
    assert grid[("TCN", "Diff(AUP)")]["change"].startswith("+0.10")
    assert grid[("TCN", "Diff(AUP)")]["layouts"] == 8


@answers("studies.guided.scaling.cells")
def test_cells_of_scalings_are_those_of_the_models_that_both_have():
    other = world(effects={("trainer", "guided"): 0.3}).rows().assign(protocol="standardised")
    found = scaling.cells({"min–max": ROWS, "standardised": other[other["model"] == "lstm"]})
    assert set(found["model"]) == {"lstm"}
    for row in found.iloc[::29].itertuples():
        at = {"layout": row.dataset, "model": "lstm", "explainer": row.explainer, "trainer": NAMED[row.training]}
        near(row.mean, difference(row.metric, **at)[0])  # a shift of a training moves its random map as well


@answers("studies.guided.claims.raises")
@pytest.mark.parametrize(
    ("network", "quantity", "gain", "word"),
    [("tcn", "diff_aup", 0.1, CONFIRMED), ("tcn", "diff_aur", -0.1, REFUTED), ("transformer", "diff_aup", 0.1, REFUTED),
     ("transformer", "diff_aup", -0.1, CONFIRMED), ("transformer", "diff_aur", 0.1, CONFIRMED)],
)  # fmt: skip
def test_a_claim_of_a_gain_is_guided_minus_traditional_above_chance(network, quantity, gain, word):
    rows = world(models=(network,)).rows()
    rows.loc[(rows["trainer"] == "guided") & (rows["explainer"] == "random"), "value"] -= gain
    found = claims.raises(rows, network, quantity)
    near(found.effect, gain)
    assert found.low < gain < found.high or found.low == pytest.approx(found.high, abs=1e-9)
    assert found.verdict == word
    counts = papers.table("ismail2021_counts").set_index(["model", "metric"]).loc[(network, quantity)]
    better = 60 if gain > 0 else 0
    theirs = f"in the paper's tables in {counts['better']} of {counts['cells']}"
    assert found.why.endswith(f"; better in {better} of 60 cells, {theirs}")
    assert ("does not raise" in found.claim) == ((network, quantity) == ("transformer", "diff_aup"))


@answers("studies.guided.claims.best_method")
def test_the_best_method_is_compared_with_the_best_other():
    by = {("explainer", e): 0.02 * k for k, e in enumerate(EXPLAINED)}
    rows = world(models=("lstm_input_cell",), effects=by).rows()
    best, second, third = EXPLAINED[-1], EXPLAINED[-2], EXPLAINED[-3]
    found = claims.best_method(rows, "lstm_input_cell", best, "diff_aup")
    near(found.effect, 0.02)
    assert found.verdict == CONFIRMED
    assert found.why.endswith(f"the best other is {words.method(second)}")
    worse = claims.best_method(rows, "lstm_input_cell", third, "diff_aup")
    near(worse.effect, -0.04)
    assert worse.verdict == REFUTED


@answers("studies.guided.claims.below_chance")
@pytest.mark.parametrize(("chance", "word"), [(0.3, CONFIRMED), (-0.3, REFUTED)])
def test_below_chance_is_below_the_random_map(chance, word):
    rows = world(models=("lstm",), effects={("explainer", "random"): chance}).rows()
    found = claims.below_chance(rows, "lstm", "guided")
    assert found.verdict == word
    assert np.sign(found.effect) == -np.sign(chance)
    assert found.claim == "LSTM, guided: precision is below chance"


@answers("studies.guided.claims.of_paper", "studies.guided.claims.of_ours")
def test_open_questions_subtract_what_they_say():
    rows = ROWS.copy()
    found = {v.claim: v for v in claims.of_ours(rows)}
    for text, gain in (("the gradient, signed, adds to a random mask", 0.04),
                       ("the gradient, absolute, adds to a random mask", 0.11),
                       ("absolute ranking is better than signed", 0.07),
                       ("the published k is better than k = 50 %, where they differ", 0.05)):  # fmt: skip
        verdict = found[f"TCN: {text}"]
        # Layouts pull apart what trainings spread; where some are left out, that is not zero on average.
        assert verdict.effect == pytest.approx(gain, abs=0.003)
        assert verdict.verdict == CONFIRMED
    assert found["Transformer: absolute ranking is better than signed"].verdict == UNDECIDED
    paper = claims.of_paper(rows)
    assert len(paper) == 4 * 2 + 2 + 2
    assert [v.claim for v in paper[-2:]] == [
        "LSTM, traditional: precision is below chance", "LSTM, guided: precision is below chance",
    ]  # fmt: skip


@pytest.fixture
def published(monkeypatch):
    other = world(
        effects={("explainer", "gradient"): 0.5}, protocols=("standardised",), trainers=("standard", "guided")
    )
    parts = {"benchmark": ROWS[ROWS["trainer"] == "standard"], "guided": ROWS[ROWS["trainer"] != "standard"],
             "guided_standardised": other.rows()}  # fmt: skip
    monkeypatch.setattr(select, "rows", lambda study, *a, **k: parts[study])
    return parts


@answers("studies.guided.printed.ours", "studies.guided.printed.means", "studies.guided.printed.per_layout",
         "studies.guided.printed.accuracies")  # fmt: skip
def test_every_printed_number_stands_beside_the_mean_of_its_own_cell(published):
    assert set(printed.ours()["training"]) == set(NAMED)
    assert set(printed.ours(standardised=True)["protocol"]) == {"standardised"}
    inverse = {"traditional": "standard", "saliency_guided": "guided"}
    for table, step in ((printed.means("paper"), 7), (printed.per_layout("paper"), 53)):
        there = table.dropna(subset=["ours"])
        assert len(there)
        for row in there.iloc[::step].itertuples():
            at = {"model": row.model, "explainer": row.method, "trainer": inverse[row.training]}
            at |= {"layout": row.dataset} if row.dataset in LAYOUTS else {}
            near((row.ours, row.low, row.high, row.n), (*difference(row.quantity, **at), 3))
    own = printed.accuracies("paper").dropna(subset=["ours"])
    for row in own.iloc[::3].itertuples():
        near(row.ours, WORLD.accuracy(layout=row.dataset, model=row.model, trainer=inverse[row.training]))
        assert row.published >= 0.8
    fewer = {k: v[~v["dataset"].str.startswith("middle")] for k, v in published.items()}
    published.update(fewer)
    assert printed.means("paper")["ours"].isna().all()


@answers("studies.guided.printed.cause")
@pytest.mark.parametrize(
    ("given", "said"),
    [(("test accuracy", "middle", 1.0, 0.98), "the released rule"), (("test accuracy", "middle", 0.98, 0.99), ""),
     (("test accuracy", "middle", 1.0, 0.9), ""), (("diff_aup", "small_middle", 0.1, 0.2), "the released box"),
     (("diff_aup", "middle", 0.1, 0.2, 0.14), "+0.140 on standardised"), (("diff_aup", "middle", 0.1, 0.2, 0.16), "")],
)  # fmt: skip
def test_causes_of_a_gap(given, said):
    found = printed.cause(*given)
    assert found.startswith(said)
    assert bool(found) == bool(said)
