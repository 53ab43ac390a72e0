"""MNIST and the files it comes from: found, verified, downloaded, refused."""

import errno
import gzip
import hashlib
import os
import struct
from contextlib import contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pooch
import pytest
import torch

from tsinterp_lib import paths
from tsinterp_lib.datasets import MnistRows, _download, mnist_rows
from tsinterp_lib.errors import DataUnavailable, InvalidInput, MemoryBudgetExceeded, UnknownName
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.types import Sizes

GIVEN = os.environ.get("TSINTERP_DATA", "")
NOWHERE = "http://127.0.0.1:9/"  # the discard port: nobody answers


@pytest.fixture(autouse=True)
def _empty_places(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TSINTERP_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def remote_of(files, *mirrors):
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return _download.Remote("toy", mirrors, digests, timeout=5.0)


@contextmanager
def serving(folder):
    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


FILES = {"a.gz": b"first", "b.gz": b"second file"}


def test_files_in_the_readers_folder_are_used_without_a_network(tmp_path, monkeypatch):
    remote = remote_of(FILES, NOWHERE)
    assert not _download.available(remote)
    write(tmp_path / "mine" / "toy", FILES)
    monkeypatch.setenv("TSINTERP_DATA", str(tmp_path / "mine"))
    assert _download.available(remote)
    assert {name: path.read_bytes() for name, path in _download.fetch(remote).items()} == FILES
    assert not paths.cache().exists()


def test_missing_files_are_downloaded_once_from_the_first_mirror_that_has_them(tmp_path):
    with serving(write(tmp_path / "mirror", FILES)) as url:
        remote = remote_of(FILES, NOWHERE, url)
        assert {name: path.read_bytes() for name, path in _download.fetch(remote).items()} == FILES
    assert _download.available(remote)
    assert set(_download.fetch(remote)) == set(FILES)  # the mirror is gone: nothing is asked for again
    assert sorted(p.name for p in paths.downloads("toy").iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    ("limits", "said"), [({"most_bytes": 5}, "more than the 5 bytes"), ({"patience": 0.0}, "in 0 s, the most")]
)
def test_a_mirror_that_sends_too_much_or_for_too_long_is_given_up(tmp_path, limits, said):
    with serving(write(tmp_path / "mirror", {"a.gz": b"first" * 10})) as url:
        remote = replace(remote_of({"a.gz": b"first" * 10}, url), **limits)
        with pytest.raises(DataUnavailable, match=f"was given up.*{said}"):
            _download.fetch(remote)
    assert list(paths.downloads("toy").iterdir()) == []


def test_downloads_can_be_read_by_others(tmp_path):
    (tmp_path / "plain").write_text("")
    with serving(write(tmp_path / "mirror", FILES)) as url:
        files = _download.fetch(remote_of(FILES, url))
    assert files["a.gz"].stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_unreachable_network_is_answered_with_what_to_put_where():
    remote = remote_of(FILES, NOWHERE)
    with pytest.raises(DataUnavailable) as caught:
        _download.fetch(remote)
    message = str(caught.value)
    for part in (NOWHERE, str(paths.downloads("toy")), "TSINTERP_DATA", *FILES, *remote.sha256.values()):
        assert part in message


def test_a_truncated_download_is_refused_and_kept_aside(tmp_path):
    with serving(write(tmp_path / "mirror", {"a.gz": b"fir", "b.gz": b""})) as url:
        remote = remote_of(FILES, url)
        for _ in range(2):
            with pytest.raises(DataUnavailable, match=r"sent 3 bytes that are not the published file.*moved to"):
                _download.fetch(remote)
    kept = sorted(p.name for p in paths.downloads("toy").iterdir())
    assert kept == ["a.gz.corrupt", "a.gz.corrupt-1"]
    assert (paths.downloads("toy") / "a.gz.corrupt").read_bytes() == b"fir"
    assert not _download.available(remote)


def test_a_corrupted_file_in_the_cache_is_moved_aside_and_downloaded_again(tmp_path):
    write(paths.downloads("toy"), {"a.gz": b"f1rst", "b.gz": b"second file"})
    with serving(write(tmp_path / "mirror", FILES)) as url:
        files = _download.fetch(remote_of(FILES, url))
    assert files["a.gz"].read_bytes() == b"first"
    assert (paths.downloads("toy") / "a.gz.corrupt").read_bytes() == b"f1rst"


def test_a_corrupted_file_in_the_readers_folder_is_named_and_left_alone(tmp_path, monkeypatch):
    folder = write(tmp_path / "mine" / "toy", {"a.gz": b"f1rst", "b.gz": b"second file"})
    monkeypatch.setenv("TSINTERP_DATA", str(tmp_path / "mine"))
    with pytest.raises(DataUnavailable, match=r"a\.gz is not the published file"):
        _download.fetch(remote_of(FILES, NOWHERE))
    assert (folder / "a.gz").read_bytes() == b"f1rst"
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)


def test_a_full_disk_is_said_to_be_full(monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pooch, "retrieve", full)
    with pytest.raises(DataUnavailable, match=r"disk is full at .*TSINTERP_CACHE"):
        _download.fetch(remote_of(FILES, NOWHERE))


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataUnavailable, match="cannot be written"):
        _download.fetch(remote_of(FILES, NOWHERE))


def idx(values):
    header = b"\x00\x00\x08" + bytes([values.ndim]) + struct.pack(f">{values.ndim}i", *values.shape)
    return gzip.compress(header + values.tobytes())


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    """Forty training and twenty test images whose pixels are told apart by row, column and image."""
    rng = np.random.default_rng(0)
    arrays = {}
    for n, (images, labels) in ((40, mnist_rows.TRAIN), (20, mnist_rows.TEST)):
        arrays[images] = rng.integers(0, 256, (n, 28, 28)).astype(np.uint8)
        arrays[labels] = np.repeat(np.arange(10), n // 10).astype(np.uint8)
    files = {name: idx(values) for name, values in arrays.items()}
    write(tmp_path / "mine" / "mnist", files)
    monkeypatch.setenv("TSINTERP_DATA", str(tmp_path / "mine"))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(mnist_rows, "REMOTE", _download.Remote("mnist", (NOWHERE,), digests))
    return arrays


def test_mnist_is_read_normalised_and_split_by_class(small_mnist):
    assert mnist_rows.available()
    d = build("dataset", Choice("mnist_rows", {"dtype": "float64"})).load(Sizes(20, 10, 20), 3)
    assert (d.n_classes, d.n_steps, d.n_features, d.feature_names[27]) == (10, 28, 28, "column 27")
    assert [torch.bincount(s.y).tolist() for s in (d.train, d.validation, d.test)] == [[2] * 10, [1] * 10, [2] * 10]
    images, labels = (small_mnist[name] for name in mnist_rows.TRAIN)
    known = {((i / 255 - 0.1307) / 0.3081).round(9).tobytes(): y for i, y in zip(images, labels, strict=True)}
    assert all(known[x.numpy().round(9).tobytes()] == y for x, y in zip(d.train.x, d.train.y, strict=True))


def test_mnist_reads_by_rows_by_columns_or_pixel_by_pixel(small_mnist):
    sizes = Sizes(6, 5, 4)
    rows = MnistRows().load(sizes, 3)
    columns = MnistRows(time="columns").load(sizes, 3)
    pixels = MnistRows(layout="univariate").load(sizes, 3)
    by_column = MnistRows(layout="univariate", time="columns").load(sizes, 3)
    assert torch.equal(columns.train.x, rows.train.x.transpose(1, 2))
    assert pixels.train.x.shape == (6, 784, 1)
    assert torch.equal(pixels.test.x, rows.test.x.reshape(4, 784, 1))
    assert torch.equal(by_column.test.x, columns.test.x.reshape(4, 784, 1))
    assert columns.feature_names[0] == "row 0"
    assert pixels.feature_names == ("intensity",)


def test_the_number_of_validation_digits_changes_no_other_split(small_mnist):
    a, b = (MnistRows().load(Sizes(12, n, 8), 3) for n in (4, 20))
    assert torch.equal(a.train.x, b.train.x)
    assert torch.equal(a.test.x, b.test.x)


def test_mnist_refuses_what_it_does_not_have():
    with pytest.raises(InvalidInput, match="60000 samples; 60001"):
        MnistRows().load(Sizes(60_000, 1, 1), 0)
    with pytest.raises(InvalidInput, match="10000 samples; 10001"):
        MnistRows().load(Sizes(1, 1, 10_001), 0)
    with pytest.raises(UnknownName, match="Did you mean 'univariate'"):
        MnistRows(layout="univariat")
    with pytest.raises(UnknownName, match="rows"):
        MnistRows(time="row")


def test_mnist_asks_for_its_memory_first(monkeypatch):
    def none_left(n_bytes, what):
        raise MemoryBudgetExceeded(what)

    monkeypatch.setattr("tsinterp_lib.checks.check_memory", none_left)
    with pytest.raises(MemoryBudgetExceeded, match="70000 digits"):
        MnistRows().load(Sizes(55_000, 5_000, 10_000), 0)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x00\x09\x01\x00\x00\x00\x01\x01", b"\x00\x00\x08\x01\x00\x00\x00\x05ab"]
)
def test_a_file_that_is_no_idx_file_is_refused(tmp_path, content):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(DataUnavailable, match="fetch it again"):
        mnist_rows.read_idx(path)


def test_the_published_mnist_has_its_published_mean_spread_and_classes(monkeypatch):
    monkeypatch.setenv("TSINTERP_DATA", GIVEN)
    if not mnist_rows.available():
        pytest.skip("set TSINTERP_DATA to a folder with the four files of MNIST in mnist/")
    d = MnistRows().load(Sizes(59_000, 1_000, 10_000), 0)
    assert abs(d.train.x.mean()) < 2e-3
    assert abs(d.train.x.std() - 1) < 2e-3
    counts = torch.bincount(d.train.y) + torch.bincount(d.validation.y)
    assert counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert torch.bincount(d.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
