"""Handwritten digits as images."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tsinterp_lib.axes import IMAGE
from tsinterp_lib.datasets.digits_rows import DigitsRows
from tsinterp_lib.datasets.mnist_rows import MnistRows
from tsinterp_lib.registry import known
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

SOURCES = ("mnist", "scikit_learn")


@dataclass(frozen=True)
class DigitImages(DatasetSource):
    """Reads handwritten digits as images: axes channel (one), row, column; ten classes.

    ``source="mnist"`` (default): the 28 × 28 digits of :cite:t:`lecun1998`, normalised and drawn as those of
    :class:`~tsinterp_lib.datasets.mnist_rows.MnistRows`; ``"scikit_learn"``: the 8 × 8 digits of
    :cite:t:`pedregosa2011`, those of :class:`~tsinterp_lib.datasets.digits_rows.DigitsRows`, without a download.
    Raises ``UnknownName`` for another source, and what the source raises.
    """

    source: str = "mnist"
    dtype: str = "float32"

    def __post_init__(self) -> None:
        known(self.source, SOURCES, "source of digit_images")

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        rows = (MnistRows if self.source == "mnist" else DigitsRows)(dtype=self.dtype).load(sizes, seed)

        def image(samples: Samples) -> Samples:
            return Samples(samples.x[:, None], samples.y, axes=IMAGE)

        train, validation, test = (image(samples) for samples in (rows.train, rows.validation, rows.test))
        return replace(rows, name="digit_images", feature_names=(), train=train, validation=validation, test=test)
