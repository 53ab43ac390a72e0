"""Temporal saliency rescaling against its definition in loops, closed forms, and its refusals."""

from dataclasses import replace

import pytest
import torch

from tests import explainer_models as tiny
from tests.oracles.temporal_saliency_rescaling import temporal_saliency_rescaling as twin
from tsinterp_lib import explainers as ex
from tsinterp_lib.explainers.temporal_saliency_rescaling import PAPER, TFSR
from tsinterp_lib.models import MODELS
from tsinterp_lib.seeding import scope

TSR = ex.TemporalSaliencyRescaling
T, F = 6, 4
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


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", ["lstm", "lstm_input_cell", "tcn", "transformer"])
def test_it_equals_its_slow_twin(name, base):
    model, samples = network(name), data()
    e = BASES[base]
    if hasattr(e, "reference"):
        e = replace(e, reference=torch.rand_like(samples.x))  # each sample has its own baseline
    expected, _ = by_twin(e, model, samples, first(samples))
    close(TSR(base=e, batch_size=7).attribute(model, samples.x, samples.y), expected)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", ["lstm", "tcn"])
def test_every_setting_equals_its_slow_twin(name, setting):
    model, samples = network(name), data(2)
    ours, theirs = SETTINGS[setting]
    value = torch.zeros_like(samples.x) if ours.get("value") == "zero" else first(samples)
    expected, calls = by_twin(ex.Gradient(), model, samples, value, **theirs)
    e = TSR(**ours)
    close(e.attribute(model, samples.x, samples.y), expected)
    assert max(calls) <= e.budget(T, F)
