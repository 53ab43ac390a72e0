"""Another device gives the CPU's numbers: explainers, metrics, training. The comparisons need an accelerator."""

import math

import pytest
import torch

from tsinterp_lib.checks import check_device
from tsinterp_lib.datasets import DATASETS
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import CORRECTED
from tsinterp_lib.models import MODELS, Transformer
from tsinterp_lib.registry import build
from tsinterp_lib.seeding import scope
from tsinterp_lib.studies.benchmark.plan import scores
from tsinterp_lib.studies.planted import NETWORKS
from tsinterp_lib.trainers import Standard
from tsinterp_lib.types import Explanation, Sizes

accelerated = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
DRAWN_THERE = {"gradient_shap", "smoothgrad", "random", "shapley_value_sampling"}
"""Methods that draw on the device of x, whose generator is another one: only their form is compared."""


def data_of(dtype="float64"):
    source = DATASETS["middle"](protocol="corrected", dtype=dtype)
    return source.load(Sizes(60, 20, 6), 0)


def model_of(name, data):
    with scope(1):
        sizes = {"n_steps": data.n_steps, "n_features": data.n_features, "n_classes": data.n_classes}
        return MODELS[name](**sizes).to(data.train.x.dtype).eval()


def test_samples_and_data_sets_move_whole():
    data = data_of()
    moved = data.to("meta")
    for split in (moved.train, moved.validation, moved.test):
        assert {v.device.type for v in (split.x, split.y, split.importance)} == {"meta"}
    assert moved.train.x.shape == data.train.x.shape
    assert moved.background is data.background
    assert data.train.x.device.type == "cpu"


@pytest.mark.parametrize("name", ["cuda:99", "nonsense"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(InvalidInput, match=r"`device` is .* This machine has cpu"):
        check_device(name)
    check_device("cpu")


@accelerated
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("method", sorted(CORRECTED))
def test_an_explainer_gives_the_numbers_of_the_cpu(method, network):
    found = {}
    for device in ("cpu", "cuda"):
        data = data_of().to(device)
        model = model_of(network, data_of()).to(device)
        with scope(2):
            explainer = build("explainer", CORRECTED[method]).prepare(model, data.train).for_samples(data.test)
            found[device] = explainer.attribute(model, data.test.x, data.test.y)
        assert found[device].device.type == device
    assert found["cuda"].shape == found["cpu"].shape
    if method not in DRAWN_THERE:
        torch.testing.assert_close(found["cuda"].cpu(), found["cpu"], rtol=1e-7, atol=1e-9)


@accelerated
@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
def test_metrics_give_the_numbers_of_the_cpu(protocol):
    found = {}
    for device in ("cpu", "cuda"):
        data = data_of().to(device)
        with scope(3):
            a = torch.randn(data.test.x.shape, dtype=torch.float64).to(device)
        model = model_of("lstm", data_of()).to(device)
        e = Explanation(model, data.test.x, data.test.y, a, data.test.importance, data.background, 4)
        metrics = {choice.label: build("metric", choice) for choice in scores(protocol)}
        found[device] = {name: m.scores(e).cpu() for name, m in metrics.items()}
    for name, value in found["cpu"].items():
        torch.testing.assert_close(found["cuda"][name], value, rtol=1e-7, atol=1e-9, equal_nan=True)


@accelerated
@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
def test_training_takes_the_steps_of_the_cpu(protocol):
    found = {}
    for device in ("cpu", "cuda"):
        data = data_of().to(device)
        with scope(5):
            output = "probabilities" if protocol == "as_released" else "logits"
            model = Transformer(data.n_steps, data.n_features, output=output, dropout=0.0).double().to(device)
        found[device] = Standard(protocol=protocol, max_epochs=2, batch_size=20).fit(model, data, 6)
    assert found["cuda"].steps == found["cpu"].steps
    for (step, a), (other, b) in zip(found["cpu"].history, found["cuda"].history, strict=True):
        assert step == other
        assert math.isclose(a, b, rel_tol=1e-6)
