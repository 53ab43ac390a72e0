"""Pictures of masks show what was fitted."""

import numpy as np
import pytest
import torch

from tsinterp_lib import figures
from tsinterp_lib.explainers import Dynamask
from tsinterp_lib.figures.masks import smoothed
from tsinterp_lib.models.last_step import LastStep


@pytest.fixture(scope="module")
def found():
    x = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    e = Dynamask(areas=(0.2, 0.4, 0.6, 0.8, 1.0), loss="mse", epochs=8, learning_rate=5.0, rate="own")
    return e.fit(LastStep(), x, torch.zeros(2, dtype=torch.long), history=True)


def test_masks_are_drawn_one_per_area_as_they_are_or_smoothed(found):
    figure = figures.masks(found, series=1)
    shown = [a for a in figure.axes if a.images]
    np.testing.assert_allclose(shown[3].images[0].get_array(), found.masks[1, 3].numpy().T)
    assert shown[3].get_title().startswith("area 0.8, error")
    assert len(shown) >= 5
    soft = figures.masks(found, areas=[2], smooth=1.0)
    drawn = next(a for a in soft.axes if a.images).images[0].get_array()
    np.testing.assert_allclose(drawn, smoothed(found.masks[0, 2]).numpy().T)


def test_smoothing_leaves_a_constant_mask_alone_and_keeps_its_range():
    torch.testing.assert_close(smoothed(torch.full((5, 2), 0.3), 2.0), torch.full((5, 2), 0.3))
    spike = torch.zeros(5, 1)
    spike[2] = 1
    assert smoothed(spike).argmax() == 2
    assert 0 < float(smoothed(spike).min()) < float(smoothed(spike).max()) < 1


def test_the_history_of_a_mask_has_a_panel_per_term(found):
    figure = figures.mask_history(found, series=1, area=2)
    for axes, values in zip(figure.axes, found.history[:, :, 1, 2], strict=True):
        np.testing.assert_allclose(axes.lines[0].get_ydata(), values.numpy())
    with pytest.raises(ValueError, match="history=True"):
        figures.mask_history(type(found)(**{**vars(found), "history": None}))


def test_the_extremal_curve_marks_both_choices(found):
    threshold = float(found.errors[0].median()) + 1e-9
    axes = figures.extremal_curve(found, threshold).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), found.errors[0].numpy())
    best, extremal = (found.areas[int(i[0])] for i in (found.best(), found.extremal(threshold)))
    assert {t.get_text() for t in axes.get_legend().get_texts()} >= {f"best: {best:g}", f"extremal: {extremal:g}"}


def test_a_blur_is_drawn_for_every_share_kept():
    axes = figures.blurs(torch.randn(8, 2), [1.0, 0.5, 0.0], feature=1).axes[0]
    assert len(axes.lines) == 3
