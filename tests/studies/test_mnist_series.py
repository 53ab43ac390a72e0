"""Digits as an image and as series: the views, the shares of mass, the studies, and the maps kept for pages."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits

from tests.oracles import saliency_share as oracle
from tsinterp_lib import figures
from tsinterp_lib.datasets import DigitViews, mnist_rows
from tsinterp_lib.datasets.digit_views import VIEWS, as_image
from tsinterp_lib.engine import maps, runner, store
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.errors import InvalidInput, MissingRows, StoreError, UnknownName
from tsinterp_lib.metrics.saliency_share import GROUPS, SaliencyShare
from tsinterp_lib.models import CNN, MNIST_SIZES
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.studies import STUDIES
from tsinterp_lib.studies.digits import page as digits
from tsinterp_lib.studies.digits import views_page
from tsinterp_lib.tables import select, words
from tsinterp_lib.types import Explanation, Sizes

SMALL = Sizes(train=30, validation=10, test=20)
SMOKE = PROFILES["smoke"]
mnist = pytest.mark.skipif(not mnist_rows.available(), reason="the MNIST files are not at hand (TSINTERP_DATA)")
PROFILE = {
    "mnist_series": "mnist_full",
    "mnist_rescaled": "mnist_full",
    "mnist_views": "mnist_3k",
    "mnist_guided": "mnist_3k",
}
PUBLISHED = [name for name, study in STUDIES.items() if study.drawn and maps.path(name).exists()]


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path / "results"))
    return tmp_path


def explained(x, a, importance=None):
    return Explanation(torch.nn.Identity(), x, torch.zeros(len(x), dtype=torch.long), a, importance)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_holds_the_same_pixels_column_by_column(view):
    d = DigitViews("scikit_learn", view).load(SMALL, 3)
    width = {"multivariate": 8, "bivariate": 2, "univariate": 1}[view]
    assert (d.n_steps, d.n_features) == (64 // width, width)
    assert len(d.feature_names) == width
    printed = {
        (i / 16).astype(np.float32).tobytes(): int(y) for i, y in zip(*load_digits(return_X_y=True), strict=True)
    }
    for image, y in zip(as_image(d.test.x), d.test.y, strict=True):
        assert printed[image.contiguous().numpy().tobytes()] == int(y)
    column, row = 5, 3
    flat = column * 8 + row
    assert torch.equal(d.test.x[:, flat // width, flat % width], as_image(d.test.x)[:, row, column])


def test_pooling_averages_blocks_and_keeps_the_view():
    whole, half = (DigitViews("scikit_learn", "bivariate", pool).load(SMALL, 3) for pool in (1, 2))
    assert (half.n_steps, half.n_features) == (8, 2)
    a, b = as_image(whole.test.x), as_image(half.test.x)
    torch.testing.assert_close(b[:, 1, 2], a[:, 2:4, 4:6].mean((1, 2)))


def test_views_that_do_not_exist_are_refused():
    with pytest.raises(UnknownName, match="multivariate"):
        DigitViews(view="image")
    with pytest.raises(InvalidInput, match="`pool` is 3"):
        DigitViews("scikit_learn", pool=3)
    with pytest.raises(InvalidInput, match="even number"):
        DigitViews("mnist", "bivariate", pool=4)
    with pytest.raises(InvalidInput, match="square"):
        as_image(torch.zeros(2, 3, 4))


@mnist
def test_the_first_test_digit_of_each_class_is_the_one_the_papers_show():
    d = DigitViews(pool=2).load(Sizes(20, 10, 100), 0)
    assert maps.first_of_each_class(d.test, 10) == [3, 2, 1, 18, 4, 8, 11, 0, 61, 7]
    other = DigitViews(pool=2).load(Sizes(20, 10, 100), 1)
    assert torch.equal(d.test.x, other.test.x)
    assert not torch.equal(d.train.x, other.train.x)


def test_the_cnn_has_the_published_size_and_folds_a_series_back_into_its_image():
    model = CNN(28, 28, 10, **MNIST_SIZES["cnn"])
    assert sum(p.numel() for p in model.parameters()) == 1_199_882
    folded, whole = CNN(32, 2, 10, side=8).eval(), CNN(8, 8, 10).eval()
    folded.load_state_dict(whole.state_dict())
    x = torch.randn(3, 8, 8)
    torch.testing.assert_close(folded(x.reshape(3, 32, 2)), whole(x))
    with pytest.raises(InvalidInput, match="`side` is 7"):
        CNN(32, 2, 10, side=7)


@pytest.mark.parametrize("group", GROUPS)
def test_shares_of_mass_equal_their_loops_with_and_without_a_truth(group):
    x, a = torch.randn(4, 6, 5, dtype=torch.float64) ** 3, torch.randn(4, 6, 5, dtype=torch.float64)
    truth = torch.rand(4, 6, 5) < 0.1
    truth[:, 0, 0] = True
    blind = [oracle.share(one, oracle.ink(series), group) for one, series in zip(a, x, strict=True)]
    assert SaliencyShare(group)(explained(x, a)).tolist() == pytest.approx(blind, abs=1e-12)
    known = [oracle.share(one, mask.tolist(), group) for one, mask in zip(a, truth, strict=True)]
    assert SaliencyShare(group)(explained(x, a, truth)).tolist() == pytest.approx(known, abs=1e-12)


def test_the_four_groups_sum_to_one_and_views_of_one_image_have_the_same_shares():
    d = DigitViews("scikit_learn").load(SMALL, 1)
    a = torch.randn_like(d.test.x)
    whole = [SaliencyShare(g, side=8)(explained(d.test.x, a)) for g in GROUPS[:4]]
    torch.testing.assert_close(torch.stack(whole).sum(0), torch.ones(20, dtype=torch.float64))
    for width in (1, 2):
        thin = explained(d.test.x.reshape(20, -1, width), a.reshape(20, -1, width))
        for group, share in zip(GROUPS[:4], whole, strict=True):
            torch.testing.assert_close(SaliencyShare(group, side=8)(thin), share)


def test_a_map_of_the_ink_alone_has_all_its_mass_there_and_a_constant_map_has_no_share():
    x = torch.zeros(1, 6, 6)
    x[:, 1:3, 2] = 1.0
    assert SaliencyShare("cells")(explained(x, x)).item() == 1.0
    assert SaliencyShare("both")(explained(x, x)).item() == 1.0
    assert SaliencyShare("neither")(explained(x, x)).item() == 0.0
    assert SaliencyShare()(explained(x, torch.ones_like(x))).isnan().all()
    with pytest.raises(InvalidInput, match="`side` is 5"):
        SaliencyShare(side=5)(explained(x, x))


def test_the_studies_run_offline_and_their_maps_come_back_as_they_were_kept(places):
    study = STUDIES["mnist_views"]
    only = {"dataset": ["bivariate_8"], "model": ["cnn"], "explainer": ["gradient", "random"]}
    report = runner.run(study, SMOKE, only=only, say=lambda _: None)
    assert (report.done, report.failed) == (1, {})
    store.compact(study.name)
    rows = store.read(study.name)
    shares = digits.shares(rows)
    total = shares[shares["group"] != "cells"].groupby("explainer")["mean"].sum()
    assert total.tolist() == pytest.approx([1.0, 1.0], abs=1e-5)
    assert len(digits.accuracy_table(rows)) == 1


def test_before_and_after_and_the_answer_come_from_rows():
    """Made-up rows: one network gains on the ink by rescaling, the other does not."""
    values = {"cnn": (0.4, 0.3), "lstm": (0.2, 0.6)}
    metrics = {"saliency_share_cells": 1.0, "masked_accuracy_area_count": 0.5}
    rows = [
        {"dataset": "multivariate_8", "model": m, "explainer": e, "metric": k, "value": v * f, "sem": 0.01, "n": 30}
        for m, (before, after) in values.items()
        for k, f in metrics.items()
        for e, v in (("gradient", before), ("rescaled_gradient", after), ("deep_lift", before), ("random", 0.1))
    ]
    table = digits.before_and_after(pd.DataFrame(rows)).set_index("network")
    assert table["gain"].round(6).to_dict() == {"CNN (image)": -0.1, "LSTM": 0.4}
    assert table["apart"].tolist() == [True, True]
    assert table.loc["LSTM", "area after"] == pytest.approx(0.3)
    said = digits.say_images(pd.DataFrame(rows))
    assert "4.0 on the CNN and 2.0 on the networks" in said
    assert "in 1 of 2 pairs" in digits.say_rescaled(pd.DataFrame(rows))


def test_an_interval_is_over_seeds_where_there_are_several_and_over_images_where_there_is_one():
    share, index = "saliency_share_cells", {"dataset": "multivariate_28", "metric": "saliency_share_cells"}
    values = {"cnn": (0.4, 0.5, 0.6), "lstm": (0.3,), "tcn": (float("nan"),)}
    rows = pd.DataFrame(
        index | {"model": m, "explainer": "gradient", "seed": seed, "value": v, "sem": 0.02, "n": 100}
        for m, seeds in values.items()
        for seed, v in enumerate(seeds)
    )
    found = digits.intervals(rows, share).set_index("model")
    assert found["n"].to_dict() == {"cnn": 3, "lstm": 100, "tcn": 0}
    half = {"cnn": 4.302653 * 0.1 / 3**0.5, "lstm": 1.984217 * 0.02}  # Student's t at 2 and 99 degrees of freedom
    for m, wanted in half.items():
        assert found.loc[m, "high"] - found.loc[m, "mean"] == pytest.approx(wanted, rel=1e-5)
    assert found.loc["tcn", ["mean", "low", "high"]].isna().all()
    said = digits.say_trained(rows, "mnist_full")
    assert "55,000 training digits" in said
    assert "CNN (image) 3, LSTM 1, TCN 1" in said
    assert digits.intervals(rows, "auroc").empty


def test_kept_maps_name_the_cells_they_come_from(places):
    study, drawn = STUDIES["mnist_series"], (Choice("gradient", {}, alias="gradient"),)
    said = []
    maps.save(study, SMOKE, drawn, said.append)
    first = maps.path(study.name).read_bytes()
    kept = maps.load(study.name)
    cells = {f"{c.dataset.label}/{c.model.label}/{c.explainer.label}": c.key() for c in maps.cells(study, SMOKE, drawn)}
    assert kept.about["cells"] == cells
    with np.load(maps.path(study.name), allow_pickle=False) as file:  # any reader of npz can say what it holds
        about = json.loads(str(file["about"]))
    assert (about["study"], about["profile"], about["cells"]) == ("mnist_series", "smoke", cells)
    assert len(said) == len(cells) == 3
    assert kept.labels.tolist() == sorted(set(kept.labels.tolist()))
    a = kept.of("multivariate_8", "tcn")["gradient"]
    assert a.shape == kept.series["multivariate_8"].shape
    assert a.abs().flatten(1).amax(1).tolist() == [1.0] * len(a)
    maps.save(study, SMOKE, drawn, said.append)
    assert maps.path(study.name).read_bytes() == first
    with pytest.raises(MissingRows, match="no maps of 'gru'"):
        kept.of("multivariate_8", "gru")
    maps.path(study.name).write_bytes(first[:100])
    with pytest.raises(StoreError, match="git checkout"):
        maps.load(study.name)


def test_maps_of_some_networks_join_those_that_are_kept(places):
    study, drawn = STUDIES["mnist_series"], (Choice("gradient", {}, alias="gradient"),)
    maps.save(study, SMOKE, drawn, say=lambda _: None, only={"model": ["tcn"]})
    assert list(maps.load(study.name).about["cells"]) == ["multivariate_8/tcn/gradient"]
    maps.save(study, SMOKE, drawn, say=lambda _: None, only={"model": ["cnn", "lstm"]})
    in_parts = maps.path(study.name).read_bytes()
    maps.save(study, SMOKE, drawn, say=lambda _: None)
    assert maps.path(study.name).read_bytes() == in_parts
    with pytest.raises(UnknownName, match="'tcm'"):
        maps.save(study, SMOKE, drawn, only={"model": ["tcm"]})
    with pytest.raises(InvalidInput, match="no model of seed 0"):
        maps.save(study, PROFILES["quick"], drawn, only={"seed": ["1"]})
    assert maps.path(study.name).read_bytes() == in_parts
    maps.path(study.name).write_bytes(in_parts[:100])
    with pytest.raises(StoreError, match="git checkout"):
        maps.save(study, SMOKE, drawn, only={"model": ["tcn"]})


def test_a_page_on_the_views_says_what_is_there_and_what_is_missing(places, monkeypatch):
    for found in (views_page.say("smoke"), views_page.accuracy("smoke"), views_page.ink("smoke")):
        assert "tsinterp run mnist_views --profile smoke" in found
    assert "tsinterp maps mnist_views" in views_page.maps("gradient")
    values = {"gradient": 0.4, "rescaled_gradient": 0.6, "random": 0.2}
    rows = [
        {"dataset": d, "model": m, "explainer": e, "metric": "saliency_share_cells", "value": v, "sem": 0.01, "n": 30}
        for d in ("multivariate_8", "univariate_8")
        for m in ("cnn", "tcn")
        for e, v in values.items()
    ]
    monkeypatch.setattr(select, "rows", lambda *_, **__: pd.DataFrame(rows))
    said = views_page.say("smoke")
    assert "CNN (image), univariate: 2.0, rescaled 3.0" in said
    assert "no mass" not in said
    assert said.endswith(
        words.not_computed("mnist_views", "CNN (image) on bivariate, TCN on bivariate", profile="smoke")
    )
    assert views_page.ink("smoke").axes
    for row in rows:
        if (row["dataset"], row["explainer"]) == ("univariate_8", "rescaled_gradient"):
            row["value"] = float("nan")
    said = views_page.say("smoke")
    assert "CNN (image), univariate: 2.0;" in said
    assert "A series of one feature keeps no mass" in said


def test_absent_maps_say_what_to_run(places):
    with pytest.raises(MissingRows, match="tsinterp maps mnist_series"):
        maps.load("mnist_series")


@pytest.mark.parametrize("study", PUBLISHED)
def test_the_published_maps_are_those_of_the_study_as_it_is_now(study):
    """Where a setting or the version changes, the keys do, and these maps are to be made again."""
    kept = maps.load(study)
    profile = PROFILES[kept.about["profile"]]
    now = maps.cells(STUDIES[study], profile, STUDIES[study].drawn)
    assert kept.about["profile"] == PROFILE[study]
    # Maps of a part of the networks are no lie: the page says which are not kept.
    assert kept.about["cells"].items() <= {maps.name_of(c): c.key() for c in now}.items()
    assert kept.about["indices"] == [3, 2, 1, 18, 4, 8, 11, 0, 61, 7]
    assert all(torch.isfinite(a).all() and a.abs().amax() <= 1 for a in kept.maps.values())
    assert maps.path(study).stat().st_size < 1_500_000


@pytest.mark.parametrize("study", [s for s in PROFILE if store.file_of(s).exists()])
def test_the_published_rows_are_those_of_the_study_as_it_is_now(study):
    rows = store.read(study, PROFILE[study])
    assert set(rows["cell"]) <= {c.key() for c in STUDIES[study].cells(PROFILES[PROFILE[study]])}
    shares = rows[rows["metric"].str.startswith("saliency_share")]
    # One feature has nothing to be scaled against, so rescaling with the background leaves no mass at all.
    one_feature = shares["dataset"].str.startswith("univariate") & shares["explainer"].str.startswith("rescaled")
    empty = one_feature & ~shares["explainer"].str.endswith("_by_mean")
    assert (shares.loc[empty, "n"] == 0).all()
    assert shares.loc[~empty, "n"].min() >= (90 if study in ("mnist_series", "mnist_guided") else 27)


def test_grids_of_digits_draw_every_digit_of_every_map():
    d = DigitViews("scikit_learn").load(SMALL, 1).test[slice(3)]
    figure = figures.digit_grid(d.x, d.y, {"gradient": torch.randn_like(d.x), "rescaled_gradient": d.x})
    assert len(figure.axes) == 9
    assert [a.get_title() for a in figure.axes[:3]] == [str(int(y)) for y in d.y]
    assert [i.get_images()[0].get_cmap().name for i in figure.axes[::3]] == ["Greys", "RdBu_r", "viridis"]
    torch.testing.assert_close(torch.as_tensor(np.array(figure.axes[0].get_images()[0].get_array())), d.x[0].T)
    figure = figures.digit_views({"as two": (d.x.reshape(3, 32, 2), d.x.reshape(3, 32, 2))}, d.y)
    assert len(figure.axes) == 6


def test_bars_of_mass_are_as_long_as_their_shares():
    shares = {"both": 0.4, "time_only": 0.3, "feature_only": 0.2, "neither": 0.1}
    rows = [
        {"model": "cnn", "explainer": e, "group": g, "mean": v, "low": v - 0.05, "high": v + 0.05}
        for e in ("gradient", "random")
        for g, v in shares.items()
    ]
    figure = figures.mass_by_group(pd.DataFrame(rows), ["cnn"])
    widths = {round(p.get_width(), 6) for p in figure.axes[0].patches}
    assert widths == set(shares.values())
    assert figure.axes[0].get_title() == "CNN (image)"


def test_the_metric_is_built_by_name():
    assert build("metric", Choice("saliency_share", {"group": "neither", "side": 8})) == SaliencyShare("neither", 8)
    with pytest.raises(UnknownName, match="both"):
        SaliencyShare("ink")


@pytest.mark.skipif("mnist_views" not in PUBLISHED, reason="no maps of the views are published")
def test_views_are_drawn_from_many_features_to_one():
    shown = list(digits.view_maps(maps.load("mnist_views"), "gradient"))
    assert shown == ["image (CNN)", "14 × 14 (TCN)", "98 × 2 (TCN)", "196 × 1 (TCN)"]
