"""Digits, simulated data, rare, state and vanishing against known effects: tables, sentences and claims."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch

from tests.made_up import World, answers, near
from tsinterp_lib.engine import maps
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED
from tsinterp_lib.studies.digits import claims as digit_claims
from tsinterp_lib.studies.digits import guided_page, page, views_page
from tsinterp_lib.studies.fit_simulated import claims as fit_claims
from tsinterp_lib.studies.fit_simulated import page as fit
from tsinterp_lib.studies.rare import audit_page as mask_audit
from tsinterp_lib.studies.rare import claims as rare_claims
from tsinterp_lib.studies.rare import page as rare
from tsinterp_lib.studies.state import claims as state_claims
from tsinterp_lib.studies.state import page as state
from tsinterp_lib.studies.vanishing import claims as vanishing_claims
from tsinterp_lib.studies.vanishing import page as vanishing
from tsinterp_lib.studies.vanishing import printed as vanishing_printed
from tsinterp_lib.tables import papers, select, words

INK, AREA = "saliency_share_cells", "masked_accuracy_area_count"
DIGITS = World(
    layouts=("multivariate_28",), whole_labels=True, models=("cnn", "lstm", "tcn"), protocols=("corrected",),
    explainers=("gradient", "rescaled_gradient", "smoothgrad", "input_x_gradient", "occlusion", "random"),
    metrics=(INK, AREA, "saliency_share_rows"),
    effects={("model", "cnn"): 0.2, ("model", "lstm"): 0.0, ("model", "tcn"): 0.1, ("explainer", "gradient"): 0.05,
             ("explainer", "rescaled_gradient"): 0.11, ("explainer", "smoothgrad"): 0.03,
             ("explainer", "input_x_gradient"): 0.15, ("explainer", "occlusion"): 0.02, ("explainer", "random"): 0.07},
)  # fmt: skip
DIGIT_ROWS = DIGITS.rows()


@answers("studies.digits.page.intervals", "studies.digits.page.shares")
def test_digit_intervals_are_over_seeds_or_over_the_images_of_one_seed():
    found = page.intervals(DIGIT_ROWS, INK)
    assert found["model"].tolist() == [m for m in ("cnn", "lstm", "tcn") for _ in DIGITS.explainers]
    assert found["explainer"].tolist()[:2] == ["gradient", "rescaled_gradient"]
    for row in found.itertuples():
        near((row.mean, row.low, row.high, row.n),
             (*DIGITS.bounds(model=row.model, explainer=row.explainer, metric=INK), 3))  # fmt: skip
        assert row.level == "seeds"
    one = page.intervals(DIGIT_ROWS[DIGIT_ROWS["seed"] == 0], INK).iloc[0]
    assert (one["n"], one["level"]) == (25, "samples of one seed")
    near(one["high"] - one["mean"], 2.0638985616 * 0.01)
    shares = page.shares(DIGIT_ROWS)
    assert set(shares["group"]) == {"cells", "rows"}
    part = shares[(shares["group"] == "rows") & (shares["model"] == "tcn")].set_index("explainer")
    near(part["mean"]["gradient"], DIGITS.mean(model="tcn", explainer="gradient", metric="saliency_share_rows"))


@answers("studies.digits.page.enrichment", "studies.digits.page.grid", "studies.digits.page.accuracy_table")
def test_ink_is_a_ratio_and_areas_are_differences_from_random_maps():
    grid, area = page.enrichment(DIGIT_ROWS), page.grid(DIGIT_ROWS, AREA, minus="random")
    assert "random" not in area.index
    for model, explainer in product(DIGITS.models, ("gradient", "occlusion")):
        own, random = ({"model": model, "explainer": e} for e in (explainer, "random"))
        near(grid.loc[explainer, model], DIGITS.mean(metric=INK, **own) / DIGITS.mean(metric=INK, **random))
        near(area.loc[explainer, model], DIGITS.mean(metric=AREA, **own) - DIGITS.mean(metric=AREA, **random))
    two = pd.concat([DIGIT_ROWS, DIGIT_ROWS.assign(dataset="univariate_28", value=DIGIT_ROWS["value"] + 1)])
    several = page.grid(two, INK)
    near(several.loc["gradient", "TCN, univariate"], 1 + several.loc["gradient", "TCN, multivariate"])
    table = page.accuracy_table(DIGIT_ROWS)
    near(table.loc[("multivariate_28", "TCN"), "test_accuracy"], round(DIGITS.accuracy(model="tcn"), 3))


@answers("studies.digits.page.before_and_after", "studies.digits.page.say_rescaled")
def test_after_is_rescaled_and_before_is_not():
    pairs = page.before_and_after(DIGIT_ROWS)
    assert pairs["method"].tolist() == ["Gradient"] * 3
    for row, model in zip(pairs.to_dict("records"), DIGITS.models, strict=True):
        before, after = ({"model": model, "explainer": e} for e in ("gradient", "rescaled_gradient"))
        near(
            (row["ink before"], row["ink after"], row["area before"], row["area after"], row["area random"]),
            (
                DIGITS.mean(metric=INK, **before),
                DIGITS.mean(metric=INK, **after),
                DIGITS.mean(metric=AREA, **before),
                DIGITS.mean(metric=AREA, **after),
                DIGITS.mean(metric=AREA, model=model, explainer="random"),
            ),
        )
        near(row["gain"], 0.06)
        assert row["apart"]
    assert page.say_rescaled(DIGIT_ROWS).startswith(
        "Rescaling puts more mass on the ink in 3 of 3 pairs of network and method, in 3 of them with intervals"
    )
    assert page.say_rescaled(DIGIT_ROWS).endswith("(a lower area under masked accuracy) in 0.")


@answers("studies.digits.page.say_images", "studies.digits.page.say_trained", "studies.digits.page.say_digits")
def test_sentences_on_digits_carry_the_numbers_of_their_own_groups():
    ratio = {
        (m, e): DIGITS.mean(metric=INK, model=m, explainer=e) / DIGITS.mean(metric=INK, model=m, explainer="random")
        for m, e in product(DIGITS.models, DIGITS.explainers)
    }
    rows = DIGIT_ROWS[DIGIT_ROWS["explainer"] != "rescaled_gradient"]
    said = page.say_images(rows)
    plain, series = ("gradient", "smoothgrad"), ("lstm", "tcn")
    cnn = np.mean([ratio["cnn", e] for e in plain])
    others = np.mean([ratio[m, e] for m in series for e in plain])
    assert f"have {cnn:.1f} on the CNN and {others:.1f} on the networks that read columns; the 1 methods" in said
    best = max(series, key=lambda m: ratio[m, "input_x_gradient"])
    assert f"({ratio[best, 'input_x_gradient']:.1f} on the {words.network(best)})" in said
    below = -np.mean([0.05 - 0.07, 0.03 - 0.07])
    assert f"lies below that of random maps by {below:.2f} (CNN) and {below:.2f} (series)" in said
    assert "by -0.08 and -0.08 for the latter" in said
    trained = page.say_trained(DIGIT_ROWS, "mnist_10k")
    assert trained.startswith(
        "10,000 training digits, 1,000 others to select and stop, at most 20 epochs, stop at 97 %"
    )
    assert "CNN (image) 3, LSTM 3, TCN 3" in trained
    digits = page.say_digits(page.intervals(DIGIT_ROWS, AREA))
    assert (
        "On the TCN, Gradient, SmoothGrad, Occlusion† find cells that matter more than random ones; the steepest fall"
        in digits
    )
    at = {"model": "tcn", "metric": AREA}
    low, chance = (DIGITS.mean(explainer=e, **at) for e in ("occlusion", "random"))
    assert f"is that of Occlusion† ({low:.2f} against {chance:.2f})." in digits


@answers("studies.digits.claims.images_over_series")
def test_an_image_is_compared_with_each_series_network():
    found = {v.claim.split()[-1]: v for v in digit_claims.images_over_series(DIGIT_ROWS)}
    near((found["LSTM's"].effect, found["TCN's"].effect), (0.2, 0.1))
    halves = [DIGITS.half(DIGITS.k(model=m, explainer="gradient", metric=INK)) for m in ("cnn", "tcn")]
    near(found["TCN's"].high - 0.1, np.hypot(*halves))
    assert found["TCN's"].verdict == CONFIRMED
    assert found["TCN's"].n == 3


@answers("studies.digits.page.one_method", "studies.digits.page.view_maps")
def test_kept_maps_are_found_by_method_and_view():
    views = {"multivariate_8": torch.zeros(2, 8, 8), "univariate_8": torch.zeros(2, 64, 1)}
    kept = {(d, m, e): torch.tensor([float(i)]) for i, (d, m, e) in enumerate(product(
        views, ("cnn", "tcn"), ("gradient", "rescaled_gradient")))}  # fmt: skip
    found = maps.Maps(views, torch.tensor([0, 1]), kept, {})
    assert {m: float(a) for m, a in page.one_method(found, "univariate_8", "gradient").items()} == {"cnn": 4, "tcn": 6}
    shown = {name: [float(a) for a in pair] for name, pair in page.view_maps(found, "gradient").items()}
    assert shown == {"image (CNN)": [0, 1], "8 × 8 (TCN)": [2, 3], "64 × 1 (TCN)": [6, 7]}


GUIDED = World(
    layouts=("multivariate_28",), whole_labels=True, models=("tcn", "lstm_input_cell"), protocols=("corrected",),
    trainers=("standard", "guided", "guided_absolute"), metrics=(INK, AREA),
    explainers=("gradient", "smoothgrad", "random"),
    effects={("trainer", "standard"): 0.0, ("trainer", "guided"): 0.05, ("trainer", "guided_absolute"): -0.06},
)  # fmt: skip
GUIDED_ROWS = GUIDED.rows()


@answers(
    "studies.digits.guided_page.by_training",
    "studies.digits.guided_page.grid",
    "studies.digits.guided_page.models",
    "studies.digits.guided_page.absent",
)
def test_guided_digits_are_listed_by_network_and_training():
    found = guided_page.by_training(GUIDED_ROWS, INK)
    for row in found.itertuples():
        near(row.mean, GUIDED.mean(model=row.model, trainer=row.trainer, explainer=row.explainer, metric=INK))
    for ratio in (False, True):
        grid = guided_page.grid(GUIDED_ROWS, AREA, ratio)
        assert grid.index.tolist()[:3] == [f"Input-cell LSTM, {p}" for p in guided_page.PRINTED.values()]
        at = {"model": "tcn", "trainer": "guided", "metric": AREA}
        own, random = (GUIDED.mean(explainer=e, **at) for e in ("gradient", "random"))
        near(grid.loc["TCN, guided, signed", "gradient"], own / random if ratio else own - random)
    table = guided_page.models(GUIDED_ROWS)
    accuracy = GUIDED.accuracy(model="tcn", trainer="guided_absolute")
    near(table.loc[("TCN", "guided, absolute"), "test_accuracy"], round(accuracy, 3))
    epochs = 100 * GUIDED.mean(model="tcn", trainer="guided", explainer="", metric="epochs")
    near(table.loc[("TCN", "guided, signed"), "epochs"], round(epochs, 3))
    assert "Transformer, traditional; Transformer, guided, signed" in guided_page.absent(GUIDED_ROWS)


@answers("studies.digits.guided_page.say")
def test_guided_digits_are_compared_with_traditional_ones():
    rows = GUIDED_ROWS.copy()
    area = (rows["metric"] == AREA) & (rows["trainer"] == "guided")
    rows.loc[area & (rows["explainer"] == "gradient"), "value"] -= 0.1
    rows.loc[area & (rows["explainer"] == "smoothgrad"), "value"] += 0.1
    said = guided_page.say(rows)
    assert (
        "*guided, signed* puts more mass on the ink than traditional training in 4 of 4 pairs of network and method "
        "(intervals apart: 4 more, 0 less), and its maps find cells that matter more, beyond random maps, in 2 of 4"
    ) in said
    assert "*guided, absolute* puts more mass on the ink than traditional training in 0 of 4" in said
    assert "(intervals apart: 0 more, 4 less)" in said


@answers("studies.digits.guided_page.heat", "studies.digits.guided_page.drawn")
def test_guided_pictures_are_of_their_own_maps(monkeypatch):
    for metric, ratio in ((INK, True), (AREA, False)):
        figure = guided_page.heat(GUIDED_ROWS, metric)
        expected = guided_page.grid(GUIDED_ROWS, metric, ratio)
        near(figure.axes[0].images[0].get_array(), expected)
    names = ("tcn", "tcn[guided]", "tcn[guided_absolute]")
    kept = {("d", m, "gradient"): torch.full((2, 4, 4), i + 1.0) for i, m in enumerate(names)}
    monkeypatch.setattr(maps, "load", lambda _: maps.Maps({"d": torch.ones(2, 4, 4)}, torch.tensor([0, 1]), kept, {}))
    seen = {}
    monkeypatch.setattr(guided_page, "digit_grid", lambda x, y, shown: seen.update(shown) or words.Prose())
    guided_page.drawn("tcn", "gradient")
    assert {p: float(a[0, 0, 0]) for p, a in seen.items()} == {
        "traditional": 1, "guided, signed": 2, "guided, absolute": 3,
    }  # fmt: skip


VIEWS = World(
    layouts=("multivariate_8", "univariate_8"), whole_labels=True, models=("cnn", "tcn"), protocols=("corrected",),
    explainers=("gradient", "rescaled_gradient", "random"), metrics=(INK,),
    effects={("explainer", "gradient"): 0.1, ("explainer", "rescaled_gradient"): 0.4, ("explainer", "random"): 0.0},
)  # fmt: skip


@answers("studies.digits.views_page.say", "studies.digits.views_page.missing", "studies.digits.views_page.accuracy",
         "studies.digits.views_page.ink")  # fmt: skip
def test_views_are_said_before_and_after_rescaling(monkeypatch):
    rows = VIEWS.rows()
    rows = rows[~((rows["model"] == "cnn") & (rows["dataset"] == "univariate_8"))]
    monkeypatch.setattr(select, "rows", lambda *_, **__: rows)
    said = views_page.say("smoke")
    for model, layout in (("cnn", "multivariate_8"), ("tcn", "univariate_8")):
        at = {"model": model, "layout": layout, "metric": INK}
        before, after, random = (VIEWS.mean(explainer=e, **at) for e in VIEWS.explainers)
        name = f"{words.network(model)}, {layout.split('_')[0]}"
        assert f"{name}: {before / random:.1f}, rescaled {after / random:.1f}" in said
    assert views_page.missing(rows, "smoke") == [
        "CNN (image) on bivariate", "CNN (image) on univariate", "TCN on bivariate",
    ]  # fmt: skip
    assert "*CNN (image) on bivariate" in said
    near(views_page.accuracy("smoke").loc[("univariate_8", "TCN"), "test_accuracy"],
         round(VIEWS.accuracy(model="tcn", layout="univariate_8"), 3))  # fmt: skip
    figure = views_page.ink("smoke")
    values = np.asarray(figure.axes[0].images[0].get_array())
    at = {"model": "cnn", "layout": "multivariate_8"}
    near(values[0, 0], VIEWS.mean(explainer="gradient", **at) / VIEWS.mean(explainer="random", **at))


FIT = World(
    protocols=("as_released", "corrected"), layouts=("state", "spike"), whole_labels=True, models=("gru",),
    explainers=("fit", "gradient", "deep_lift", "feature_occlusion", "random"), metrics=(fit.SCORE,),
    effects={("explainer", "fit"): 0.05, ("explainer", "gradient"): 0.02, ("explainer", "deep_lift"): 0.08,
             ("explainer", "feature_occlusion"): 0.01, ("explainer", "random"): 0.0},
)  # fmt: skip


@answers("studies.fit_simulated.page.say", "studies.fit_simulated.page.grid", "studies.fit_simulated.page.accuracies",
         "studies.fit_simulated.claims.of_fit", "studies.fit_simulated.page.dots")  # fmt: skip
def test_the_place_of_fit_is_counted_from_the_best():
    rows = FIT.rows()
    said = fit.say(rows)
    for data, protocol in product(("state", "spike"), FIT.protocols):
        at = {"layout": data, "protocol": protocol}
        best, own = (FIT.mean(explainer=e, **at) for e in ("deep_lift", "fit"))
        where = f"{data.capitalize()}, {words.PROTOCOLS[protocol]}"
        assert f"* {where}: the best is DeepLIFT with {best:.2f}; FIT {own:.2f}, place 2 of 4." in said
        near(fit.grid(rows, protocol).loc["FIT", data], round(own, 3))
        near(fit.accuracies(rows).loc[data, ("test accuracy", words.PROTOCOLS[protocol])],
             round(FIT.accuracy(**at), 3))  # fmt: skip
    verdicts = {v.claim: v for v in fit_claims.of_fit(rows)}
    gradient = verdicts["spike, corrected: FIT has a higher average precision than any gradient method"]
    near(gradient.effect, -0.03, 1e-3)
    assert gradient.verdict == REFUTED
    occlusion = verdicts["state, as released: FIT has a higher average precision than any occlusion"]
    near(occlusion.effect, 0.04, 1e-3)
    assert occlusion.verdict == CONFIRMED
    figure = fit.dots(rows, "corrected")
    axes = figure.axes[0]
    assert axes.get_title() == "state"
    bottom = axes.get_yticklabels()[0].get_text()
    assert bottom == "Random"
    x = [float(v) for v in axes.lines[0].get_xdata()]
    near(x, FIT.bounds(explainer="random", layout="state", protocol="corrected")[1:])
    near(axes.lines[1].get_xdata(), [FIT.mean(explainer="random", layout="state", protocol="corrected")])


RARE = World(
    layouts=("rare_feature", "rare_time"), whole_labels=True, models=("white_box",),
    explainers=("dynamask", "fit", "lime", "random"), protocols=("as_released", "corrected"),
    metrics=("aur_threshold_pooled", "aup_threshold_pooled", "auroc", "average_precision"),
    effects={("explainer", "dynamask"): 0.3, ("explainer", "fit"): 0.08, ("explainer", "lime"): 0.01,
             ("explainer", "random"): 0.0, ("metric", "aup_threshold_pooled"): 0.5},
)  # fmt: skip
RARE_ROWS = RARE.rows()


@answers("studies.rare.page.say", "studies.rare.claims.of_rare")
def test_the_best_other_method_on_rare_features_is_named():
    at = {"layout": "rare_feature", "protocol": "as_released"}
    numbers = [RARE.mean(explainer=e, metric=m, **at) for e in ("dynamask", "fit")
               for m in ("aur_threshold_pooled", "auroc")]  # fmt: skip
    assert rare.say(RARE_ROWS) == (
        "As released, on rare features, Dynamask has a recall area of {:.2f} and an AUROC of {:.2f}; FIT has {:.2f} "
        "and {:.2f}.".format(*numbers)
    )
    found = rare_claims.of_rare(RARE_ROWS)
    assert [v.verdict for v in found] == [CONFIRMED] * 6
    near([v.effect for v in found[::3]], (0.22, 0.22), 1e-3)
    level = found[1]
    near(level.effect, RARE.mean(explainer="dynamask", metric="aup_threshold_pooled", **at))
    assert "precision area is above 0.9" in level.claim
    near(found[2].effect, 0.22, 1e-3)


@answers("studies.rare.page.grid", "studies.rare.page.coverage", "studies.rare.page.cost", "studies.rare.page.beside",
         "studies.rare.page.dots")  # fmt: skip
def test_tables_of_rare_experiments_are_means_over_runs():
    grid = rare.grid(RARE_ROWS, ["auroc"])
    assert grid.index.tolist() == ["LIME", "FIT", "Dynamask", "Random"]
    near(grid.loc["FIT", ("corrected", "rare_time", "auroc")],
         RARE.mean(explainer="fit", protocol="corrected", layout="rare_time", metric="auroc"))  # fmt: skip
    assert (rare.coverage(RARE_ROWS) == 3).all(axis=None)
    cost = rare.cost(RARE_ROWS)
    seconds = RARE.seconds(explainer="fit", protocol="corrected", layout="rare_time", metric=RARE.metrics[0])
    near(cost.loc["fit", ("corrected", "rare_time")], seconds)
    assert "random" not in cost.index
    theirs = pd.DataFrame([("rare_time", "fit", "auroc", 0.4, 0.1)],
                          columns=["dataset", "explainer", "metric", "mean", "std"])  # fmt: skip
    (row,) = rare.beside(RARE_ROWS, theirs).to_dict("records")
    at = {"explainer": "fit", "protocol": "as_released", "layout": "rare_time", "metric": "auroc"}
    near((row["ours"], row["low"], row["high"], row["n"], row["theirs"], row["their deviation"]),
         (*RARE.bounds(**at), 3, 0.4, 0.1))  # fmt: skip
    figure = rare.dots(RARE_ROWS[RARE_ROWS["dataset"] == "rare_time"], "corrected", ["auroc"])
    axes = figure.axes[0]
    assert (axes.get_title(), axes.get_xlabel()) == ("AUROC", "rare time, corrected")
    at = {"protocol": "corrected", "layout": "rare_time", "metric": "auroc"}
    near([float(line.get_xdata()[0]) for line in axes.lines[1::2]],
         [RARE.mean(explainer=e, **at) for e in ("random", "dynamask", "fit", "lime")])  # fmt: skip


MASKS = World(
    layouts=("rare_feature",), whole_labels=True, models=("white_box",), protocols=("as_released", "own_features"),
    explainers=("dynamask", "dynamask[momentum 1]", "fit"),
    metrics=("aup_threshold", "aur_threshold", "auroc", "average_precision", "aup_threshold[own threshold]"),
    effects={("explainer", "dynamask"): 0.3, ("explainer", "dynamask[momentum 1]"): 0.35,
             ("metric", "aup_threshold"): 0.0, ("metric", "aup_threshold[own threshold]"): 0.1},
)  # fmt: skip


@answers("studies.rare.audit_page.of_masks", "studies.rare.audit_page.of_areas", "studies.rare.audit_page.of_features")
def test_what_a_switch_of_a_mask_adds_is_changed_minus_released():
    rows = MASKS.rows()
    table = mask_audit.of_masks(rows)
    at = {"protocol": "as_released", "metric": "auroc"}
    one, other = at | {"explainer": "dynamask[momentum 1]"}, at | {"explainer": "dynamask"}
    mean, *ends = MASKS.apart(one, other)
    near(mean, 0.05)
    assert table.loc["momentum 1", "AUROC"] == words.interval(mean, *sorted(ends), sign=True)
    assert table.loc["as released", "AUROC"] == f"{MASKS.mean(**other):.3f}"
    areas = mask_audit.of_areas(rows, "aup_threshold")
    assert areas.index.tolist() == ["FIT", "Dynamask"]
    near(areas.loc["FIT", "own threshold"] - areas.loc["FIT", "as released"], 0.1)
    at = {"explainer": "fit", "metric": "aup_threshold", "protocol": "as_released"}
    near(areas.loc["FIT", "as released"], round(MASKS.mean(**at), 3))
    features = mask_audit.of_features(rows)
    for protocol, name in (("as_released", "shared, as released"), ("own_features", "own features")):
        bounds = MASKS.bounds(protocol=protocol, explainer="dynamask", metric="auroc")
        assert features.loc[name, "AUROC"] == words.interval(*bounds)


STATE = World(
    protocols=("as_released", "corrected"), layouts=("state",), whole_labels=True, models=("gru",), profile="quick",
    explainers=("fit", "gradient", "gradient[evaluation mode]", "deep_lift", "random"), metrics=("auroc",),
    effects={("explainer", "fit"): 0.55, ("explainer", "gradient"): 0.05, ("explainer", "deep_lift"): 0.1,
             ("explainer", "gradient[evaluation mode]"): 0.09, ("explainer", "random"): 0.0},
)  # fmt: skip
STATE_MASKS = World(
    protocols=("as_released", "corrected"), layouts=("state",), whole_labels=True, models=("gru",), profile="quick",
    explainers=("dynamask", "dynamask_right_axes", "dynamask_hard_target", "lime", "random"),
    metrics=("auroc", "aur_threshold"),
    effects={("explainer", "dynamask"): 0.1, ("explainer", "dynamask_right_axes"): 0.3, ("explainer", "lime"): 0.2,
             ("explainer", "dynamask_hard_target"): 0.05, ("explainer", "random"): 0.0},
)  # fmt: skip


@answers("studies.state.page.say", "studies.state.page.limits")
def test_the_best_and_the_worst_on_the_hidden_state_are_named():
    said = state.say(STATE.rows(), STATE_MASKS.rows())
    for protocol, printed in words.PROTOCOLS.items():
        best, worst = (STATE.mean(protocol=protocol, explainer=e) for e in ("fit", "gradient"))
        assert (
            f"{printed.capitalize()}, 1 of 3 methods rank the active feature with an AUROC of at least 0.9 (FIT); the "
            f"best is FIT with {best:.2f}, the worst Gradient with {worst:.2f}."
        ) in said
    at = {"metric": "auroc"}
    released, right = (STATE_MASKS.mean(protocol="as_released", explainer=e, **at)
                       for e in ("dynamask", "dynamask_right_axes"))  # fmt: skip
    soft, hard = (STATE_MASKS.mean(protocol="corrected", explainer=e, **at)
                  for e in ("dynamask", "dynamask_hard_target"))  # fmt: skip
    assert f"Dynamask as released has an AUROC of {released:.2f}, and {right:.2f} where nothing" in said
    assert f"corrected it has {soft:.2f} with a soft target and {hard:.2f} with the hard one." in said
    assert "(profile quick)" in said
    limits = state.limits(STATE.rows(), World(**{**vars(STATE_MASKS), "seeds": (0,)}).rows())
    assert "3 seeds as released, 3 seeds corrected." in limits
    assert "1 seed as released, 1 seed corrected. A single seed" in limits


@answers("studies.state.page.means", "studies.state.page.training_mode", "studies.state.page.dots")
def test_tables_of_the_hidden_state_are_those_of_the_protocol():
    rows = STATE.rows()
    table = state.means(rows, "auroc", "corrected", "gradient")
    assert table.index.tolist() == ["Gradient", "Gradient (evaluation mode)"]
    near(table.loc["Gradient"], (*np.round(STATE.bounds(protocol="corrected", explainer="gradient"), 3), 3))
    modes = state.training_mode(rows)
    at = {"protocol": "as_released"}
    near(modes.loc["Gradient"], [round(STATE.mean(explainer=e, **at), 3)
                                 for e in ("gradient", "gradient[evaluation mode]")])  # fmt: skip
    assert modes.columns.tolist() == ["training mode, as released", "evaluation mode"]
    figure = state.dots(rows, "auroc", "corrected", "AUROC")
    top = figure.axes[0].lines[0]
    near(top.get_xdata(), STATE.bounds(protocol="corrected", explainer="gradient")[1:])


@answers("studies.state.claims.of_state", "studies.state.claims.of_masks_on_state",
         "studies.state.claims.of_fit_on_state")  # fmt: skip
def test_claims_on_the_hidden_state_subtract_the_best_other():
    masks = STATE_MASKS.rows()
    masks.loc[(masks["protocol"] == "corrected") & (masks["explainer"] == "dynamask"), "value"] += 0.3
    found = {v.claim: v for v in state_claims.of_state(STATE.rows(), masks)}
    expected = {
        "masks, as released: higher recall area than any other method": (-0.1, REFUTED),
        "masks, as released: better ranking than any other method": (-0.1, REFUTED),
        "masks, as released but on the right axes: better than chance": (0.3, CONFIRMED),
        "masks, corrected: better ranking than any other method": (0.2, CONFIRMED),
        "FIT, as released: better ranking than any gradient method": (0.45, CONFIRMED),
        "FIT, corrected: better ranking than any gradient method": (0.45, CONFIRMED),
    }
    assert set(found) == set(expected)
    for claim, (effect, word) in expected.items():
        near(found[claim].effect, effect)
        assert found[claim].verdict == word


def vanished(**changes):
    return World(**{"layouts": ("early_box", "middle_box"), "processes": ("100", "50"),
                    "models": ("lstm", "lstm_input_cell"), "explainers": ("gradient", "random"),
                    "metrics": ("auroc", "weighted_jaccard", "euclidean_distance"),
                    "effects": {("model", "lstm"): 0.0, ("model", "lstm_input_cell"): 0.2,
                                ("explainer", "gradient"): 0.1, ("explainer", "random"): 0.0}, **changes})  # fmt: skip


@pytest.fixture
def vanishing_rows(monkeypatch):
    made = vanished()
    profile = vanished(metrics=("saliency_profile",), levels=(0.5, 1.0))
    more = profile.rows()
    rows = pd.concat([made.rows(), more[more["explainer"] != ""]])
    monkeypatch.setattr(select, "rows", lambda *_, **__: rows)
    return made, profile, vanishing.rows()


@answers("studies.vanishing.page.rows", "studies.vanishing.page.say", "studies.vanishing.page.coverage")
def test_the_late_share_of_an_early_box_is_said_by_network(vanishing_rows):
    made, profile, rows = vanishing_rows
    assert set(rows["who"]) == {"LSTM", "input-cell LSTM"}
    assert rows["passed"].all()
    assert set(rows["box"]) == {"early_box", "middle_box"}
    at = {"layout": "early_box", "process": "100", "explainer": "gradient"}
    said = vanishing.say(rows)
    late = [profile.mean(model=m, at=1.0, **at) for m in made.models]
    order = [made.mean(model=m, metric="auroc", **at) for m in made.models]
    assert f"share of the gradient map: LSTM {late[0]:.1%}, input-cell LSTM {late[1]:.1%}." in said
    assert f"(AUROC, chance 0.5): LSTM {order[0]:.2f}, input-cell LSTM {order[1]:.2f}. 24 of 24 networks" in said
    assert said.startswith("With an early box in 100 steps")
    table = vanishing.coverage(rows)
    accuracy = made.accuracy(model="lstm", layout="middle_box", process="50")
    assert table.loc["middle box, T = 50", "LSTM"] == f"3 of 3 ({accuracy:.2f})"
    assert table.loc["late box, T = 50", "LSTM"] == "not computed"
    failed = rows[rows["metric"] == "passed_gate"].index[:1]
    rows.loc[failed, "value"] = 0.0
    assert "23 of 24 networks pass" in vanishing.say(rows)


@answers("studies.vanishing.page.beside", "studies.vanishing.printed.boxes", "studies.vanishing.printed.cause",
         "studies.vanishing.claims.of_vanishing")  # fmt: skip
def test_the_table_of_2019_stands_beside_ours(vanishing_rows):
    made, profile, rows = vanishing_rows
    theirs = papers.table("ismail2019_table1").set_index(["dataset", "model", "metric"])["value"]
    table = vanishing.beside(rows)
    board = vanishing_printed.boxes("paper").set_index(["dataset", "model", "quantity"])
    for metric in ("weighted_jaccard", "euclidean_distance"):
        at = {"layout": "early_box", "process": "100", "model": "lstm_input_cell", "metric": metric}
        row = table.loc[("early box", "Input-cell LSTM", metric.replace("_", " "))]
        value = theirs[("early_box", "lstm_input_cell", metric)]
        bounds = made.bounds(explainer="gradient", **at)
        assert row["published"] == f"{value:.3f}"
        assert row["ours [95 %]"] == words.interval(*bounds)
        chance = made.mean(**{**at, "model": made.models}, explainer="random")
        assert row["random map"] == f"{chance:.3f}"
        ours = board.loc[("early_box", "lstm_input_cell", metric)]
        near((ours["published"], ours["ours"], ours["low"], ours["high"]), (value, *bounds))
    accuracy = board.loc[("early_box", "lstm", "test accuracy")]
    near(accuracy["ours"], made.accuracy(layout="early_box", process="100", model="lstm"))
    late, better = vanishing_claims.of_vanishing(rows)
    at = {"layout": "early_box", "process": "100", "explainer": "gradient"}
    near((late.effect, late.low + 0.1, late.high + 0.1),
         (profile.mean(model="lstm", at=1.0, **at) - 0.1, *profile.bounds(model="lstm", at=1.0, **at)[1:]))  # fmt: skip
    near(better.effect, 0.2, 1e-3)
    assert (late.verdict, better.verdict) == (CONFIRMED, CONFIRMED)
    assert vanishing_printed.cause("test_accuracy", "early_box", 0.95, 0.5).startswith("our networks do not learn it")
    assert vanishing_printed.cause("test_accuracy", "early_box", 0.5, 0.5) == ""


@answers("studies.vanishing.page.profiles", "studies.vanishing.page.by_box")
def test_pictures_of_boxes_hold_their_own_rows(vanishing_rows):
    made, profile, rows = vanishing_rows
    figure = vanishing.profiles(rows, 50)
    first = figure.axes[0]
    assert first.get_title() == "early box"
    lines = [line for line in first.lines if len(line.get_xdata()) == 2 and float(line.get_xdata()[0]) == 0.45]
    assert len(lines) == 6
    assert {line.get_linestyle() for line in lines} == {"-"}
    failed = vanishing.profiles(rows.assign(passed=False), 50).axes[0]
    drawn = [line for line in failed.lines if len(line.get_xdata()) == 2 and float(line.get_xdata()[0]) == 0.45]
    assert {line.get_linestyle() for line in drawn} == {"--"}
    at = {"layout": "early_box", "process": "50", "explainer": "gradient", "model": "lstm"}
    mean = [profile.mean(at=level, **at) for level in (0.5, 1.0)]
    near(np.mean([line.get_ydata() for line in lines[:3]], axis=0), mean)
    figure = vanishing.by_box(rows, {"auroc": "AUROC", "weighted_jaccard": "J"}, 100)
    axes = figure.axes[1]
    at = {"process": "100", "metric": "weighted_jaccard"}
    chance = [made.mean(layout=d, explainer="random", **at) for d in ("early_box", "middle_box")]
    near(axes.lines[0].get_ydata(), [*chance, np.nan])
    means = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 3][1:]
    near(means[0][:2], [made.mean(layout=d, explainer="gradient", model="lstm", **at) for d in made.layouts])
