"""Images: folders with their defects, CIFAR-10, and networks with their published numbers of weights."""

import io
import os
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tsinterp_lib.axes import IMAGE
from tsinterp_lib.datasets import Cifar10, ImageFolder, cifar10
from tsinterp_lib.datasets.image_folder import MEAN, STD, read_image
from tsinterp_lib.errors import DataUnavailable, InvalidInput, UnknownName
from tsinterp_lib.models import VGG16, ResNet
from tsinterp_lib.types import Sizes

COLOURS = {"blue": (0, 0, 255), "red": (255, 0, 0)}


def folder(root, train=4, test=3, held=0):
    """Images of one colour each, larger than they will be seen."""
    for split, n in (("train", train), ("test", test), ("valid", held)):
        for name, colour in COLOURS.items():
            place = root / split / name
            if n:
                place.mkdir(parents=True, exist_ok=True)
            for i in range(n):
                Image.new("RGB", (20 + i, 16), colour).save(place / f"{i}.png")
    return root


def source(root):
    return ImageFolder(str(root), size=8, resize=10)


def test_a_folder_gives_normalised_crops_with_their_class_and_the_same_for_a_seed(tmp_path):
    data = source(folder(tmp_path)).load(Sizes(4, 2, 6), 0)
    assert (data.n_classes, data.axes, data.train.x.shape) == (2, IMAGE, (4, 3, 8, 8))
    for split in (data.train, data.validation, data.test):
        for x, y in zip(split.x, split.y, strict=True):
            pixel = np.array(list(COLOURS.values())[int(y)]) / 255
            expected = torch.tensor((pixel - MEAN) / STD, dtype=torch.float32)
            torch.testing.assert_close(x, expected[:, None, None].expand(3, 8, 8))
    assert data.train.y.bincount().tolist() == [2, 2]
    again = source(tmp_path).load(Sizes(4, 2, 6), 0)
    assert torch.equal(again.train.y, data.train.y)


def test_a_validation_folder_is_taken_where_there_is_one(tmp_path):
    data = source(folder(tmp_path, held=2)).load(Sizes(8, 4, 6), 0)
    assert len(data.validation) == 4
    with pytest.raises(InvalidInput, match="valid has 4"):
        source(tmp_path).load(Sizes(8, 5, 6), 0)


def test_the_centre_of_the_resized_image_is_seen(tmp_path):
    wide = Image.new("RGB", (40, 20))
    wide.paste((200, 100, 50), (10, 0, 30, 20))
    wide.save(tmp_path / "wide.png")
    seen = read_image(tmp_path / "wide.png", 10, 10)
    assert seen.shape == (3, 10, 10)
    assert (abs(seen[0, :, 2:-2].astype(int) - 200) < 3).all()
    grey = Image.new("L", (12, 12), 7)
    grey.save(tmp_path / "grey.png")
    assert (read_image(tmp_path / "grey.png", 4, 6) == 7).all()


@pytest.mark.parametrize("damage", [lambda b: b"no image", lambda b: b[: len(b) // 2], lambda b: b""])
def test_a_corrupt_image_is_named(tmp_path, damage):
    place = folder(tmp_path) / "train" / "red" / "2.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8)).save(place)
    place.write_bytes(damage(place.read_bytes()))
    with pytest.raises(DataUnavailable, match=r"train/red/2\.png is no whole image"):
        source(tmp_path).load(Sizes(6, 2, 6), 0)


def test_folders_that_cannot_be_learned_from_are_refused(tmp_path):
    with pytest.raises(DataUnavailable, match="no folder train"):
        source(tmp_path).load(Sizes(1, 1, 1), 0)
    folder(tmp_path)
    for i in range(1, 4):
        (tmp_path / "train" / "red" / f"{i}.png").unlink()
    with pytest.raises(InvalidInput, match="train has 1 image"):
        source(tmp_path).load(Sizes(2, 1, 2), 0)
    folder(tmp_path)
    (tmp_path / "test" / "green").mkdir()
    with pytest.raises(InvalidInput, match="'green', which has no training images"):
        source(tmp_path).load(Sizes(2, 1, 2), 0)
    (tmp_path / "test" / "green").rmdir()
    with pytest.raises(InvalidInput, match="8 samples; 12"):
        source(tmp_path).load(Sizes(10, 2, 2), 0)
    for p in (tmp_path / "test").rglob("*.png"):
        p.unlink()
    with pytest.raises(DataUnavailable, match="holds no images"):
        source(tmp_path).load(Sizes(2, 1, 2), 0)
    with pytest.raises(InvalidInput, match="crop at least"):
        ImageFolder(str(tmp_path), size=300)


def records(n, seed):
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 256, (n, cifar10.RECORD), dtype=np.uint8)
    found[:, 0] = np.arange(n) % 10
    return found


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Six small files in place of the published ones, and their digests in place of theirs."""
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TSINTERP_DATA", str(tmp_path))
    place = tmp_path / "cifar10"
    place.mkdir()
    for i, name in enumerate((*cifar10.TRAIN, cifar10.TEST)):
        (place / name).write_bytes(records(20, i).tobytes())
        monkeypatch.setitem(cifar10.DIGESTS, name, cifar10._download.digest(place / name))
    return place


def test_cifar_is_read_from_its_files_its_folder_and_its_archive_alike(made, monkeypatch):
    sizes = Sizes(80, 20, 20)
    data = Cifar10().load(sizes, 0)
    assert (data.n_classes, data.axes, data.train.x.shape) == (10, IMAGE, (80, 3, 32, 32))
    assert data.train.y.bincount().tolist() == [8] * 10
    known = {tuple(r[1:]): int(r[0]) for i in range(5) for r in records(20, i)}
    pixels = ((data.train.x * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]) * 255).round()
    for x, y in zip(pixels[:10], data.train.y[:10], strict=True):
        assert known[tuple(x.flatten().to(torch.uint8).tolist())] == y
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(made.iterdir()):
            archive.add(path, f"{cifar10.FOLDER}/{path.name}")
    for path in list(made.iterdir()):
        path.unlink()
    (made / cifar10.ARCHIVE).write_bytes(buffer.getvalue())
    digest = cifar10._download.digest(made / cifar10.ARCHIVE)
    monkeypatch.setattr(cifar10, "OFFICIAL", cifar10._download.Remote("cifar10", (), {cifar10.ARCHIVE: digest}))
    assert torch.equal(Cifar10().load(sizes, 0).train.x, data.train.x)
    (made / cifar10.ARCHIVE).write_bytes(buffer.getvalue()[:-10])
    with pytest.raises(DataUnavailable, match="is not the published file"):
        Cifar10().load(sizes, 0)


def test_a_part_of_cifar_needs_two_files_and_altered_ones_are_refused(made):
    data = Cifar10(part="first_batch").load(Sizes(10, 10, 20), 0)
    assert len(data.test) == 20
    (made / cifar10.TRAIN[0]).write_bytes(records(20, 9).tobytes())
    with pytest.raises(DataUnavailable, match=r"data_batch_1\.bin and test_batch\.bin"):
        Cifar10(part="first_batch").load(Sizes(10, 10, 20), 0)
    with pytest.raises(UnknownName, match="first_batch"):
        Cifar10(part="half")
    with pytest.raises(DataUnavailable, match="no multiple of 3073"):
        cifar10.records_of(b"x" * 3000, "short.bin")
    with pytest.raises(DataUnavailable, match="label 200"):
        cifar10.records_of(b"\xc8" * 3073, "other.bin")


@pytest.mark.skipif(not os.environ.get("TSINTERP_DATA"), reason="needs the first batch of CIFAR-10")
def test_the_first_batch_of_cifar_has_a_thousand_test_images():
    if cifar10._there(cifar10.TRAIN[0]) is None:
        pytest.skip("the first batch is not there")
    data = Cifar10(part="first_batch").load(Sizes(900, 100, 1000), 0)
    assert data.train.y.bincount(minlength=10).min() > 80
    assert abs(float(data.train.x.mean())) < 0.3


@pytest.mark.parametrize(("make", "n"), [
    (lambda: ResNet((3, 224, 224), 1000, "18"), 11_689_512),
    (lambda: ResNet((3, 224, 224), 1000, "50"), 25_557_032),
    (lambda: ResNet((3, 32, 32), 10, "32"), 464_154),
    (lambda: VGG16((3, 224, 224), 1000), 138_365_992),
    (lambda: VGG16((3, 224, 224), 1000, batch_norm=False), 138_357_544),
])  # fmt: skip
def test_networks_have_the_published_number_of_weights(make, n):
    with torch.device("meta"):
        model = make()
    assert sum(p.numel() for p in model.parameters()) == n
    relus = [m for m in model.modules() if isinstance(m, nn.ReLU)]
    assert len(set(map(id, relus))) == len(relus)
    assert not any(m.inplace for m in relus)


@pytest.mark.parametrize(("depth", "stem"), [("18", "small"), ("18", "wide"), ("32", "small"), ("50", "wide")])
def test_residual_networks_read_images_and_a_block_is_its_sum(depth, stem):
    model = ResNet((3, 32, 32), 5, depth, stem).eval()
    x = torch.rand(2, 3, 32, 32)
    assert model(x).shape == (2, 5)
    block = next(m for m in model.modules() if type(m).__name__ == "Residual")
    y = torch.rand(1, next(iter(block.inner)).in_channels, 8, 8)
    torch.testing.assert_close(block(y), (block.inner(y) + block.shortcut(y)).clamp_min(0))
    with pytest.raises(InvalidInput, match="channels"):
        model(x[:, :1])
    with pytest.raises(UnknownName, match="depth"):
        ResNet((3, 32, 32), 5, "34")


def test_a_shortcut_without_weights_halves_and_fills_up():
    model = ResNet((3, 32, 32), 5, "32")
    cut = next(m for m in model.modules() if type(m).__name__ == "Shortcut")
    y = torch.rand(1, 16, 4, 4)
    out = cut(y)
    assert out.shape == (1, 32, 2, 2)
    assert torch.equal(out[:, 8:24], y[:, :, ::2, ::2])
    assert out[:, :8].abs().sum() == out[:, 24:].abs().sum() == 0


def test_vgg_reads_small_images_and_refuses_what_it_cannot_halve_five_times():
    with torch.device("meta"):
        model = VGG16((3, 32, 32), 260, head="birds")
        assert model(torch.empty(2, 3, 32, 32)).shape == (2, 260)
    assert [m.out_features for m in model.dense if isinstance(m, nn.Linear)] == [4048, 2048, 260]
    for bad in ({"shape": (3, 16, 16)}, {"shape": (3, 32, 32), "head": "other"}):
        with pytest.raises(InvalidInput, match="32 or more"):
            VGG16(**bad)
