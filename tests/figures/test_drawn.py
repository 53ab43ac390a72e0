"""What figures draw: where each mark stands, where each interval ends, and which words stand beside them."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.made_up import World, answers, near
from tsinterp_lib import figures
from tsinterp_lib.figures import comparison, published, results, scoreboard, spread, style
from tsinterp_lib.figures.effects import ALONE, CLEAR, UNCLEAR, VERDICTS
from tsinterp_lib.statistics import effects as effect_tables
from tsinterp_lib.statistics import paired
from tsinterp_lib.statistics.friedman import RankTest, critical_difference
from tsinterp_lib.statistics.verdict import Verdict, verdict_table
from tsinterp_lib.tables import printed, summaries, words

WORLD = World(layouts=("middle", "rare_time", "rare_feature"), models=("tcn", "lstm"))
SUMMARY = summaries.by_explainer(WORLD.rows(), "auroc", "as_released")
ORDER = [e for e in words.METHODS if e in WORLD.explainers]


def named(axes):
    """Words along the y axis and where they stand."""
    return {t.get_text(): t.get_position()[1] for t in axes.yaxis.get_majorticklabels()}


def at(lines, y):
    """The x of every line that lies wholly at a height."""
    return [
        np.asarray(line.get_xdata(), float) for line in lines if np.allclose(np.asarray(line.get_ydata(), float), y)
    ]


@answers("figures.results.dots", "figures.style.look")
def test_dots_stand_at_their_means_with_their_intervals():
    reference = pd.DataFrame({"model": ["lstm"], "explainer": ["gradient"], "value": [0.123]})
    figure = results.dots(SUMMARY, "AUROC", reference)
    lstm, tcn = figure.axes[:2]
    assert (lstm.get_title(), tcn.get_title()) == ("LSTM", "TCN")
    for axes, model in ((lstm, "lstm"), (tcn, "tcn")):
        place = named(lstm)  # panels of a row share their names
        assert sorted(place, key=lambda name: -place[name]) == [words.marked(e) for e in ORDER]
        for e in ORDER:
            mean, low, high = WORLD.bounds(model=model, explainer=e)
            ends, dot = at(axes.lines, place[words.marked(e)])[:2]
            near(ends, (low, high))
            near(dot, [mean])
    place = named(lstm)["Gradient"]
    near(at(lstm.lines, place + 0.32)[0], [0.123])
    colours = {line.get_color() for line in lstm.lines if np.allclose(line.get_ydata(), place)}
    assert colours == {style.look("gradient").colour}


@answers("figures.results.side_by_side")
def test_panels_side_by_side_share_their_names():
    panels = {m: SUMMARY[SUMMARY["model"] == m] for m in ("tcn", "lstm")}
    figure = results.side_by_side(panels, "score")
    for axes, model in zip(figure.axes, ("tcn", "lstm"), strict=True):
        assert axes.get_title() == model
        for e in ORDER:
            ends, dot = at(axes.lines, named(figure.axes[0])[words.method(e)])[:2]
            near([*dot, *ends], WORLD.bounds(model=model, explainer=e))


@answers("figures.results.by_network")
def test_all_networks_stand_in_one_panel_sorted_by_their_mean():
    figure = results.by_network(SUMMARY, "AUROC", 0.5)
    axes = figure.axes[0]
    controls = ("random", "position_only", "oracle")
    methods = sorted(set(ORDER) - set(controls), key=lambda e: WORLD.mean(explainer=e))
    names = list(named(axes))
    assert names == [words.marked(e) for e in (*controls, *methods)]
    marks = {line.get_label(): line for line in axes.lines}
    for model, collection in zip(("lstm", "tcn"), axes.collections, strict=True):
        line = marks[words.network(model)]
        bounds = [WORLD.bounds(model=model, explainer=e) for e in (*controls, *methods)]
        near(line.get_xdata(), [b[0] for b in bounds])
        near([s[:, 0] for s in collection.get_segments()], [b[1:] for b in bounds])
        assert line.get_color() == style.NETWORK_COLOURS[model][0]
    assert 0.5 in [line.get_xdata()[0] for line in axes.lines]


@answers("figures.results.curves")
def test_curves_run_over_the_levels_with_a_band():
    world = World(
        metrics=("precision_count",), levels=(0.1, 0.5, 1.0), models=("tcn",), explainers=("gradient", "lime")
    )
    table = summaries.curve(world.rows(), "precision_count", "as_released").sample(frac=1.0, random_state=0)
    axes = results.curves(table, "precision", "share", ["lime"]).axes[0]
    (line,) = axes.lines
    near(line.get_xdata(), world.levels)
    bounds = np.array([world.bounds(at=level, explainer="lime") for level in world.levels])
    near(line.get_ydata(), bounds[:, 0])
    vertices = axes.collections[0].get_paths()[0].vertices
    for level, (_, low, high) in zip(world.levels, bounds, strict=True):
        own = vertices[np.isclose(vertices[:, 0], level)][:, 1]
        near((own.min(), own.max()), (low, high))
    assert (axes.get_ylabel(), axes.get_title()) == ("precision", "TCN")


@answers("figures.results.heat")
@pytest.mark.parametrize("centre", [None, 0.5])
def test_a_heat_has_each_value_in_its_own_cell(centre):
    frame = pd.DataFrame([[0.1, 0.2, np.nan], [0.6, 0.5, 0.4]], ["gradient", "lime"], ["lstm", "tcn", "middle"])
    figure = results.heat(frame, "label", centre=centre)
    axes = figure.axes[0]
    texts = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in axes.texts}
    assert texts == {(0, 0): "0.10", (0, 1): "0.20", (0, 2): "–", (1, 0): "0.60", (1, 1): "0.50", (1, 2): "0.40"}
    assert [t.get_text() for t in axes.get_xticklabels()] == ["LSTM", "TCN", "middle"]
    assert list(named(axes)) == ["Gradient", "LIME"]
    image = axes.images[0]
    if centre is not None:
        near(image.get_clim(), (0.1, 0.9))
        assert image.get_cmap().name == "RdBu_r"


def made_effects():
    columns = ["choice", "changed_to", "quantity", "effect", "low", "high", "blocks"]
    rows = [("one_softmax", "x", "AUROC", 0.2, 0.1, 0.3, 3), ("trained_on", "x", "AUROC", -0.1, -0.3, 0.1, 3),
            ("box_of_15", "x", "AUROC", 0.05, np.nan, np.nan, 1)]  # fmt: skip
    return effect_tables.table([effect_tables.Effect(**dict(zip(columns, r, strict=True))) for r in rows])


@answers("figures.effects.effects", "figures.effects.gains", "statistics.effects.table")
def test_effects_are_dark_where_their_interval_leaves_zero_out():
    table = made_effects()
    assert table["moves"].tolist() == ["yes", "no", ""]
    for figure in (figures.effects(table, "choice", ["AUROC"]), figures.gains(table, "choice", ["AUROC"], "l")):
        axes = figure.axes[0]
        place = named(axes)
        assert list(place) == ["box of 15", "trained on", "one softmax"]
        for row in table.itertuples():
            ends, dot = at(axes.lines, place[words.printed(row.choice)])[:2]
            near(dot, [row.effect])
            near(ends, (row.low, row.high))
        colours = [line.get_color() for line in axes.lines if len(line.get_xdata()) == 1]
        assert colours == [UNCLEAR, UNCLEAR, CLEAR]
        markers = [line.get_marker() for line in axes.lines if len(line.get_xdata()) == 1]
        assert markers == [ALONE, "o", "o"]


@answers("figures.effects.verdicts", "statistics.verdict.verdict_table")
def test_verdicts_stand_in_their_order_with_their_colours():
    found = verdict_table([Verdict("first", "confirmed", 0.2, 0.1, 0.3, 3, ""), Verdict("second", "refuted", -0.2, -0.3,
                          -0.1, 3, ""), Verdict("third", "undecided", 0.0, -0.1, 0.2, 3, "")])  # fmt: skip
    axes = figures.verdicts(found, "effect").axes[0]
    place = named(axes)
    assert sorted(place, key=lambda n: -place[n]) == ["first", "second", "third"]
    for name, row in found.iterrows():
        ends, dot = at(axes.lines, place[name])[:2]
        near([*dot, *ends], (row["effect"], row["low"], row["high"]))
        own = [line for line in axes.lines if np.allclose(line.get_ydata(), place[name])]
        assert {line.get_color() for line in own} == {VERDICTS[row["verdict"]][0]}


@answers("figures.published.against_published")
def test_ours_stand_over_the_published_values():
    cells = pd.DataFrame({
        "model": "tcn", "metric": ["diff_aup", "diff_aup", "diff_aur"],
        "training": ["traditional", "saliency_guided", "traditional"], "mean": [0.1, 0.2, 0.3],
        "published": [-0.1, -0.2, -0.3],
    })  # fmt: skip
    figure = published.against_published(cells)
    aup, aur = figure.axes
    assert (aup.get_title(), aur.get_title()) == ("TCN: Diff(AUP)", "TCN: Diff(AUR)")
    traditional, guided = aup.lines[:2]
    near((traditional.get_xdata()[0], traditional.get_ydata()[0]), (-0.1, 0.1))
    near((guided.get_xdata()[0], guided.get_ydata()[0]), (-0.2, 0.2))
    assert (aup.get_xlabel(), aup.get_ylabel()) == ("published", "ours")
    assert guided.get_color() == published.TRAININGS["saliency_guided"][0]


@answers("figures.spread.boxes")
@pytest.mark.filterwarnings("ignore:vert. bool was deprecated")
def test_a_box_holds_the_middle_half_of_the_models():
    values = np.arange(9.0)
    rows = pd.concat([
        pd.DataFrame({"model": "tcn", "explainer": e, "value": values + k, "dataset": "d", "seed": range(9)})
        for k, e in enumerate(("gradient", "lime"))
    ])  # fmt: skip
    axes = spread.boxes(rows, "above chance").axes[0]
    assert axes.get_title() == "TCN (9 models)"
    assert list(named(axes)) == ["Gradient", "LIME"]
    extents = sorted(tuple(np.round(p.get_path().get_extents().intervalx, 6)) for p in axes.patches)
    assert extents == [(2.0, 6.0), (3.0, 7.0)]


@answers("figures.spread.time_against_features")
def test_time_runs_across_and_features_up():
    table = pd.DataFrame([
        {"model": "tcn", "explainer": e, "domain": d, "mean": m, "low": m - 0.1, "high": m + 0.2}
        for e, d, m in (("gradient", "time", 0.5), ("gradient", "features", 0.2), ("lime", "time", 0.3),
                        ("lime", "features", 0.1))
    ])  # fmt: skip
    axes = spread.time_against_features(table, "AUP").axes[0]
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if len(line.get_xdata()) == 1]
    assert dots == [(0.5, 0.2), (0.3, 0.1)]
    near(at(axes.lines, 0.2)[0], (0.4, 0.7))
    across = [line for line in axes.lines if list(line.get_xdata()) == [0.5, 0.5]]
    near(across[0].get_ydata(), (0.1, 0.4))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time steps: AUP", "features: AUP")


def ranking(posthoc="nemenyi"):
    names = ["gradient", "lime", "fit", "occlusion"]
    p = pd.DataFrame(1.0, names, names)
    p.loc[["gradient", "lime"], "occlusion"] = p.loc["occlusion", ["gradient", "lime"]] = 0.01
    ranks = pd.Series([1.25, 2.0, 3.0, 3.75], names)
    return RankTest(ranks, 9.0, 0.03, p, 8, 4.0, 0.02, 0.5, 1.0, 0.05, posthoc, ("deep_lift",), 8, 0)


@answers("figures.comparison.critical_difference", "figures.comparison.not_told_apart")
def test_ranks_stand_at_their_place_the_best_on_top():
    found = ranking()
    axes = comparison.critical_difference(found, "AUROC").axes[0]
    place = named(axes)
    assert sorted(place, key=lambda n: -place[n]) == ["Gradient", "LIME", "FIT", "Occlusion"]
    for name, rank in found.ranks.items():
        near(next(x for x in at(axes.lines, place[words.method(name)]) if len(x) == 1), [rank])
    texts = [t.get_text() for t in axes.texts]
    assert texts[:4] == ["1.2", "2.0", "3.0", "3.8"]
    assert f"critical difference {critical_difference(4, 8, 0.05):.2f}" in texts
    ruler = next(line for line in axes.lines if line.get_marker() == "|")
    near(np.diff(ruler.get_xdata()), critical_difference(4, 8, 0.05))
    assert comparison.not_told_apart(found.pairwise) == [(0, 2), (2, 3)]
    assert comparison.not_told_apart(found.pairwise, 0.001) == [(0, 3)]
    bars = [line for line in axes.lines if line.get_linewidth() == 3]
    near([sorted(line.get_ydata()) for line in bars], [(1 - 0.28, 3.28), (0 - 0.28, 1.28)])
    assert "AUROC: 8 blocks, Friedman p = 0.03" in axes.get_title().replace("\n", " ")


PAIRS = pd.DataFrame({"a": ["gradient", "lime"], "b": ["fit", "fit"], "effect": [0.3, -0.2], "low": [0.1, -0.4],
                      "high": [0.5, 0.1], "p_holm": [0.01, 0.3], "n": 8, "level": 0.95})  # fmt: skip


@answers("figures.comparison.forest", "figures.comparison.pair_matrix")
def test_differences_stand_the_largest_on_top_and_filled_where_sure():
    axes = comparison.forest(PAIRS, "AUROC", negligible=0.05).axes[0]
    place = named(axes)
    assert place == {"LIME": 0, "Gradient": 1}
    dots = {float(line.get_ydata()[0]): line for line in axes.lines if len(line.get_xdata()) == 1}
    near((dots[1].get_xdata()[0], dots[0].get_xdata()[0]), (0.3, -0.2))
    assert dots[0].get_markerfacecolor() == "white"
    assert dots[1].get_markerfacecolor() == style.look("gradient").colour
    ends = [c.get_segments()[0][:, 0] for c in axes.collections if hasattr(c, "get_segments")]
    near(ends, [(-0.4, 0.1), (0.1, 0.5)])
    assert axes.get_xlabel() == "AUROC, minus that of FIT"
    one = pd.concat([PAIRS.iloc[:1], pd.DataFrame({"a": ["gradient"], "b": ["lime"], "effect": [0.4], "low": [0.2],
                     "high": [0.6], "p_holm": [0.2], "n": 8, "level": 0.95}), PAIRS.iloc[1:]])  # fmt: skip
    image = comparison.pair_matrix(one, "AUROC").axes[0]
    assert list(named(image)) == ["Gradient", "FIT", "LIME"]
    near(image.images[0].get_array().filled(np.nan), [[np.nan, 0.3, 0.4], [-0.3, np.nan, 0.2], [-0.4, -0.2, np.nan]])
    near(sorted(map(tuple, image.collections[0].get_offsets())), [(0, 1), (1, 0)])
    assert list(paired.Paired.__dataclass_fields__)[:2] == ["a", "b"]


COUNTS = pd.DataFrame(
    [[3, 0, 1, 0, 4], [0, 0, 0, 2, 2]],
    pd.MultiIndex.from_tuples([("crabbe2021", "Table 1"), ("ismail2020", "Table 2")]),
    ["reproduced", "at the ceiling", "direction only", "not reproduced", "not testable"],
)  # fmt: skip


def bars(axes):
    return [(round(p.get_x(), 6), round(p.get_width(), 6)) for p in axes.patches]


@answers("figures.scoreboard.outcome_counts", "figures.scoreboard.claim_counts", "figures.scoreboard.style_paper")
def test_bars_are_shares_with_their_counts():
    axes = scoreboard.outcome_counts(COUNTS).axes[0]
    assert list(named(axes)) == ["Crabbé 2021, Table 1", "Ismail 2020, Table 2"]
    assert bars(axes) == [
        (0, 0.375), (0, 0), (0.375, 0), (0, 0), (0.375, 0.125), (0, 0), (0.5, 0), (0, 0.5), (0.5, 0.5), (0.5, 0.5),
    ]  # fmt: skip
    assert [t.get_text() for t in axes.texts] == ["3", "", "", "", "1", "", "", "2", "4", "2"]
    expected = pd.DataFrame({"chance": [0.8, 1.0], "copy": [3.0, 0.0]}, COUNTS.index)
    left, right = scoreboard.outcome_counts(COUNTS, expected).axes
    near(left.lines[0].get_xdata(), (0.8 / 8, 1.0 / 4))
    assert [t.get_text() for t in right.get_yticklabels()] == ["3 | 0.8 | 3", "0 | 1.0 | 0"]
    claims = pd.DataFrame([[1, 2, 1]], ["ismail2020"], ["confirmed", "refuted", "undecided"])
    axes = scoreboard.claim_counts(claims).axes[0]
    assert bars(axes) == [(0, 0.25), (0.25, 0.5), (0.75, 0.25)]
    colours = [VERDICTS[w][0] for w in claims.columns]
    assert [to_hex(p.get_facecolor()).upper() for p in axes.patches] == [c.upper() for c in colours]
    assert scoreboard.style_paper("crabbe2021") == "Crabbé 2021"


@answers("figures.scoreboard.scoreboard_table")
def test_a_line_of_the_scoreboard_says_published_then_ours():
    row = {
        "paper": "ismail2021",
        "table": "Table 2",
        "quantity": "diff_aup",
        "dataset": "middle",
        "model": "tcn",
        "method": "deep_lift",
        "training": "saliency_guided",
        "published": 0.25,
        "ours": 0.5,
        "low": 0.4,
        "high": 0.6,
        "n": 5,
        "outcome": "direction only",
        "reason": "far <off>",
        "chapter": "some_page",
        "chance": 0.1,
        "copy": 0.9,
    }
    page = scoreboard.scoreboard_table(pd.DataFrame([row])[list(printed.COLUMNS)])
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    cells = [re.sub("<[^>]*>", "", c) for c in re.findall(r"<td[^>]*>(.*?)</td>", body)]
    assert cells == ["direction only", "0.250", "0.500 [0.400, 0.600]", "Diff(AUP)", "middle", "TCN", "DeepLIFT",
                     "guided", "5", "Ismail 2021, Table 2", "far &lt;off&gt;"]  # fmt: skip
    heads = re.findall("<th>(.*?)</th>", page)
    assert heads[:3] == ["outcome", "published", "ours [95 %]"]
    assert heads[3:] == ["quantity", "data set", "network", "method", "training", "seeds", "source", "reason"]
    assert f"border-color:{scoreboard.COLOURS['direction only']}" in body
    assert "data-outcome='direction only'" in body
    assert "href='some_page.html'" in body


@answers("figures.explorer.explorer")
def test_the_explorer_holds_every_curve_in_thousandths():
    world = World(metrics=("precision_count",), levels=(0.1, 0.5, 1.0), explainers=("lime", "gradient"),
                  processes=("gaussian_noise", "car"))  # fmt: skip
    page = figures.explorer(world.rows(), {"precision_count": ("precision", "share")}, ["lime"])
    data = json.loads(re.search(r"<script type='application/json'>(.*?)</script>", page)[1])
    assert [e["label"] for e in data["explainers"]] == ["Gradient", "LIME"]
    measure = data["measures"]["precision_count"]
    assert (measure["up"], measure["across"], measure["at"]) == ("precision", "share", [0.1, 0.5, 1.0])
    for layout in world.layouts:
        for process in world.processes:
            panel = measure["values"][f"{layout}|{process}|tcn"]
            for values, e in zip(panel, ("gradient", "lime"), strict=True):
                expected = [1000 * world.mean(layout=layout, process=process, model="tcn", explainer=e, at=level)
                            for level in world.levels]  # fmt: skip
                near(values, expected, atol=0.51)
    assert [p["name"] for p in data["layouts"]] == ["middle", "rare_time"]
    assert set(figures.__all__) >= {"explorer", "heat", "dots"}
