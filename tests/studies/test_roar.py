"""Pages and claims of remove and retrain, on rows whose every accuracy is chosen."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.made_up import answers
from tsinterp_lib.figures import roar as drawn
from tsinterp_lib.statistics.verdict import CONFIRMED, REFUTED, UNDECIDED
from tsinterp_lib.studies.roar_mnist import claims, page, switches_page
from tsinterp_lib.studies.roar_mnist.plan import BASES, ROAR_CONTROLS, ROAR_MNIST, VARIANTS, estimators
from tsinterp_lib.studies.roar_series import page as series
from tsinterp_lib.studies.roar_series.plan import ROAR_SERIES
from tsinterp_lib.tables import words

AT = (0.0, 0.1, 0.5, 0.9)
FALL = {"": 0.1, "[squared]": 0.3, "[smoothgrad]": 0.05, "[smoothgrad squared]": 0.4, "[vargrad]": 0.5}
"""How much accuracy each kind takes at a level of 1; random takes 0.2, Sobel 0.1, a blurred random map 0.3."""


def falls():
    found = {"random": 0.2, "sobel": 0.1, "random[blurred]": 0.3}
    return found | {f"{base}{kind}": fall for base in BASES for kind, fall in FALL.items()}


def digits(seeds=3, metric="roar", at=AT, names=None, shift=0.0):
    """Accuracy is 0.95 less fall · level; seed s adds s / 1000 to all, so that differences have no spread."""
    names = falls() if names is None else names
    rows = [
        {"study": "roar_mnist", "protocol": "corrected", "profile": "paper", "explainer": e, "metric": metric,
         "at": t, "seed": s, "value": 0.95 - shift - fall * t + s / 1000}
        for s in range(seeds) for e, fall in names.items() for t in at
    ]  # fmt: skip
    return pd.DataFrame(rows)


def planted(flip=False):
    """Two methods and controls on two layouts; AUROC and gain agree, or disagree where flipped."""
    rows = []
    for layout in ("middle", "rare_time"):
        for e, auroc, accuracy in (
            ("random", 0.5, 0.9), ("oracle", 1.0, 0.5), ("gradient", 0.6, 0.85), ("gradient[squared]", 0.8, 0.7),
            ("integrated_gradients", 0.7, 0.8), ("integrated_gradients[squared]", 0.9, 0.6),
        ):  # fmt: skip
            common = {"dataset": f"{layout}/gaussian_noise", "model": "tcn", "explainer": e, "seed": 0}
            rows.append(common | {"metric": "auroc", "at": None, "value": 1.4 - auroc if flip else auroc})
            rows += [common | {"metric": "roar", "at": t, "value": accuracy} for t in (0.1, 0.5)]
            rows.append(common | {"metric": "roar", "at": 0.0, "value": 0.99})
    return pd.DataFrame(rows)


@answers("studies.roar_mnist.page.curves", "studies.roar_mnist.page.accuracies")
def test_accuracies_are_percent_means_over_seeds_in_the_published_order():
    found = page.curves(digits()).set_index(["explainer", "at"])
    assert found.loc[("random", 0.5), "mean"] == pytest.approx(85.1)
    assert found.loc[("random", 0.5), "low"] == pytest.approx(85.1 - 4.3027 * 0.1 / 3**0.5, abs=1e-3)
    table = page.accuracies(digits())
    assert list(table.index[:5]) == ["Random", "Sobel", "GRAD", "IG", "GB"]
    assert list(table.columns) == ["0 %", "10 %", "50 %", "90 %"]
    assert table.loc["VAR-GB", "90 %"].startswith("50.1 [")
    assert page.curves(pd.DataFrame(columns=page.COLUMNS)).empty
    assert "not computed" in str(page.accuracies(pd.DataFrame(columns=page.COLUMNS))).lower()


@answers("studies.roar_mnist.page.against", "studies.roar_mnist.page.advantage")
def test_the_advantage_is_the_area_between_the_curves_in_points():
    gains = page.against(digits())
    assert set(gains["at"]) == {0.1, 0.5, 0.9}
    one = gains[(gains["explainer"] == "gradient[vargrad]") & (gains["at"] == 0.5)]
    assert one["gain"].tolist() == pytest.approx([15.0] * 3)
    found = page.advantage(digits()).set_index("explainer")
    assert found.loc["gradient[vargrad]", "mean"] == pytest.approx(100 * 0.3 * 0.5)  # the mean level is one half
    assert found.loc["gradient", "mean"] == pytest.approx(-5.0)
    assert found.loc["gradient", "n"] == 3
    assert found["mean"].is_monotonic_decreasing
    assert page.against(digits(names={"gradient": 0.1})).empty
    assert page.advantage(digits(names={"gradient": 0.1})).empty


@answers("studies.roar_mnist.page.labels", "studies.roar_mnist.page.name")
def test_names_are_those_of_the_published_table():
    assert len(page.NAMES) == 14
    assert page.labels(digits())[-4:] == list(page.OURS_ALONE)
    assert page.name("integrated_gradients[smoothgrad squared]") == "SG-SQ-IG"
    assert page.name("guided_backprop[squared]") == "SQ-GB"
    assert page.name("lime") == "LIME"
    planned = {*estimators(BASES), "random", "sobel", "random[blurred]"}
    assert planned == {*page.NAMES, *page.OURS_ALONE}


@answers("studies.roar_mnist.page.published", "studies.roar_mnist.page.beside")
def test_the_published_table_is_whole_and_its_advantages_are_those_of_the_protocol():
    theirs = page.published()
    assert theirs.shape == (14, 5)
    assert theirs.loc["VAR-GRAD", "90 %"] == 10.41
    assert page.published("Birdsnap", "kar").loc["SG-IG", "10 %"] == 65.36
    table = page.beside(digits())
    expected = {"VAR-GRAD": 27.2, "SG-SQ-GRAD": 26.0, "SG-GB": -0.6, "SG-IG": -3.1, "IG": -3.0}
    assert {n: float(table.loc[n, "ImageNet"]) for n in expected} == pytest.approx(expected, abs=0.11)
    assert float(table.loc["VAR-GB", "Birdsnap"]) == pytest.approx(32.5, abs=0.11)
    assert table.loc["GRAD", "digits (ours)"].startswith("-5.0 [")
    assert table.loc["SQ-GRAD", "ImageNet"] == "–"


@answers("studies.roar_mnist.page.figure", "figures.roar.by_base")
def test_the_figure_has_a_panel_per_base_and_the_controls_in_each():
    figure = page.figure(digits())
    assert isinstance(figure, Figure)
    assert [axes.get_title() for axes in figure.axes] == ["Gradient", "Integrated gradients", "Guided backprop"]
    for axes in figure.axes:
        lines = {line.get_label(): line for line in axes.lines}
        assert {"Random", "Sobel", "Random, blurred", "plain, signed", "squared", "vargrad"} <= set(lines)
        assert lines["vargrad"].get_ydata().tolist() == pytest.approx([95.1 - 50 * t for t in AT])
    assert "not computed" in str(page.figure(pd.DataFrame(columns=page.COLUMNS))).lower()
    assert drawn.by_base(page.curves(digits()), {"gradient": "G"}, {"": "plain"}, {}, 10.0).axes[0].get_title() == "G"


@answers("studies.roar_mnist.switches_page.switches", "studies.roar_mnist.switches_page.say_leak")
def test_switches_stand_beside_the_published_protocol_and_the_leak_is_said():
    names = {"random": 0.2, "gradient": 0.1}
    parts = [digits(2, m, (0.1, 0.9), names, 0.01 * i) for i, m in enumerate(VARIANTS)]
    controls = pd.concat(parts)
    table = switches_page.switches(controls, digits(2))
    assert list(table.columns) == list(switches_page.SWITCHES.values())
    assert list(table.index) == ["Random", "GRAD"]
    assert table.loc["GRAD", "removed and retrained"].startswith("86.0 [")  # 86.05, to even
    assert table.loc["GRAD", "keep in place of remove"].startswith("86.0 [")
    assert table.loc["GRAD", "processed twice"].startswith("80.0 [")
    said = switches_page.say_leak(controls)
    assert (
        "(10 % of them) is right on this many percent of the digits: from 93 [92, 94] for GRAD to 93 [92, 94] for GRAD"
        in said
    )
    assert said.endswith("for random masks 92 [91, 93].")
    one = controls[controls["seed"] == 0]
    rows = digits(2)
    other = rows.assign(value=rows["value"] - 0.5 * (rows["seed"] == 1))
    assert switches_page.switches(one, other).equals(switches_page.switches(one, rows[rows["seed"] == 0]))
    empty = pd.DataFrame(columns=page.COLUMNS)
    assert "roar_controls" in str(switches_page.switches(empty, digits()))
    assert "roar_controls" in switches_page.say_leak(empty)


@answers("studies.roar_mnist.switches_page.say_kar")
def test_keeping_and_removing_agree_or_are_said_not_to():
    names = {"random": 0.2, "gradient": 0.1, "gradient[vargrad]": 0.5}
    kept = {e: 0.6 - fall for e, fall in names.items()}  # what removes most keeps most
    said = switches_page.say_kar(digits(2, "kar", (0.1, 0.9), kept), digits(2, names=names))
    assert "the 3 maps with a rank correlation of +1.00 at 10 %, +1.00 at 90 %" in said
    assert "-1.00 at 10 %" in switches_page.say_kar(digits(2, "kar", (0.1,), names), digits(2, names=names))
    assert "roar_controls" in switches_page.say_kar(pd.DataFrame(columns=page.COLUMNS), digits())


@answers("studies.roar_mnist.page.say", "studies.roar_mnist.page.rows")
def test_the_answer_counts_signed_and_squared_estimators_and_missing_rows_are_said(tmp_path, monkeypatch):
    said = page.say(digits())
    assert "0 of 6 signed estimators" in said
    assert "3 of 3 squared ones, and 6 of 6 of SmoothGrad-squared and VarGrad" in said
    assert "+15.0 [+15.0, +15.0] points over 3 seeds" in said
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    assert page.rows().empty
    assert page.say(page.rows()) == page.NOTHING


@answers("studies.roar_mnist.claims.of_roar", "studies.roar_mnist.claims.verdicts")
def test_claims_follow_the_curves_and_turn_with_them():
    verdicts = {v.claim.removeprefix("digits: "): v for v in claims.of_roar(digits())}
    found = {claim: v.verdict for claim, v in verdicts.items()}
    assert found == {
        "SmoothGrad-squared and VarGrad remove more than a random ranking": CONFIRMED,
        "base estimators, signed, remove less than a random ranking": CONFIRMED,
        "base estimators, signed, remove no more than Sobel edges": REFUTED,  # exactly as much
        "SmoothGrad removes less than its base (gradient, integrated gradients)": CONFIRMED,
        "SmoothGrad removes more than its base (guided backprop)": REFUTED,
        "Sobel edges remove less than a random ranking": CONFIRMED,
        "squared base estimators remove more than a random ranking": CONFIRMED,
    }
    first = next(iter(verdicts.values()))
    assert first.effect == pytest.approx(0.25 * 0.5)  # (0.4 + 0.5) / 2 less 0.2, at a mean level of one half
    turned = {e: 0.4 - fall for e, fall in falls().items()}
    assert claims.of_roar(digits(names=turned))[1].verdict == REFUTED
    assert {v.verdict for v in claims.of_roar(digits(seeds=1))} == {UNDECIDED}
    table = claims.verdicts(digits())
    assert table.iloc[0]["points"] == "+12.5 [+12.5, +12.5]"
    assert table["seeds"].tolist() == [3] * 7


@answers("studies.roar_series.page.scores", "studies.roar_series.page.agreement", "studies.roar_series.page.signs")
def test_two_scores_of_a_map_agree_or_not_and_signs_stand_beside_each_other():
    found = series.scores(planted()).set_index(["dataset", "explainer"])
    assert found.loc[("middle/gaussian_noise", "gradient[squared]"), "gain"] == pytest.approx(20.0)
    assert found.loc[("middle/gaussian_noise", "oracle"), "auroc"] == 1.0
    assert "random" not in found.index.get_level_values("explainer")
    table = series.agreement(planted())
    assert table["correlation"].tolist() == pytest.approx([1.0, 1.0])
    assert table["methods"].tolist() == [4, 4]
    assert table["best by ROAR"].tolist() == [words.method("integrated_gradients[squared]")] * 2
    assert series.agreement(planted(flip=True))["correlation"].tolist() == pytest.approx([-1.0, -1.0])
    signs = series.signs(planted()).set_index("base")
    assert signs.loc["Gradient", ["signed", "squared"]].tolist() == [5.0, 20.0]
    assert series.scores(pd.DataFrame(columns=series.COLUMNS)).empty


@answers("studies.roar_series.page.say", "studies.roar_series.page.figure", "figures.roar.against_truth",
         "studies.roar_series.page.rows")  # fmt: skip
def test_the_agreement_is_said_and_drawn(tmp_path, monkeypatch):
    said = series.say(planted())
    assert "Over 2 pairs of network and layout" in said
    assert "+1.00 [+1.00, +1.00] (2 of 2 above zero) and name the same best method in 2" in said
    assert "takes 40 points more" in said
    figure = series.figure(planted())
    (axes,) = figure.axes
    assert axes.get_title() == "TCN"
    dots = {line.get_label(): line for line in axes.lines if len(line.get_xdata()) == 2}
    assert dots[words.method("gradient")].get_ydata().tolist() == pytest.approx([5.0, 5.0])
    assert isinstance(drawn.against_truth(series.scores(planted()), "x", "y"), Figure)
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    assert series.rows().empty
    assert series.say(series.rows()) == series.NOTHING == series.figure(series.rows())


def test_the_plans_have_the_published_estimators_levels_and_three_sizes():
    cells = ROAR_MNIST.cells(ROAR_MNIST.own["paper"])
    assert len({c.explainer.label for c in cells if c.explainer}) == 18
    assert {c.seed for c in cells} == {0, 1, 2, 3, 4}
    assert {c.profile.sizes.train for c in cells} == {6000}
    assert {c.seed for c in ROAR_CONTROLS.cells(ROAR_CONTROLS.own["paper"])} == {0, 1, 2}
    units = {(c.model.label, c.dataset.name) for c in ROAR_SERIES.cells(ROAR_SERIES.own["paper"])}
    assert len(units) == 20


def test_an_interval_of_accuracies_keeps_to_the_scale():
    table = digits(2, names={"random": 0.0})
    wide = table.assign(value=table["value"].where(table["seed"] == 0, 0.2))
    found = page.curves(wide)
    assert (found["high"] == 100).all()
    assert (found["low"] == 0).all()
