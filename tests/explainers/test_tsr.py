"""Temporal saliency rescaling against its definition in loops, closed forms, and its refusals."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from tests import explainer_models as tiny
from tests.oracles.temporal_saliency_rescaling import over_axes
from tests.oracles.temporal_saliency_rescaling import temporal_saliency_rescaling as twin
from tsinterp_lib import explainers as ex
from tsinterp_lib.axes import CLIP, IMAGE, SERIES
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.explainers.tsr import PAPER, TFSR
from tsinterp_lib.explainers.tsr.linear_entry import LinearEntrySpace
from tsinterp_lib.guard import counted
from tsinterp_lib.models import MODELS
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Samples

TSR = ex.TemporalSaliencyRescaling
T, F = 5, 4
SIZES = {"transformer": {"n_heads": 2, "n_layers": 2, "feed_forward": 8}, "tcn": {"n_levels": 2}}
BASES = {
    "gradient": ex.Gradient(),
    "absolute gradient": ex.Gradient(absolute=True),
    "input x gradient": ex.InputXGradient(),
    "integrated gradients": ex.IntegratedGradients(n_steps=4),
    "DeepLIFT": ex.DeepLift(),
    "occlusion": ex.Occlusion(window_features=2),
}
SETTINGS = {
    "as released": ({}, {}),
    "before October 2021": ({"time_score": "mean"}, {"before_2021": True}),
    "groups": ({"group_size": 3}, {"group": 3}),
    "paper": (PAPER, {"q": None, "alpha": 0.0, "floor": 0.0, "rescale": False}),
    "paper, groups": ({**PAPER, "group_size": 2}, {"q": None, "alpha": 0, "floor": 0, "rescale": False, "group": 2}),
    "features once": (TFSR, {"q": None, "alpha": 0.0, "floor": 0.0, "rescale": False, "once": True}),
    "features once, rescaled": ({"feature_score": "series"}, {"once": True}),
    "threshold": ({"quantile": None, "threshold": 0.4}, {"alpha": 0.4}),
}


def network(name, output="probabilities", dtype=torch.float64):
    with scope(4):
        made = MODELS[name](n_steps=T, n_features=F, n_classes=3, output=output, **SIZES.get(name, {}))
    return made.to(dtype).eval()


def data(n=3):
    return replace(tiny.samples(n, T, F), y=torch.arange(n) % 3)


def by_twin(base, model, samples, value, pad=None, **settings):
    maps, calls = [], []
    for n, series in enumerate(samples.x):
        e = replace(base, reference=base.reference[n]) if getattr(base, "reference", None) is not None else base

        def explain(copy, e=e, n=n):
            return e.attribute(model, copy[None], samples.y[n : n + 1])[0]

        padded = () if pad is None else pad[n].nonzero()[:, 0].tolist()
        a, made = twin(explain, series, value[n], pad=padded, **settings)
        maps.append(a)
        calls.append(made)
    return torch.stack(maps), calls


def first(samples):
    return samples.x[:, :1, :1].expand_as(samples.x)


def close(a, b, rtol=1e-10, atol=1e-10):
    torch.testing.assert_close(a, b, rtol=rtol, atol=atol)


@pytest.mark.parametrize("base", ["gradient", "integrated gradients"])
def test_copies_that_enter_behind_the_first_layer_are_counted_like_others(base, monkeypatch):
    samples, model = data(), network("lstm")
    with counted(model) as behind:
        TSR(base=BASES[base]).attribute(model, samples.x, samples.y)
    monkeypatch.setattr(LinearEntrySpace, "of", lambda *_: None)
    with counted(model) as whole:
        TSR(base=BASES[base]).attribute(model, samples.x, samples.y)
    assert behind == whole
    assert behind[0] > len(samples.x) * T


def test_a_method_says_in_its_own_file_that_it_can_enter_behind_the_first_layer():
    """A class of one's own that says so is taken there; one that only inherits it, with another map, is not."""
    model, samples = network("lstm"), data()

    class Twice(ex.Gradient):
        def _attribute(self, model, x, target):
            return 2 * self.gradients(model, x, target)

        def on_a_line(self, model, x, rows):
            line = super().on_a_line(model, x, rows)
            return replace(line, slopes=lambda *given: 2 * line.slopes(*given))

    class Other(ex.Gradient):
        def _attribute(self, model, x, target):
            return super()._attribute(model, x, target) ** 2

    for base, taken in ((Twice(), True), (Other(), False), (ex.Gradient(), True), (ex.Random(), False)):
        assert (LinearEntrySpace.of(base, model, samples.x, 8) is not None) == taken
    expected, _ = by_twin(Twice(), model, samples, first(samples))
    close(TSR(base=Twice()).attribute(model, samples.x, samples.y), expected)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", ["lstm", "lstm_input_cell", "tcn", "transformer"])
def test_it_equals_its_slow_twin(name, base):
    model, samples = network(name), data(2)
    e = BASES[base]
    if hasattr(e, "reference"):
        e = replace(e, reference=torch.rand_like(samples.x))  # each sample has its own baseline
    expected, _ = by_twin(e, model, samples, first(samples))
    close(TSR(base=e, batch_size=7).attribute(model, samples.x, samples.y), expected)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_equals_its_slow_twin(setting):
    model, samples = network("lstm"), data(2)
    ours, theirs = SETTINGS[setting]
    value = torch.zeros_like(samples.x) if ours.get("value") == "zero" else first(samples)
    expected, calls = by_twin(ex.Gradient(), model, samples, value, **theirs)
    e = TSR(**ours)
    close(e.attribute(model, samples.x, samples.y), expected)
    assert max(calls) <= e.budget(T, F)


def test_padded_steps_are_not_masked_not_summed_and_score_zero():
    model, samples = network("transformer"), data(2)
    pad = torch.tensor([[False] * T, [True, False, False, False, True]])
    for settings, theirs in (({}, {}), ({"feature_score": "series"}, {"once": True})):
        expected, _ = by_twin(ex.Gradient(), model, samples, first(samples), pad, **theirs)
        a = TSR(padding=pad, **settings).attribute(model, samples.x, samples.y)
        close(a, expected)
        assert (a[pad] == 0).all()


def test_each_occluding_value_is_what_its_name_says():
    model, samples = network("tcn"), data(2)
    train = tiny.samples(5, T, F, seed=9)
    like = {
        "first": first(samples),
        "zero": torch.zeros_like(samples.x),
        "mean": samples.x.mean((1, 2), keepdim=True).expand_as(samples.x),
        "train_mean": train.x.mean(0).expand_as(samples.x),
        0.3: torch.full_like(samples.x, 0.3),
    }
    for value, v in like.items():
        a = TSR(value=value).prepare(model, train).attribute(model, samples.x, samples.y)
        close(a, TSR(reference=v).attribute(model, samples.x, samples.y))


def test_a_linear_model_has_a_closed_form():
    samples = tiny.samples(2)
    model = tiny.Linear().double()
    moved = (model.weights(samples.y) * (samples.x - 0.0)).abs()
    base = ex.IntegratedGradients(n_steps=2)
    a = TSR(base=base, **PAPER).attribute(model, samples.x, samples.y)
    close(a, moved.sum(2, keepdim=True) * moved)
    once = TSR(base=base, **TFSR).attribute(model, samples.x, samples.y)
    close(once, moved.sum(2, keepdim=True) * moved.sum(1, keepdim=True))
    tau = moved.sum(2)
    above = TSR(base=base, **{**PAPER, "threshold": 1.0, "floor": 0.5}).attribute(model, samples.x, samples.y)
    close(above, tau[:, :, None] * torch.where(tau[:, :, None] > 1.0, moved, 0.5))


def test_a_map_that_no_mask_moves_is_rescaled_to_zero():
    samples = tiny.samples(2)
    for e in (TSR(), TSR(**PAPER), TSR(**TFSR)):
        assert (e.attribute(tiny.Linear().double(), samples.x, samples.y) == 0).all()
    constant = replace(samples, x=torch.full_like(samples.x, 0.5))
    assert (TSR().attribute(tiny.Recurrent().double().eval(), constant.x, constant.y) == 0).all()


DRAWING = {
    "uniform baseline": ex.IntegratedGradients(n_steps=2, baseline="uniform"),
    "SmoothGrad": ex.SmoothGrad(n_samples=2),
    "GradientSHAP": ex.GradientShap(references="uniform", n_references=3, n_samples=2, group_size=1),
    "DeepSHAP": ex.DeepShap(references="uniform", n_references=3, group_size=2),
    "Shapley sampling": ex.ShapleyValueSampling(n_permutations=2, baseline="uniform"),
    "permuted": ex.PermutedFeatures(base=ex.Gradient()),
}


@pytest.mark.parametrize("base", DRAWING)
def test_a_base_that_draws_has_the_same_draws_for_the_map_and_every_copy(base):
    samples = tiny.samples(3)
    model = tiny.Convolutional().double().eval()

    def explain(x):  # the whole batch, from the same generators: each sample keeps what it draws
        with scope(5):
            return DRAWING[base].attribute(model, x, samples.y)

    for n in range(3):
        value = torch.zeros_like(samples.x[n])

        def of_sample(series, n=n):
            return explain(torch.cat((samples.x[:n], series[None], samples.x[n + 1 :])))[n]

        expected, _ = twin(of_sample, samples.x[n], value, q=None, alpha=0.0, floor=0.0, rescale=False, once=True)
        with scope(5):
            a = TSR(base=DRAWING[base], **TFSR).attribute(model, samples.x, samples.y)
        close(a[n], expected)


@pytest.mark.parametrize("base", ["SmoothGrad", "GradientSHAP", "Shapley sampling"])
def test_new_draws_put_sampling_noise_into_the_map_and_shared_ones_do_not(base):
    samples, model = tiny.samples(2), tiny.Recurrent().double().eval()
    same = replace(samples, x=torch.full_like(samples.x, 0.5))  # masking changes nothing
    noisy = TSR(base=DRAWING[base], shared_draws=False, **PAPER).attribute(model, same.x, same.y)
    assert (noisy != 0).any()
    assert (TSR(base=DRAWING[base], **{**PAPER, "value": 0.5}).attribute(model, same.x, same.y) == 0).all()


def test_the_number_of_maps_is_known_beforehand_and_said(capsys):
    assert TSR().budget(28, 28) == 393
    assert TSR().budget(50, 50) == 1201
    assert TSR(quantile=None, threshold=0.0).budget(50, 50) == 2551
    assert TSR(time_score="mean").budget(50, 50) == 1151
    assert TSR(group_size=10).budget(50, 50) == 166
    assert TSR(group_size=7).budget(28, 28) == 81
    assert TSR(**TFSR).budget(50, 50) == 101
    samples = data(2)
    TSR(progress=True).attribute(network("tcn"), samples.x, samples.y)
    said = capsys.readouterr()
    assert f"at most {TSR().budget(T, F)} maps of Gradient for each of 2 samples" in said.out
    assert "TemporalSaliencyRescaling" in said.err


def test_float32_is_exact_enough_on_saturated_probabilities():
    for name in ("lstm", "tcn"):
        model, samples = network(name), data(2)
        with torch.no_grad():
            model.head.bias[0] += 17  # so certain that 1 - p is below the rounding of p in float32
            assert float(1 - model(samples.x).amax(1).min()) < 1e-6
        exact = TSR().attribute(model, samples.x, samples.y)
        a = TSR().attribute(model.float(), samples.x.float(), samples.y)
        close(a.double(), exact, rtol=0, atol=1e-3)


def test_memory_does_not_grow_with_the_number_of_copies():
    seen = []

    class Watched(ex.Gradient):
        def _attribute(self, model, x, target):
            seen.append(len(x))
            return super()._attribute(model, x, target)

    samples = tiny.samples(2, 12, 12)
    model = tiny.Convolutional(12, 12).double().eval()
    a = TSR(base=Watched(), batch_size=16).attribute(model, samples.x, samples.y)
    assert max(seen) <= 16
    close(a, TSR().attribute(model, samples.x, samples.y))


LONG = """
import resource, torch
from tsinterp_lib import explainers as ex
from tsinterp_lib.models import LSTM
torch.set_num_threads(1)
model, x, y = LSTM(200, 200), torch.rand(1, 200, 200), torch.tensor([0])
ex.Gradient().attribute(model, x, y)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ex.TemporalSaliencyRescaling().attribute(model, x, y)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_long_wide_series_is_rescaled_in_little_memory():
    # its 18201 copies would fill 2.7 GiB
    done = subprocess.run([sys.executable, "-c", LONG], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 700


@pytest.mark.parametrize(
    "settings",
    [
        {"quantile": 1.5},
        {"quantile": -0.1},
        {"quantile": None},
        {"threshold": 0.5},
        {"quantile": None, "threshold": 1.5},
        {"quantile": None, "threshold": -1.0, "rescale": False},
        {"floor": -1.0},
        {"group_size": 0},
        {"value": float("nan")},
        {"base": TSR()},
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(InvalidInput):
        TSR(**settings)


def test_names_there_are_not_are_refused():
    for settings in ({"value": "last"}, {"time_score": "max"}, {"feature_score": "cell"}):
        with pytest.raises(UnknownName):
            TSR(**settings)


class Short(ex.Gradient):
    def _attribute(self, model, x, target):
        return super()._attribute(model, x, target)[:, 1:]


def test_what_cannot_be_rescaled_is_refused():
    model, samples = network("tcn"), data(2)
    pad = torch.zeros(2, T, dtype=torch.bool)
    pad[1] = True
    for e, words in (
        (TSR(base=Short()), "returned shape"),
        (TSR(base=ex.FeaturePermutation()), "depend on the others"),
        (TSR(group_size=F + 1), "group fits in"),
        (TSR(padding=pad), "all steps of sample 1"),
        (TSR(padding=pad[:1]), "one Boolean per sample"),
        (TSR(value="train_mean"), "call prepare"),
    ):
        with pytest.raises(InvalidInput, match=words):
            e.attribute(model, samples.x, samples.y)


def test_it_is_built_by_name_with_its_base():
    chosen = Choice("temporal_saliency_rescaling", {**PAPER, "base": Choice("gradient", {"absolute": True})})
    assert build("explainer", chosen) == TSR(base=ex.Gradient(absolute=True), **PAPER)


class Smooth(nn.Module):
    """A smooth function of all cells: no mask leaves its gradient as it was."""

    def __init__(self, shape):
        super().__init__()
        self.inner, self.outer = nn.Linear(torch.Size(shape).numel(), 5), nn.Linear(5, 2)

    def forward(self, x):
        return self.outer(torch.tanh(self.inner(x.flatten(1))))


class OneFrame(nn.Module):
    """Sees one frame of a clip and nothing else."""

    def __init__(self, shape, frame):
        super().__init__()
        self.frame, self.seen = frame, Smooth(shape)

    def forward(self, x):
        return self.seen(x[:, self.frame])


def smooth(shape):
    with scope(6):
        return Smooth(shape).double()


def cells(axes, *shape, n=2):
    draw = torch.Generator().manual_seed(8)
    return Samples(torch.rand(n, *shape, generator=draw, dtype=torch.float64), torch.arange(n) % 2, axes=axes)


PICTURE, VIDEO = (2, 4, 3), (3, 2, 4, 3)
PLAIN = {"q": None, "alpha": 0.0, "floor": 0.0, "rescale": False}
RESCALED = {
    "rows, then columns": (IMAGE, PICTURE, "row", "column", (1,), (2,), {}, {}),
    "columns, then rows in groups": (IMAGE, PICTURE, "column", "row", (2,), (1,), {"group_size": 3}, {"group": 3}),
    "columns, then rows, as printed": (IMAGE, PICTURE, "column", "row", (2,), (1,), PAPER, PLAIN),
    "pixels, then channels": (IMAGE, PICTURE, "column+row", "channel", (1, 2), (0,), {}, {}),
    "frames, then rows": (CLIP, VIDEO, "frame", "row", (0,), (2,), {}, {}),
    "frames, then pixels": (CLIP, VIDEO, "frame", "row+column", (0,), (2, 3), PAPER, PLAIN),
    "frames, then regions": (CLIP, VIDEO, "frame", "row+column", (0,), (2, 3), {"group_size": 2}, {"group": 2}),
    "frames, then columns once": (CLIP, VIDEO, "frame", "column", (0,), (3,), TFSR, PLAIN | {"once": True}),
    "features, then steps": (SERIES, (4, 3), "feature", "time", (1,), (0,), {}, {}),
}


@pytest.mark.parametrize("case", RESCALED)
@pytest.mark.parametrize("base", ["gradient", "integrated gradients"])
def test_named_axes_of_any_data_equal_the_slow_twin(base, case):
    axes, shape, outer, inner, first_axes, second_axes, ours, theirs = RESCALED[case]
    model, data = smooth(shape), cells(axes, *shape)
    reference = torch.rand(shape, dtype=torch.float64)  # each cell is masked by a value of its own
    a = TSR(base=BASES[base], outer=outer, inner=inner, reference=reference, batch_size=5, **ours).prepare(model, data)
    a = a.attribute(model, data.x, data.y)
    e = BASES[base].for_axes(axes)
    for n in range(len(data)):

        def explain(copy, n=n):
            return e.attribute(model, copy[None], data.y[n : n + 1])[0]

        close(a[n], over_axes(explain, data.x[n], reference, first_axes, second_axes, **theirs))
    assert (a != 0).any()


def test_a_base_that_draws_has_the_same_draws_for_every_copy_of_an_image():
    model, data = smooth(PICTURE), cells(IMAGE, *PICTURE)
    e = TSR(base=DRAWING["SmoothGrad"], outer="row", inner="column", **{**PAPER, "value": 0.5}).for_axes(IMAGE)
    same = torch.full_like(data.x, 0.5)
    with scope(5):
        assert (e.attribute(model, same, data.y) == 0).all()
        assert (e.attribute(model, data.x, data.y) != 0).any()


@pytest.mark.parametrize("settings", [{}, PAPER, TFSR, {"value": "mean", "floor": 0.0}], ids=str)
@pytest.mark.parametrize("frame", [0, 2])
def test_a_model_that_reads_one_frame_has_all_mass_on_that_frame(frame, settings):
    data = cells(CLIP, *VIDEO)
    with scope(6):
        model = OneFrame(VIDEO[1:], frame).double()
    a = TSR(outer="frame", inner="row+column", **settings).for_axes(CLIP).attribute(model, data.x, data.y)
    assert (a.sum((2, 3, 4))[:, frame] > 0).all()
    others = [t for t in range(VIDEO[0]) if t != frame]
    assert a[:, others].abs().sum() < 1e-12 * a.sum()  # rounding: copies share calls


def test_the_axes_of_a_series_said_by_name_are_the_default():
    samples, model = data(2), network("tcn")
    said = TSR(outer="time", inner="feature").for_axes(SERIES).attribute(model, samples.x, samples.y)
    assert torch.equal(said, TSR().attribute(model, samples.x, samples.y))


def test_padded_frames_are_not_masked_and_score_zero():
    model, clips = smooth(VIDEO), cells(CLIP, *VIDEO)
    pad = torch.tensor([[False, False, True], [False, False, False]])
    e = TSR(outer="frame", inner="row", padding=pad, **PAPER).for_axes(CLIP)
    a = e.attribute(model, clips.x, clips.y)
    assert (a[pad] == 0).all()
    assert (a[~pad] != 0).any()
    assert torch.equal(e.cut_to(2, 3).padding, pad[:, :2])
    assert replace(e, outer="row", inner="column").cut_to(2, 3).padding is pad


def test_axes_there_are_not_are_refused_by_name():
    model, image = smooth(PICTURE), cells(IMAGE, *PICTURE)
    for e, words in (
        (TSR(), "`outer` is 'time'; the axes of `x` are channel, row, column"),
        (TSR(outer="row"), "`inner` is 'feature'; the axes of `x` are channel, row, column"),
        (TSR(outer="row", inner="column+step"), r"`inner` is 'column\+step'; the axes of `x` are channel, row, column"),
    ):
        with pytest.raises(InvalidInput, match=words):
            e.for_axes(IMAGE)
        with pytest.raises(InvalidInput, match=words):
            e.prepare(model, image)
    samples = data(2)
    with pytest.raises(InvalidInput, match="`outer` is 'row'; the axes of `x` are time, feature"):
        TSR(outer="row", inner="column").attribute(network("tcn"), samples.x, samples.y)
    with pytest.raises(InvalidInput, match="`group_size` is 4; column has 3 places: a group fits in"):
        TSR(outer="row", inner="column", group_size=4).for_axes(IMAGE).attribute(model, image.x, image.y)


@pytest.mark.parametrize("settings", [{"outer": ""}, {"inner": "row+"}], ids=str)
def test_settings_that_name_no_axis_are_refused(settings):
    with pytest.raises(InvalidInput, match="name an axis, or several joined by"):
        TSR(**settings)


@pytest.mark.parametrize("settings", [{"outer": "feature"}, {"outer": "row", "inner": "row+column"}], ids=str)
def test_an_axis_is_rescaled_over_once(settings):
    with pytest.raises(InvalidInput, match="they name an axis twice"):
        TSR(**settings)
