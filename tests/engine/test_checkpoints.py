"""Checkpoints: what is stored comes back, and everything that does not fit is refused."""

import dataclasses
import json
import random

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.training_examples import build, data
from tsinterp_lib.engine import checkpoints
from tsinterp_lib.errors import CheckpointDamaged, CheckpointError
from tsinterp_lib.trainers import Standard

SPEC = {"model": {"name": "lstm", "params": {}}, "seed": 3, "sizes": (2, 1)}


@pytest.fixture
def stored(tmp_path):
    fitted = Standard(max_epochs=1).fit(build(), data(), seed=1)
    path = tmp_path / "folder" / "key.safetensors"
    checkpoints.save(path, fitted, SPEC)
    return path, fitted


def test_a_checkpoint_gives_back_weights_and_facts(stored):
    path, fitted = stored
    model = build(seed=8)
    again = checkpoints.load(path, model, SPEC)
    for field in dataclasses.fields(fitted):
        if field.name != "model":
            assert getattr(again, field.name) == getattr(fitted, field.name), field.name
    assert again.model is model
    assert not model.training
    x = data().test.x
    assert torch.equal(model(x), fitted.model(x))
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_write_that_fails_leaves_the_old_checkpoint(stored, monkeypatch):
    path, fitted = stored
    before = path.read_bytes()

    def fail(*_a, **_k):
        raise OSError("disk full")

    monkeypatch.setattr(checkpoints, "save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        checkpoints.save(path, fitted, SPEC)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def rewritten(path, weights=None, **changes):
    """The same file as other code would have written it: some of its header changed, and no seal."""
    weights = weights or load_file(path)
    text = path.read_bytes()
    size = int.from_bytes(text[:8], "little")
    header = json.loads(json.loads(text[8 : 8 + size])["__metadata__"]["tsinterp"])
    header.pop("seal")
    save_file(weights, path, metadata={"tsinterp": json.dumps({**header, **changes})})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 0}, "has format 0; expected 1"),
        ({"version": "0.0.1"}, "has version '0.0.1'"),
        ({"spec": {"seed": 4}}, "has spec {'seed': 4}"),
        ({"fitted": {"epochs": 1}}, "does not hold the facts"),
    ],
)
def test_a_checkpoint_of_other_code_or_another_specification_is_refused(stored, changes, said):
    path, _ = stored
    rewritten(path, **changes)
    with pytest.raises(CheckpointError, match=f"{said}.*delete the file and train again"):
        checkpoints.load(path, build(), SPEC)


@pytest.mark.parametrize("length", [0, 5, 200, -20])
def test_a_checkpoint_cut_short_is_refused_and_the_model_is_untouched(stored, length):
    path, _ = stored
    path.write_bytes(path.read_bytes()[:length])
    model = build(seed=8)
    before = model.head.weight.clone()
    with pytest.raises(CheckpointError, match="cannot be read as safetensors"):
        checkpoints.load(path, model, SPEC)
    assert torch.equal(model.head.weight, before)


def test_a_checkpoint_for_other_sizes_another_network_or_another_program_is_refused(stored):
    path, _ = stored
    with pytest.raises(CheckpointError, match=r"shape \(20, 4\); the model has \(28, 4\)"):
        checkpoints.load(path, build(hidden_size=7), SPEC)
    with pytest.raises(CheckpointError, match="differ in the weights"):
        checkpoints.load(path, build(name="tcn"), SPEC)
    save_file({"w": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="another program's file"):
        checkpoints.load(path, build(), SPEC)
    path.unlink()
    with pytest.raises(CheckpointError, match="train the model first"):
        checkpoints.load(path, build(), SPEC)


def test_every_flipped_bit_is_found_or_changes_nothing(stored):
    path, fitted = stored
    content, generator = path.read_bytes(), random.Random(0)
    right = fitted.model.state_dict()
    found = 0
    for _ in range(60):
        at = generator.randrange(len(content))
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << generator.randrange(8))]) + content[at + 1 :])
        try:
            model = checkpoints.load(path, build(), SPEC).model
        except CheckpointDamaged:
            found += 1
        else:
            assert all(torch.equal(value, right[name]) for name, value in model.state_dict().items())
    assert found > 54


def test_weights_that_are_not_numbers_are_neither_saved_nor_loaded(stored):
    path, fitted = stored
    before = path.read_bytes()
    weights = load_file(path)
    with torch.no_grad():
        fitted.model.head.weight[0, 0] = float("nan")
    with pytest.raises(CheckpointError, match=r"\['head.weight'\] hold NaN.*nothing was written"):
        checkpoints.save(path, fitted, SPEC)
    assert path.read_bytes() == before
    weights["head.weight"][0, 0] = float("nan")
    rewritten(path, weights)
    with pytest.raises(CheckpointError, match=r"hold NaN.*train again"):
        checkpoints.load(path, build(), SPEC)
