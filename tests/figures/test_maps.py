"""Maps and masks as they are drawn: which cell has which value, and which words stand above it."""

import numpy as np
import pytest
import torch

from tests.made_up import World, answers, near
from tsinterp_lib import figures
from tsinterp_lib.engine import maps
from tsinterp_lib.registry import build
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.studies.benchmark import page as benchmark
from tsinterp_lib.studies.digits import views_page
from tsinterp_lib.studies.fit_simulated import page as fit
from tsinterp_lib.studies.vanishing import page as vanishing
from tsinterp_lib.tables import select, words
from tsinterp_lib.types import Sizes

A = torch.arange(12.0).reshape(4, 3)


def shown(axes):
    return np.asarray(axes.images[0].get_array(), float)


@answers("figures.maps.draw_map", "figures.maps.saliency", "figures.maps.gallery")
def test_time_runs_to_the_right_and_features_upwards():
    figure = figures.saliency({"gradient": {"lstm": A, "tcn": -A}, "lime": {"tcn": 2 * A}}, columns=["tcn", "lstm"])
    first, second, third, fourth = figure.axes[:4]
    near(shown(first), -A.numpy().T)
    near(shown(second), A.numpy().T)
    near(shown(third), 2 * A.numpy().T)
    assert fourth.texts[0].get_text() == "not run"
    assert (first.get_title(), second.get_title(), third.get_ylabel()) == ("TCN", "LSTM", "LIME")
    assert first.images[0].origin == "lower"
    assert first.images[0].get_clim()[0] == -first.images[0].get_clim()[1]
    gallery = figures.gallery({"one, two": A, "three": A + 1}, A > 5)
    near(shown(gallery.axes[1]), A.numpy().T + 1)
    assert gallery.axes[0].get_title() == "one\ntwo"


@answers("figures.maps.digits", "figures.digit_maps.digit_grid", "figures.maps.row_profile")
def test_digits_stand_above_their_maps():
    images = torch.stack([torch.full((4, 4), 1.0), torch.full((4, 4), 2.0)])
    figure = figures.digits(images, torch.tensor([7, 3]), {"gradient": images * 10})
    assert [axes.get_title() for axes in figure.axes[:2]] == ["7", "3"]
    assert [shown(axes)[0, 0] for axes in figure.axes] == [1, 2, 10, 20]
    assert figure.axes[2].get_ylabel() == "Gradient"
    grid = figures.digit_grid(images, torch.tensor([7, 3]), {"traditional": images * 10, "guided": images * 20})
    drawn = [axes for axes in grid.axes if axes.images]
    near([np.sign(shown(axes)[0, 0]) for axes in drawn], np.ones(len(drawn)))
    assert len(drawn) == 6
    profile = figures.row_profile({"gradient": {"tcn": torch.tensor([0.1, 0.9])}})
    near(profile.axes[0].lines[0].get_ydata(), (0.1, 0.9), 1e-6)
    near(profile.axes[0].lines[0].get_xdata(), (1, 2))
    near(profile.axes[0].lines[1].get_ydata(), (0.5, 0.5))


@answers("figures.maps.curves_of_processes", "figures.maps.layouts")
def test_series_are_drawn_by_feature_and_layouts_by_class():
    figure = figures.curves_of_processes({"car": A, "harmonic": A + 1}, features=2)
    near([line.get_ydata() for line in figure.axes[1].lines], (A + 1).T[:2])
    assert figure.axes[0].get_ylabel() == "car"
    data = build("dataset", "middle").load(Sizes(4, 1, 1), 0)
    drawn = figures.layouts({"middle": data})
    n = int((data.train.y == 1).nonzero()[0])
    near(shown(drawn.axes[0]), (data.train.x[n] - data.train.x.mean()).double().numpy().T, 1e-6)
    assert drawn.axes[0].get_ylabel().startswith("class 1")


@answers("studies.benchmark.page.answer")
def test_the_first_picture_has_the_means_of_the_corrected_rows(monkeypatch):
    world = World(protocols=("as_released", "corrected"))
    monkeypatch.setattr(select, "rows", lambda *_, **__: world.rows())
    axes = benchmark.answer().axes[0]
    assert axes.get_xlabel() == "AUROC against the planted cells, mean of 2 layouts (0.5 is chance)\n" + words.DAGGER
    names = [t.get_text() for t in axes.yaxis.get_majorticklabels()]
    line = next(line for line in axes.lines if line.get_label() == "TCN")
    of = {words.marked(e): e for e in world.explainers}
    near(line.get_xdata(), [world.mean(protocol="corrected", model="tcn", explainer=of[n]) for n in names])
    assert names[: len(CONTROLS) - 1] == ["Random", "Position only", "Oracle"]


@answers("studies.fit_simulated.page.examples", "studies.vanishing.page.data")
def test_series_to_look_at_are_those_of_the_data():
    figure = fit.examples(3)
    assert [axes.get_ylabel() for axes in figure.axes] == list(fit.DATA.values())
    for axes in figure.axes:
        assert len(axes.lines) == 4
    boxes = vanishing.data(50, 1)
    assert list(boxes) == ["early_box", "middle_box", "late_box"]
    first = [int(d.train.importance[0].any(1).int().argmax()) for d in boxes.values()]
    assert first == sorted(first)
    assert len({*first}) == 3
    assert boxes["early_box"].train.x.shape == (200, 50, 50)


@answers("studies.digits.views_page.maps")
@pytest.mark.parametrize("explainer", ["gradient"])
def test_views_are_drawn_before_and_after(monkeypatch, explainer):
    data = {"multivariate_8": torch.zeros(2, 8, 8), "univariate_8": torch.zeros(2, 64, 1)}
    kept = {(d, m, e): torch.full(x.shape, k + 1.0) * (torch.arange(x.shape[1])[None, :, None] + 1)
            for d, x in data.items() for m in ("cnn", "tcn")
            for k, e in enumerate((explainer, f"rescaled_{explainer}"))}  # fmt: skip
    monkeypatch.setattr(views_page, "load", lambda _: maps.Maps(data, torch.tensor([4, 9]), kept, {}))
    figure = views_page.maps(explainer)
    texts = " ".join(t.get_text() for t in figure.texts) + " ".join(a.get_title() + a.get_ylabel() for a in figure.axes)
    assert "image (CNN)" in texts
    assert "64 × 1 (TCN)" in texts
    assert "4" in texts
