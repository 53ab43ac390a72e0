"""The rare experiments: their series and important cells, the white box, methods on it against closed forms."""

from dataclasses import replace
from itertools import product

import captum.attr as peer
import numpy as np
import pytest
import torch

from tests import explainer_models as tiny
from tsinterp_lib import explainers as ex
from tsinterp_lib.datasets import RareFeature, RareTime
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.metrics.dataset_level import pooled_threshold_areas
from tsinterp_lib.metrics.threshold import PAIRINGS, STARTS, AUPThreshold, AURThreshold
from tsinterp_lib.models import BLACK_BOXES, IMAGE_MODELS, MODELS, WhiteBox
from tsinterp_lib.seeding import scope
from tsinterp_lib.studies import STUDIES
from tsinterp_lib.studies.rare import audit_plan
from tsinterp_lib.trainers import Given
from tsinterp_lib.types import Explanation, Samples, Sizes

SIZES = Sizes(train=40, validation=5, test=10)
PROTOCOLS = ("as_released", "corrected")
each_source = pytest.mark.parametrize("source", [RareFeature, RareTime], ids=lambda s: s.__name__)


@pytest.fixture
def box():
    return WhiteBox(8, 6)


@pytest.fixture
def series():
    draw = torch.Generator().manual_seed(5)
    x = torch.randn(3, 8, 6, generator=draw, dtype=torch.float64)
    cells = torch.rand(3, 8, 6, generator=draw) < 0.3
    return Samples(x, torch.zeros(3, 8, dtype=torch.long), cells)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_noise_is_the_autoregression_of_its_protocol(protocol):
    e = np.random.default_rng(3).standard_normal((4, 50 + 50 * (protocol == "corrected"), 50))
    x = RareFeature(protocol=protocol).series(4, np.random.default_rng(3))
    sign = -1 if protocol == "as_released" else 1
    slow = np.zeros_like(e)
    for t in range(e.shape[1]):
        past = sum(c * (slow[:, t - k] if t >= k else 0) for k, c in ((1, 0.25), (2, 0.1), (3, 0.05)))
        slow[:, t] = e[:, t] + sign * past
    np.testing.assert_allclose(x, slow[:, -50:], atol=1e-12)
    assert np.corrcoef(x[:, 1:].ravel(), x[:, :-1].ravel())[0, 1] == pytest.approx(sign * 0.26, abs=0.05)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_cell_in_twenty_is_important_where_the_experiment_says(protocol):
    feature = RareFeature(protocol=protocol).load(SIZES, 0).train.importance
    assert (feature.sum((1, 2)) == 125).all()
    assert (feature.any(2).nonzero()[:, 1].unique() == torch.arange(12, 37)).all()
    assert (feature.any(1).sum(1) == 5).all()
    alike = [torch.equal(m.any(0), feature[1].any(0)) for m in feature]
    assert all(alike[1:]) == (protocol == "as_released")
    assert not alike[0]
    other = RareFeature(protocol=protocol, alike=protocol == "corrected").load(SIZES, 0).train.importance
    assert all(torch.equal(m.any(0), other[1].any(0)) for m in other[1:]) == (protocol == "corrected")
    time = RareTime(protocol=protocol).load(Sizes(2000, 1, 1), 0).train.importance
    assert (time.sum((1, 2)) == 125).all()
    assert (time.any(1).nonzero()[:, 1].unique() == torch.arange(12, 37)).all()
    starts = time.any(2).to(torch.int64).argmax(1)
    assert (starts.min(), starts.max()) == (0, 44 if protocol == "as_released" else 45)


@each_source
def test_a_seed_gives_the_same_series_and_another_one_others(source):
    a, b, c = (source().load(SIZES, seed) for seed in (1, 1, 2))
    assert torch.equal(a.test.x, b.test.x)
    assert torch.equal(a.test.importance, b.test.importance)
    assert not torch.equal(a.test.x, c.test.x)
    assert not torch.equal(a.test.importance, c.test.importance)
    assert a.test.x.dtype == torch.float32
    assert a.test.y.tolist() == [[0] * 50] * 10


@each_source
def test_wrong_settings_are_refused(source):
    with pytest.raises(UnknownName, match="protocol"):
        source(protocol="released")
    with pytest.raises(InvalidInput, match="`n_steps` is 4"):
        source(n_steps=4)


def test_the_white_box_sums_the_squares_of_the_cells_it_reads(box, series):
    x, cells = series.x, series.importance
    with box.restricted(cells[1]):
        out, prefix = box(x), box(x[:, :3])
    for n in range(3):
        for t in range(8):
            expected = sum(float(x[n, t, i]) ** 2 for i in range(6) if cells[1, t, i])
            assert float(out[n, t]) == pytest.approx(expected)
    assert torch.equal(prefix, out[:, :3])
    assert bool(box.cells.all())  # put back
    total = WhiteBox(8, 6, per_step=False)
    torch.testing.assert_close(total(x), box(x).sum(1))
    assert set(BLACK_BOXES) == {*MODELS, *IMAGE_MODELS, "white_box"}


def test_the_white_box_refuses_other_shapes_and_classes(box, series):
    with pytest.raises(InvalidInput, match="`n_classes` is 2"):
        WhiteBox(8, 6, n_classes=2)
    with pytest.raises(InvalidInput, match="or fewer steps"):
        box(torch.zeros(1, 9, 6))
    wrong = torch.ones(2, 2, dtype=torch.bool)
    with pytest.raises(InvalidInput, match="`cells` has shape"), box.restricted(wrong):
        pass


def by_step(base):
    return ex.EachSeries(base=base, steps_as_samples=True)


def explained(e, box, samples):
    with scope(4):
        return e.prepare(box, samples).for_samples(samples).attribute(box, samples.x, samples.y)


def test_methods_on_the_white_box_have_their_closed_forms(box, series):
    x, cells = series.x, series.importance.double()
    gap = (x.square() - x.mean(1, keepdim=True).square()) * cells
    occlusion = ex.Occlusion(window_features=1, baseline="train_mean")
    shapley = ex.ShapleyValueSampling(groups="feature", n_permutations=3, baseline="train_mean")
    for base in (occlusion, shapley, ex.FeatureAblation(groups="cell", baseline="train_mean")):
        torch.testing.assert_close(explained(by_step(base), box, series), gap, rtol=1e-9, atol=1e-9)
    integrated = explained(by_step(ex.IntegratedGradients()), box, series)
    torch.testing.assert_close(integrated, x.square() * cells, rtol=1e-9, atol=1e-9)
    permuted = explained(by_step(ex.FeaturePermutation(groups="feature")), box, series)
    moved = (x.square() - permuted).where(series.importance, torch.tensor(torch.nan, dtype=x.dtype))
    assert float(permuted[~series.importance].abs().max()) == 0
    squares = x.square()
    for n, t, i in series.importance.nonzero().tolist():  # each comes from another step of its own feature
        assert float((squares[n, :, i] - moved[n, t, i]).abs().min()) < 1e-9


def test_augmented_occlusion_on_the_white_box_is_the_mean_change_of_the_square(box, series):
    pool = Samples(torch.full((2, 8, 6), 0.5, dtype=torch.float64), series.y[:2])
    e = ex.EachSeries(base=ex.AugmentedOcclusion(n_samples=2)).prepare(box, pool).for_samples(series)
    a = e.attribute(box, series.x, series.y)
    expected = (series.x.square() - 0.25).abs() * series.importance
    torch.testing.assert_close(a, expected, rtol=1e-9, atol=1e-9)


def test_steps_as_samples_are_what_captum_makes_of_one_series(box, series):
    with box.restricted(series.importance[0]):

        def rows(x):
            return box(x.reshape(-1, 8, 6)).reshape(-1)

        x = series.x[0]
        mean = x.mean(0, keepdim=True)
        expected = peer.Occlusion(rows).attribute(x, sliding_window_shapes=(1,), baselines=mean.expand_as(x))
    one = series[slice(0, 1)]
    a = explained(by_step(ex.Occlusion(window_features=1, baseline="train_mean")), box, one)
    torch.testing.assert_close(a[0], expected.double(), rtol=1e-5, atol=1e-6)  # Captum's window weights are float32


def test_each_series_is_the_base_on_every_series_of_another_model():
    model, samples = tiny.Recurrent().double().eval(), tiny.samples()
    base = ex.IntegratedGradients(baseline="train_mean", n_steps=5)
    expected = base.prepare(model, samples).attribute(model, samples.x, samples.y)
    a = ex.EachSeries(base=base).prepare(model, samples).attribute(model, samples.x, samples.y)
    torch.testing.assert_close(a, expected)


def test_each_series_refuses_what_does_not_go_together(box, series):
    model, samples = tiny.Recurrent().double().eval(), tiny.samples()
    with pytest.raises(InvalidInput, match="a step has no output of its own"):
        by_step(ex.Gradient()).attribute(model, samples.x, samples.y)
    with pytest.raises(InvalidInput, match="set steps_as_samples=True"):
        ex.EachSeries().attribute(box, series.x, series.y)
    with pytest.raises(InvalidInput, match="`samples` are 2"):
        ex.EachSeries().for_samples(samples[slice(0, 2)]).attribute(model, samples.x, samples.y)


def test_only_a_model_without_weights_is_taken_as_given(box):
    data = RareTime().load(SIZES, 0)
    fitted = Given().fit(box, data, seed=0)
    assert fitted.model is box
    assert (fitted.epochs, fitted.stop, fitted.passed_gate) == (0, "given", True)
    with pytest.raises(InvalidInput, match="weights: train it"):
        Given().fit(tiny.Linear(), data, seed=0)


def test_the_study_fits_the_published_number_of_masks_at_the_published_sizes():
    cells = STUDIES["rare"].cells(PROFILES["paper"])
    masks = [c for c in cells if c.explainer and c.explainer.label == "dynamask" and c.protocol == "as_released"]
    assert len(masks) == 2 * 5
    assert {c.samples for c in masks} == {10}
    base = masks[0].explainer.params["base"]
    assert (base.params["areas"], base.params["epochs"]) == ("0.001:0.05:50", 1000)


def test_a_hundred_series_are_explained_as_ten_are():
    ten, hundred = ([c for c in STUDIES[s].cells(PROFILES["paper"]) if c.explainer] for s in ("rare", "rare_100"))
    assert {c.explainer.label for c in hundred} == {"dynamask", "occlusion", "integrated_gradients", "random", "oracle"}
    assert {(c.samples, c.protocol) for c in hundred} == {(100, "as_released")}
    assert len(hundred) == 2 * 5 * 5
    assert {replace(c, samples=10).key() for c in hundred} <= {c.key() for c in ten}


def test_pooled_areas_are_those_of_all_series_together(series):
    e = Explanation(tiny.Linear(), series.x, series.y, series.x, series.importance)
    for pairing, start in product(PAIRINGS, STARTS):
        found = [metric(pairing, start, pool=True)(e) for metric in (AUPThreshold, AURThreshold)]
        for values, expected in zip(found, pooled_threshold_areas(e, pairing, start), strict=True):
            assert values.tolist() == pytest.approx([expected] * 3, abs=1e-12)


def test_the_audit_changes_one_choice_at_a_time():
    cells = [c for c in STUDIES["rare_audit"].cells(PROFILES["paper"]) if c.explainer]
    released = {c.explainer.label: c.explainer for c in cells if c.protocol == "as_released"}
    plain = dict(released["dynamask"].params["base"].params)
    assert plain == dict(
        next(c for c in STUDIES["rare"].cells(PROFILES["paper"]) if c.explainer).explainer.params["base"].params
    )
    for name, changed in audit_plan.MASKS.items():
        found = dict(released[f"dynamask[{name}]"].params["base"].params)
        assert found == {**plain, **changed} != plain
    own = {c.dataset.params["alike"] for c in cells if c.protocol == audit_plan.OWN_FEATURES}
    assert own == {False}
    labels = {m.label for m in audit_plan.scores()}
    assert {f"aur_threshold[{name}]" for name in audit_plan.AREAS} | {"aur_threshold", "auroc"} <= labels
