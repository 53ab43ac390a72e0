"""Read MNIST digits as series."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from tsinterp_lib import checks
from tsinterp_lib.datasets import _download
from tsinterp_lib.datasets._split import check_enough, stratified_order
from tsinterp_lib.datasets.planted import DTYPES
from tsinterp_lib.errors import DataUnavailable
from tsinterp_lib.registry import known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

MEAN, STD = 0.1307, 0.3081
SIDE = 28
TRAIN = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
TEST = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")

REMOTE = _download.Remote(
    "mnist",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    {
        TRAIN[0]: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        TRAIN[1]: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        TEST[0]: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        TEST[1]: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
)


def available() -> bool:
    """Say whether the four files lie ready and intact; asks no network."""
    return _download.available(REMOTE)


@dataclass(frozen=True)
class MnistRows(DatasetSource):
    r"""Reads the handwritten digits of :cite:p:`lecun1998` as series, ten classes.

    .. math:: x = (p / 255 - 0.1307) / 0.3081

    for pixels p. ``layout="multivariate"``: T = F = 28, one row of the image per time step (``time="rows"``), or one
    column (``time="columns"``, as in the authors' code of :cite:p:`ismail2020`). ``layout="univariate"``: T = 784,
    F = 1, the pixels in the order of those time steps. Training and validation samples come from the 60,000 published
    training digits, test samples from the 10,000 published test digits, drawn by the seed with every class in its
    share; the number of validation samples does not change the training split. ``test="published"`` takes the first
    test digits in their published order instead, whatever the seed. No importance is known.

    The files are looked for in ``$TSINTERP_DATA/mnist``, then in the cache, then downloaded, always verified. Raises
    ``DataUnavailable`` with what to put where, ``InvalidInput`` where more digits are asked for than there are,
    ``UnknownName`` for an option that does not exist, ``MemoryBudgetExceeded`` before allocating too much.
    """

    layout: str = "multivariate"
    time: str = "rows"
    dtype: str = "float32"
    test: str = "drawn"

    def __post_init__(self) -> None:
        known(self.layout, ("multivariate", "univariate"), "layout of mnist_rows")
        known(self.time, ("rows", "columns"), "time axis of mnist_rows")
        known(self.test, ("drawn", "published"), "order of the test digits of mnist_rows")
        known(self.dtype, DTYPES, "dtype")

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        check_enough(sizes.train + sizes.validation, 60_000, "mnist_rows (training and validation)")
        check_enough(sizes.test, 10_000, "mnist_rows (test)")
        total = sizes.train + sizes.validation + sizes.test
        checks.check_memory(70_000 * SIDE**2 + total * SIDE**2 * 3 * DTYPES[self.dtype].itemsize, f"{total} digits")
        files = _download.fetch(REMOTE)
        images, labels = (read_idx(files[name]) for name in TRAIN)
        order = stratified_order(labels, seed_from("mnist_rows", seed, "train"))
        train = self._samples(images, labels, order[: sizes.train])
        validation = self._samples(images, labels, order[len(order) - sizes.validation :])
        images, labels = (read_idx(files[name]) for name in TEST)
        drawn = self.test == "drawn"
        order = stratified_order(labels, seed_from("mnist_rows", seed, "test")) if drawn else np.arange(len(labels))
        test = self._samples(images, labels, order[: sizes.test])
        return Dataset("mnist_rows", train, validation, test, n_classes=10, feature_names=self._names())

    def _samples(
        self, images: UInt8[np.ndarray, "M 28 28"], labels: UInt8[np.ndarray, "M"], index: Int[np.ndarray, "N"]
    ) -> Samples:
        chosen = images[index] if self.time == "rows" else images[index].swapaxes(1, 2)
        x: Tensor = torch.from_numpy(np.ascontiguousarray(chosen)).to(DTYPES[self.dtype])
        x = x.div_(255).sub_(MEAN).div_(STD)
        x = x if self.layout == "multivariate" else x.reshape(len(x), SIDE * SIDE, 1)
        return Samples(x, torch.from_numpy(labels[index].astype(np.int64)))

    def _names(self) -> tuple[str, ...]:
        if self.layout == "univariate":
            return ("intensity",)
        across = "column" if self.time == "rows" else "row"
        return tuple(f"{across} {f}" for f in range(SIDE))


def read_idx(path: Path) -> UInt8[np.ndarray, "..."]:
    """Return the array of a gzipped idx file of bytes: two zeros, type 8, the number of axes, their sizes, the values.

    Raises :class:`DataUnavailable` where the header or the length is not that of such a file.
    """
    raw = gzip.decompress(path.read_bytes())
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08" or len(raw) < 4 + 4 * raw[3]:
        raise DataUnavailable(f"{path} is no idx file of bytes (it starts with {raw[:4]!r}): fetch it again.")
    shape = tuple(int(size) for size in np.frombuffer(raw, ">i4", count=raw[3], offset=4))
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3])
    if values.size != np.prod(shape, dtype=np.int64):
        raise DataUnavailable(f"{path} holds {values.size} values; its header says {shape}: fetch it again.")
    return values.reshape(shape)
