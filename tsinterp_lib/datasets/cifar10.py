"""CIFAR-10, from the official binary files."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from tsinterp_lib import checks, paths
from tsinterp_lib.axes import IMAGE
from tsinterp_lib.datasets import _download
from tsinterp_lib.datasets._split import check_enough, stratified_order
from tsinterp_lib.datasets.image_folder import normalised
from tsinterp_lib.errors import DataUnavailable
from tsinterp_lib.registry import known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

RECORD = 1 + 3 * 32 * 32
ARCHIVE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"
TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = "test_batch.bin"
SHORT_TEST = "test_batch.first1000.bin"
OFFICIAL = _download.Remote(
    "cifar10",
    ("https://www.cs.toronto.edu/~kriz/",),
    {ARCHIVE: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
)
DIGESTS = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    TEST: "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    SHORT_TEST: "8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5",
}
"""Digests of the files in the archive, and of the first thousand records of the test file."""

PARTS = ("whole", "first_batch")


@dataclass(frozen=True)
class Cifar10(DatasetSource):
    r"""Reads the photographs of :cite:p:`krizhevsky2009`: axes channel, row, column (3 × 32 × 32), ten classes.

    .. math:: x = (p / 255 - \mu_c) / \sigma_c

    for pixels p, with ImageNet's :math:`\mu, \sigma`, as the code of guided training has it. ``part="whole"`` (default)
    takes the official binary version: the archive, or its unpacked files, from ``$TSINTERP_DATA/cifar10``, the cache or
    the official site, always verified; 50,000 training and 10,000 test images. ``"first_batch"`` takes the first
    training file (10,000 images) and, where the test file is not there, its first 1,000 records; it downloads nothing.
    Validation images come from the end of the drawn training order; every class keeps its share.

    Raises ``DataUnavailable`` with what to put where, or where a file is cut short; ``InvalidInput`` where more images
    are asked for than there are; ``UnknownName`` for another part.
    """

    part: str = "whole"

    def __post_init__(self) -> None:
        known(self.part, PARTS, "part of cifar10")

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        checks.check_memory(60_000 * RECORD + 5 * RECORD * (sizes.train + sizes.validation + sizes.test), "CIFAR-10")
        train, test = whole() if self.part == "whole" else first_batch()
        check_enough(sizes.train + sizes.validation, len(train), "cifar10 (training and validation)")
        check_enough(sizes.test, len(test), "cifar10 (test)")
        order = stratified_order(train[:, 0].astype(np.int64), seed_from("cifar10", seed, "train"))
        late = stratified_order(test[:, 0].astype(np.int64), seed_from("cifar10", seed, "test"))
        validation = samples(train[order[len(order) - sizes.validation :]])
        splits = samples(train[order[: sizes.train]]), validation, samples(test[late[: sizes.test]])
        return Dataset("cifar10", *splits, n_classes=10, feature_names=())


def samples(records: UInt8[np.ndarray, "N 3073"]) -> Samples:
    """Records as samples: the label, then red, green and blue, row by row."""
    x = normalised(np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32))
    return Samples(x, torch.from_numpy(records[:, 0].astype(np.int64)), axes=IMAGE)


def records_of(content: bytes, name: str) -> UInt8[np.ndarray, "N 3073"]:
    """Return the records of a binary file; raises :class:`DataUnavailable` where it is cut short or a label is above
    nine.
    """
    if not content or len(content) % RECORD:
        raise DataUnavailable(f"{name} has {len(content)} bytes, no multiple of {RECORD}: fetch it again.")
    found = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    if found[:, 0].max() > 9:
        raise DataUnavailable(f"{name} has the label {found[:, 0].max()}: it is no CIFAR-10 file; fetch it again.")
    return found


def whole() -> tuple[np.ndarray, np.ndarray]:
    """Return all training and test records, from unpacked files that are there, else from the archive."""
    paths_there = [_there(name) for name in (*TRAIN, TEST)]
    if all(path is not None for path in paths_there):
        parts = [records_of(path.read_bytes(), path.name) for path in paths_there if path is not None]
    else:
        with tarfile.open(_download.fetch(OFFICIAL)[ARCHIVE], "r:gz") as archive:
            parts = [records_of(_member(archive, f"{FOLDER}/{name}"), name) for name in (*TRAIN, TEST)]
    return np.concatenate(parts[:-1]), parts[-1]


def first_batch() -> tuple[np.ndarray, np.ndarray]:
    """Return the first training file, and the test file or its first thousand records; raises where they are not
    there.
    """
    train, test = _there(TRAIN[0]), _there(TEST) or _there(SHORT_TEST)
    if train is None or test is None:
        raise DataUnavailable(
            f"{TRAIN[0]} and {TEST} or {SHORT_TEST} are not available, or not the published files: put them into "
            "cifar10/ of a folder that TSINTERP_DATA names, or choose part 'whole', which downloads them."
        )
    return records_of(train.read_bytes(), train.name), records_of(test.read_bytes(), test.name)


def _there(name: str) -> Path | None:
    """Return a file of the binary version in the reader's folder or the cache, where it is whole."""
    for folder in (paths.data("cifar10"), paths.downloads("cifar10")):
        for path in (folder / name, folder / FOLDER / name) if folder is not None else ():
            if path.is_file() and _download.digest(path) == DIGESTS[name]:
                return path
    return None


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    return (file or io.BytesIO()).read()
