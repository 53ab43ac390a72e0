"""What comes in at the doors: axes by name, tokens, missing values, models that declare something or nothing."""

import dataclasses
import inspect
from types import MethodType, SimpleNamespace

import pytest
import torch
from torch import nn

from tests.training_examples import T, data
from tsinterp_lib import checks
from tsinterp_lib.axes import CLIP, IMAGE, SERIES, Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.facts import ModelFacts, ReadsPrefixes, facts
from tsinterp_lib.models import BLACK_BOXES, IMAGE_MODELS
from tsinterp_lib.models.last_step import LastStep
from tsinterp_lib.registry import build
from tsinterp_lib.trainers import PerStep, SaliencyGuided, Standard
from tsinterp_lib.trainers._second_pass import replacements
from tsinterp_lib.types import Dataset, Explanation, Samples


class Pixels(nn.Module):
    """Two scores of an image, declared or not; with ``parts``, a row of scores per part."""

    def __init__(self, parts=0):
        super().__init__()
        self.linear, self.parts = nn.Linear(3 * 4 * 4, 2), parts

    def forward(self, x):
        scores = self.linear(x.flatten(1))
        return scores[:, None].expand(-1, self.parts, -1) if self.parts else scores


def images(n=60, axes=IMAGE):
    g = torch.Generator().manual_seed(0)
    y = torch.arange(n) % 2
    x = torch.randn(n, 3, 4, 4, generator=g)
    x[:, 0] += 3.0 * y[:, None, None]
    return Samples(x, y, axes=axes)


def dataset_of_images():
    return Dataset("pixels", images(), images(), images(), 2, ("red", "green", "blue"))


@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((5, 3), SERIES, r"`train.x` has shape \(5, 3\); it wants the axes \(sample, time, feature\)"),
        ((2, 5, 3, 1), SERIES, r"it wants the axes \(sample, time, feature\)"),
        ((2, 5, 3), IMAGE, r"it wants the axes \(sample, channel, row, column\)"),
    ],
)
def test_another_rank_is_refused_by_the_names_of_the_axes(shape, axes, said):
    with pytest.raises(InvalidInput, match=said):
        checks.check_series(torch.zeros(shape), "train.x", axes)


def test_what_has_the_right_rank_passes_whatever_its_axes_are():
    for axes, shape in ((SERIES, (2, 5, 3)), (IMAGE, (2, 3, 4, 4)), (CLIP, (1, 2, 3, 4, 4)), (Axes("cell_of"), (2, 7))):
        x = torch.rand(shape)
        assert checks.check_series(x, axes=axes) is x


def test_tokens_are_sent_to_their_embedding_and_missing_values_to_what_was_observed():
    with pytest.raises(InvalidInput, match=r"output of the model's embedding .* Axes\('token', 'embedding'\)"):
        checks.check_series(torch.zeros(2, 5, dtype=torch.long))
    with pytest.raises(InvalidInput, match=r"`x` holds 1 values .* `Samples.observed`"):
        checks.check_series(torch.tensor([[[1.0], [float("nan")]]]))


def test_the_scores_of_the_parts_of_an_image_are_no_scores_of_its_steps():
    x = images(2).x
    assert checks.output_shape(Pixels(), x, axes=IMAGE) == (2,)
    for axes in (IMAGE, None):
        with pytest.raises(InvalidInput, match=r"maps one sample to shape \(1, 3, 2\): it must give \(N, C\)"):
            checks.output_shape(Pixels(parts=3), x, per_step=True, axes=axes)


def test_an_output_per_step_is_found_by_the_name_of_the_axis():
    swapped = Axes("feature", "time")
    model = nn.Sequential(nn.Identity())  # (N, 4, 6) to (N, 4, 6): four steps, or four features
    x = torch.rand(2, 4, 6)
    assert checks.output_shape(model, x, per_step=True) == (4, 6)
    with pytest.raises(InvalidInput, match=r"\(1, 4, 6\): it must give"):
        checks.output_shape(model, x, per_step=True, axes=swapped)


def test_a_model_of_series_refuses_data_with_other_axes_by_name():
    model = build("model", "lstm", n_steps=4, n_features=4, n_classes=2)
    with pytest.raises(InvalidInput, match="takes the axes time, feature; the data have channel, row, column"):
        checks.output_size(model, images(2).x, IMAGE)
    with pytest.raises(InvalidInput, match="takes the axes time, feature; the data have channel, row, column"):
        Standard().fit(model, dataset_of_images(), 0)
    with pytest.raises(InvalidInput, match=r"it wants the axes \(sample, time, feature\)"):
        checks.output_size(model, torch.rand(2, 4, 4, 1))


def test_a_classifier_of_images_is_trained_by_the_same_trainers():
    found = Standard(learning_rate=0.05, max_epochs=20).fit(Pixels(), dataset_of_images(), 0)
    assert found.test_accuracy > 0.9
    guided = SaliencyGuided(learning_rate=0.05, max_epochs=20).fit(Pixels(), dataset_of_images(), 0)
    assert guided.test_accuracy > 0.9
    with pytest.raises(InvalidInput, match="there is no axis 'time': the axes are channel, row, column"):
        SaliencyGuided(replacement="feature_range", max_epochs=1).fit(Pixels(), dataset_of_images(), 0)
    with pytest.raises(InvalidInput, match="PerStep takes the axes time, feature; this input has channel"):
        PerStep().fit(Pixels(), dataset_of_images(), 0)


def test_values_are_replaced_within_the_range_of_all_axes():
    x = images(40).x
    new = replacements(x, "range", dataset_of_images())
    low, high = x.flatten(1).amin(1), x.flatten(1).amax(1)
    where = (new.flatten(1) - low[:, None]) / (high - low)[:, None]
    assert ((where >= 0) & (where <= 1)).all()
    assert float(where.mean()) == pytest.approx(0.5, abs=0.03)


def test_a_recipe_of_prefixes_refuses_a_model_that_cannot_be_read_at_one():
    class Each(nn.Linear):
        per_step = True

    series = data()
    labels = {s: Samples(getattr(series, s).x, getattr(series, s).y[:, None].expand(-1, T)) for s in
              ("train", "validation", "test")}  # fmt: skip
    d = dataclasses.replace(series, **labels)
    assert PerStep(epochs=1).fit(Each(4, 2), d, 0).epochs == 1
    with pytest.raises(InvalidInput, match=r"no method last\(x\)"):
        PerStep("twenty", epochs=1).fit(Each(4, 2), d, 0)


@pytest.mark.parametrize(
    ("shape", "said"),
    [((4,), "the last axis must agree"), ((4, 3), "the last two axes must agree"),
     ((3, 5, 3), "the last three axes must agree"), ((1, 2, 5, 3), "may not have more axes than `x`")],
)  # fmt: skip
def test_the_axes_that_must_agree_are_counted(shape, said):
    with pytest.raises(InvalidInput, match=said):
        checks.check_like(torch.zeros(shape), torch.zeros(2, 5, 3))


def test_a_model_need_declare_nothing_and_a_layer_is_no_declaration():
    class Layers(nn.Module):
        def __init__(self):
            super().__init__()
            self.output, self.axes, self.n_steps = nn.Linear(2, 2), nn.Identity(), None

    assert facts(Layers()) == facts(nn.Identity()) == ModelFacts()


@pytest.mark.parametrize("name", [name for name in BLACK_BOXES if name not in IMAGE_MODELS])
def test_the_networks_of_the_library_declare_what_they_are(name):
    n_classes = 1 if name == "white_box" else 2
    model = build("model", name, n_steps=5, n_features=10, n_classes=n_classes)
    output = "values" if name == "white_box" else "logits"
    assert facts(model) == ModelFacts(SERIES, 5, 10, n_classes, output, name == "white_box")
    assert isinstance(model, ReadsPrefixes) == (name in ("gru", "retain"))
    assert facts(LastStep()).axes == SERIES


def test_an_explanation_whose_parts_do_not_fit_is_refused_by_name():
    s = images(2)
    Explanation(Pixels(), s.x, s.y, s.x, axes=IMAGE)
    check = inspect.unwrap(Explanation.__post_init__)  # as without the shape checks that tests install
    for given, said in (
        ({"axes": SERIES}, r"`x` has shape .* it wants the axes \(sample, time, feature\)"),
        ({"attribution": s.x[..., 0]}, r"`attribution` has shape \(2, 3, 4\), not that of `x`, \(2, 3, 4, 4\)"),
        ({"importance": torch.ones(2, 3, dtype=torch.bool)}, r"`importance` has shape \(2, 3\), not that of `x`"),
    ):
        fake = SimpleNamespace(
            **{"x": s.x, "attribution": s.x, "importance": None, "axes": IMAGE, "lengths": None, **given}
        )
        fake._check_shape = MethodType(inspect.unwrap(Explanation._check_shape), fake)
        with pytest.raises(InvalidInput, match=said):
            check(fake)
