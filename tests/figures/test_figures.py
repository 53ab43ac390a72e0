"""Figures are pure functions of tables and maps: what is drawn, and that nothing is left open."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from tests.statistics.test_statistics import made_up
from tsinterp_lib import figures
from tsinterp_lib.explainers import EXPLAINERS
from tsinterp_lib.figures import style
from tsinterp_lib.models import IMAGE_MODELS, MODELS
from tsinterp_lib.statistics.friedman import friedman
from tsinterp_lib.studies.benchmark import page as benchmark
from tsinterp_lib.tables import select, summaries, words


def labels(figure):
    return {t.get_text() for axes in figure.axes for t in axes.get_yticklabels()}


def test_figures_of_many_methods_mark_those_that_cannot_see_features():
    summary = summaries.by_explainer(made_up(), "auroc", "corrected")
    figure = figures.dots(summary, "AUROC")
    assert {"Occlusion†", "Gradient"} <= labels(figure)
    assert words.DAGGER in [t.get_text() for t in figure.legends[0].get_texts()]
    assert "Occlusion" in labels(figures.dots(summary, "AUROC", blind=()))
    one = figures.by_network(summary, "AUROC", 0.5)
    assert "Occlusion†" in labels(one)
    assert words.DAGGER in one.axes[0].get_xlabel()
    plt.close("all")


def test_every_explainer_and_network_has_a_look_of_its_own():
    assert set(style.LOOKS) == set(EXPLAINERS)
    assert set(words.NETWORKS) == {*MODELS, *IMAGE_MODELS}
    assert len({k.colour for k in style.LOOKS.values()}) == len(style.LOOKS)
    assert words.method("mine") == "mine"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("tsr[deep_lift, paper]", "TSR of DeepLIFT (paper)"),
        ("rescaled_deep_lift", "TSR of DeepLIFT"),
        ("rescaled_gradient_by_mean", "TSR of Gradient (mean)"),
        ("rescaled_mine", "rescaled mine"),
    ],
)
def test_rescaled_methods_are_named_after_their_base(label, name):
    assert words.method(label) == words.printed(label) == name


def luminance(colour):
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_every_colour_is_visible_on_white():
    assert max(luminance(k.colour) for k in style.LOOKS.values()) < 0.8


def test_dots_draw_the_mean_and_the_interval_of_each_row():
    summary = summaries.by_explainer(made_up(), "auroc", "corrected")
    figure = figures.dots(summary, "AUROC", benchmark.reference("diff_aup"))
    panel = next(a for a in figure.axes if a.get_title() == "LSTM")
    drawn = {tuple(np.round(line.get_xdata(), 6)) for line in panel.lines if len(line.get_xdata()) == 2}
    row = summary[(summary["model"] == "lstm") & (summary["explainer"] == "gradient")].iloc[0]
    assert (round(row["low"], 6), round(row["high"], 6)) in drawn
    assert "Gradient" in labels(figure)
    assert plt.get_fignums() == []


def test_heat_writes_each_value_and_says_what_is_missing():
    table = pd.DataFrame({"lstm": [0.25, np.nan]}, index=["gradient", "occlusion"])
    figure = figures.heat(table, "score")
    written = {t.get_text() for t in figure.axes[0].texts}
    assert written == {"0.25", "–"}
    assert labels(figure) >= {"Gradient", "Occlusion†"}


def test_curves_and_rankings_are_drawn():
    rows = made_up()
    rows = pd.concat([rows[rows["metric"] == "auroc"].assign(at=a) for a in (0.1, 0.9)])
    figure = figures.curves(summaries.curve(rows, "auroc", "corrected"), "y", "x")
    assert [len(a.lines) for a in figure.axes] == [5, 5]
    noisy = made_up()
    noisy["value"] += np.random.default_rng(0).normal(0, 0.05, len(noisy))
    figure = figures.critical_difference(friedman(select.pick(noisy, "auroc", "corrected")), "AUROC")
    assert "Friedman" in figure.axes[0].get_title()


@pytest.mark.parametrize("values", [torch.zeros(5, 3), torch.full((5, 3), 2.0), torch.randn(5, 3)])
def test_any_map_can_be_drawn(values):
    _figure, axes = plt.subplots()
    image = figures.draw_map(axes, values, torch.ones(5, 3, dtype=torch.bool))
    assert image.get_array().shape == (3, 5)
    assert image.get_clim()[1] > 0
    plt.close("all")


def test_maps_are_shown_per_network_and_a_missing_one_is_said():
    maps = {"gradient": {"lstm": torch.randn(5, 3), "tcn": torch.randn(5, 3)}, "occlusion": {"lstm": torch.randn(5, 3)}}
    mask = torch.zeros(5, 3, dtype=torch.bool)
    mask[1:3, 1] = True
    figure = figures.saliency(maps, mask)
    assert [t.get_text() for a in figure.axes for t in a.texts] == ["not run"]
    assert [a.get_title() for a in figure.axes[:2]] == ["LSTM", "TCN"]


def test_digits_profiles_and_galleries_are_drawn():
    x, a = torch.rand(3, 8, 8), torch.randn(3, 8, 8)
    assert len(figures.digits(x, torch.tensor([4, 1, 9]), {"gradient": a}).axes) == 6
    assert len(figures.row_profile({"gradient": {"lstm": torch.full((8,), 0.125)}}).axes) == 1
    assert len(figures.gallery({"perfect": a[0]}, torch.rand(8, 8) > 0.5).axes) == 5
    assert len(figures.curves_of_processes({"narma": torch.randn(9, 4)}).axes) == 1


def test_the_bar_of_a_heat_shows_no_colour_that_no_value_has():
    ratios = pd.DataFrame({"lstm": [2.7, 6.0], "tcn": [0.7, 1.0]}, index=["gradient", "random"])
    bar = figures.heat(ratios, "ratio", centre=1.0).axes[-1]
    assert bar.get_ylim() == pytest.approx((0.7, 6.0))
    assert figures.heat(ratios * 0 + 1, "ratio", centre=1.0).axes[-1].get_ylim()[0] < 1.0
