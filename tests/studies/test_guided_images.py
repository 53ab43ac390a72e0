"""The page on guided training of images, on rows whose every number is chosen."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.made_up import answers
from tsinterp_lib.studies.guided_images import page
from tsinterp_lib.studies.guided_images.plan import GUIDED_IMAGES, TRAINERS

AREAS = {"standard": 0.4, "guided": 0.2, "guided_absolute": 0.3, "random_masked": 0.35, "fine_tuned": 0.25}


def made(seeds=3, shift=0.0):
    """Areas as listed, 0.3 more for random maps and 0.01 for each seed; accuracies fall from 0.9 along the levels."""
    rows = []
    for seed in range(seeds):
        for trainer, area in AREAS.items():
            common = {"study": "guided_images", "trainer": trainer, "seed": seed}
            rows.append(common | {"explainer": "", "metric": "test_accuracy", "at": None, "value": 0.95 + seed / 100})
            for explainer, more in (("gradient", shift if trainer == "guided" else 0.0), ("random", 0.3)):
                value = area + more + seed / 100
                rows.append(common | {"explainer": explainer, "metric": page.AREA, "at": None, "value": value})
                rows += [common | {"explainer": explainer, "metric": page.DROP, "at": t, "value": 0.9 - area * t}
                         for t in (0.0, 0.5, 1.0)]  # fmt: skip
    return pd.DataFrame(rows)


@answers("studies.guided_images.page.accuracies", "studies.guided_images.page.gains")
def test_accuracy_and_area_stand_beside_the_printed_and_gains_are_paired():
    table = page.accuracies(made())
    assert table.loc["traditional", "accuracy, %"].startswith("96.0 [")
    assert table.loc["traditional", ["printed", "printed area"]].tolist() == ["99.4", "3360.4"]
    assert table.loc["guided, signed", "area, gradient"].startswith("2100 [")
    assert table.loc["random masks", "printed area"] == "–"
    gains = page.gains(made())
    assert gains.loc["Gradient", "guided, signed"] == "+0.200 [+0.200, +0.200]"
    assert gains.loc["Random", "traditional, then guided"] == "+0.150 [+0.150, +0.150]"
    assert "traditional" not in gains.columns
    empty = pd.DataFrame(columns=page.COLUMNS)
    assert page.accuracies(empty) == page.NOTHING == page.gains(empty)


@answers("studies.guided_images.page.say", "studies.guided_images.page.rows")
def test_the_answer_turns_with_the_rows_and_says_what_is_missing(tmp_path, monkeypatch):
    said = page.say(made())
    assert "is lower than that after traditional training: the difference is +0.200" in said
    assert "beyond masks drawn by chance it is +0.150" in said
    assert "is higher than" in page.say(made(shift=0.5))
    assert "is undecided than" not in page.say(made(seeds=1))
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    assert page.say(page.rows()) == page.NOTHING


@answers("studies.guided_images.page.figure")
def test_the_drop_has_a_line_per_training_and_a_panel_per_method():
    figure = page.figure(made())
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert lines["guided, signed"] == pytest.approx([90.0, 80.0, 70.0])
    assert lines["random pixels"] == pytest.approx([90.0, 70.0, 50.0])
    assert page.figure(pd.DataFrame(columns=page.COLUMNS)) == page.NOTHING


def test_every_training_has_the_same_number_of_epochs_and_half_of_the_pixels_masked():
    cells = GUIDED_IMAGES.cells(GUIDED_IMAGES.own["paper"])
    assert {c.trainer.label for c in cells} == set(page.TRAININGS)
    assert {c.profile.max_epochs for c in cells} == {5}
    assert {t.params.get("share", 0.5) for t in TRAINERS} == {0.5}
    assert {t.params["stop_accuracy"] for t in TRAINERS} == {1.0}
