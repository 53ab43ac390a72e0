"""Metrics on inputs with other axes than time and feature: units, shares and profiles by the names of axes."""

import pytest
import torch
from torch import nn

from tests.metrics_examples import CLOSE, explanation
from tests.oracles import precision_recall
from tsinterp_lib.axes import CLIP, IMAGE, Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.metrics import METRICS
from tsinterp_lib.metrics.areas import AUP
from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.metrics.saliency_profile import SaliencyProfile
from tsinterp_lib.metrics.saliency_share import SaliencyShare
from tsinterp_lib.metrics.selection import LEVELS
from tsinterp_lib.types import Explanation

FREE = [n for n in METRICS if not n.startswith(("masked", "roar", "kar")) and "_time" not in n and
        "_feature" not in n and
        n not in ("saliency_share", "saliency_profile")]  # fmt: skip


def image(a, axes=IMAGE):
    """A map (N, channel, row, column) whose important cells are a block of some channels, rows and columns."""
    m = torch.zeros(a.shape, dtype=torch.bool)
    m[..., :2, 1:3, 2:4] = True
    return Explanation(nn.Identity(), torch.rand_like(a), torch.zeros(len(a), dtype=torch.long), a, m, axes=axes)


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("cut", ["mass", "count"])
@pytest.mark.parametrize("weights", ["meant", "released"])
@pytest.mark.parametrize("axis", IMAGE.names)
def test_precision_and_recall_by_an_axis_of_an_image_equal_their_loops(cut, weights, axis):
    e = image(drawn(4, 3, 5, 6))
    place = IMAGE.names.index(axis)
    twin = torch.tensor(
        [[precision_recall.pair_by_axis(a.numpy(), m.numpy(), p, cut, place, weights == "released") for p in LEVELS]
         for a, m in zip(e.attribution, e.importance, strict=True)],
        dtype=torch.float64,
    )  # fmt: skip
    torch.testing.assert_close(Precision(cut, axis, weights).scores(e), twin[:, :, 0], **CLOSE)
    torch.testing.assert_close(Recall(cut, axis, weights).scores(e), twin[:, :, 1], **CLOSE)


def test_a_row_of_a_grey_image_is_a_step_of_the_series_of_its_rows():
    a = drawn(4, 1, 6, 5)
    e = image(a)
    series = explanation(a[:, 0], e.importance[:, 0])
    for image_unit, unit in (("row", "time"), ("column", "feature"), ("cell", "cell")):
        assert torch.equal(Precision("count", image_unit).scores(e), Precision("count", unit).scores(series))


def test_several_axes_make_one_unit():
    a = drawn(3, 4, 5, 6)
    e = image(a)
    pixels = Axes("pixel", "channel")
    by_pixel = a.permute(0, 2, 3, 1).reshape(3, 30, 4), e.importance.permute(0, 2, 3, 1).reshape(3, 30, 4)
    flat = Explanation(nn.Identity(), by_pixel[0], e.target, *by_pixel, axes=pixels)
    found, wanted = Recall("mass", "row+column").scores(e), Recall("mass", "pixel").scores(flat)
    torch.testing.assert_close(found, wanted, **CLOSE)


def test_a_unit_that_is_no_axis_of_the_input_is_refused_by_name():
    series = explanation(drawn(2, 5, 3))
    for metric in (Precision(unit="row"), AUP(unit="row"), SaliencyProfile(axis="row")):
        with pytest.raises(InvalidInput, match="there is no axis 'row': the axes are time, feature"):
            metric.scores(series)
    for metric in (METRICS["aup_count_time"](), SaliencyProfile(), SaliencyShare()):
        with pytest.raises(InvalidInput, match="there is no axis 'time': the axes are channel, row, column"):
            metric.scores(image(drawn(2, 3, 5, 6)))


def test_what_is_said_of_cells_alone_is_said_of_cells_of_any_axes():
    a = drawn(3, 2, 3, 4, 5)
    e = image(a, CLIP)
    flat = Explanation(e.model, e.x.flatten(2), e.target, a.flatten(2), e.importance.flatten(2))
    for name in FREE:
        torch.testing.assert_close(METRICS[name]().scores(e), METRICS[name]().scores(flat), **CLOSE)


def test_the_share_goes_by_the_names_of_the_axes_whatever_their_order():
    a = drawn(3, 7, 5)
    e = explanation(a)
    turned = Explanation(e.model, e.x.mT, e.target, a.mT, e.importance.mT, axes=Axes("feature", "time"))
    for group in ("both", "time_only", "feature_only", "neither", "cells"):
        torch.testing.assert_close(SaliencyShare(group)(turned), SaliencyShare(group)(e), **CLOSE)
    torch.testing.assert_close(SaliencyProfile().scores(turned), SaliencyProfile().scores(e), **CLOSE)
    blind = Explanation(nn.Identity(), torch.rand(2, 3, 4, 4), e.target[:2], drawn(2, 3, 4, 4), axes=IMAGE)
    ink = blind.x > ((blind.x.flatten(1).amin(1) + blind.x.flatten(1).amax(1)) / 2).view(2, 1, 1, 1)
    share = (blind.magnitude * ink.flatten(1)).sum(1) / blind.magnitude.sum(1)
    torch.testing.assert_close(SaliencyShare("cells")(blind), share, **CLOSE)


def test_a_profile_runs_along_the_axis_it_is_given():
    a = torch.zeros(1, 10, 1, 2, 2, dtype=torch.float64)
    a[:, 3] = 1.0
    profile = SaliencyProfile(axis="frame").scores(image(a, CLIP))
    assert profile[0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
