"""View one digit four ways: the same pixels as an image or as a series of many, two or one features."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.datasets.digits_rows import DigitsRows
from tsinterp_lib.datasets.mnist_rows import MnistRows
from tsinterp_lib.datasets.planted import DTYPES
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

SOURCES = ("mnist", "scikit_learn")
VIEWS = {"multivariate": 0, "bivariate": 2, "univariate": 1}
"""Features per time step; 0 stands for a whole column of the image."""


@dataclass(frozen=True)
class DigitViews(DatasetSource):
    r"""Shows handwritten digits :cite:p:`lecun1998` in the views compared by :cite:t:`ismail2020`, ten classes.

    .. math:: x_{tf} = p_{j i}, \qquad t F + f = i S + j

    for the pixel in row j, column i of an image of S × S: a column per time step, as in the authors' code, read from
    top to bottom. ``view="multivariate"``: T = F = S, one column per step; to a network that convolves over both axes
    it is the image. ``"bivariate"``: T = S²/2, F = 2, two neighbours of a column per step. ``"univariate"``: T = S²,
    F = 1. The pixels and their order are the same in all views.

    ``source="mnist"``: S = 28, normalised as in :class:`MnistRows`, the test digits in their published order, so that
    the first of each class are those the papers show. ``"scikit_learn"``: the 8 × 8 digits of
    :cite:t:`pedregosa2011` in [0, 1], without a download. ``pool`` (default 1) averages blocks of that many pixels
    each way, so that long views can be trained: 2 turns 784 steps into 196. The importance is not known.

    Raises ``UnknownName`` for an option that does not exist, ``InvalidInput`` where ``pool`` does not divide S, and
    what the source raises.
    """

    source: str = "mnist"
    view: str = "multivariate"
    pool: int = 1
    dtype: str = "float32"

    def __post_init__(self) -> None:
        known(self.source, SOURCES, "source of digit_views")
        known(self.view, VIEWS, "view of digit_views")
        known(self.dtype, DTYPES, "dtype")
        side = 28 if self.source == "mnist" else 8
        if self.pool < 1 or side % self.pool or (self.view == "bivariate" and side // self.pool % 2):
            raise InvalidInput(
                f"`pool` is {self.pool}: it must divide the {side} pixels of a side, and leave an even number of them "
                "to a bivariate series."
            )

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        data = self._source().load(sizes, seed)
        side = data.n_steps // self.pool
        n_features = VIEWS[self.view] or side
        train, validation, test = (
            Samples(self._seen(s.x, side), s.y) for s in (data.train, data.validation, data.test)
        )
        name = "row" if n_features == side else "pixel"
        names = tuple(f"{name} {f}" for f in range(n_features))
        return Dataset("digit_views", train, validation, test, data.n_classes, names)

    def _source(self) -> DatasetSource:
        if self.source == "mnist":
            return MnistRows(time="columns", test="published", dtype=self.dtype)
        return DigitsRows(dtype=self.dtype)

    def _seen(self, x: Float[Tensor, "N S S"], side: int) -> Float[Tensor, "N T F"]:
        columns = x if self.source == "mnist" else x.transpose(1, 2)
        pooled = nnf.avg_pool2d(columns[:, None], self.pool)[:, 0] if self.pool > 1 else columns
        return pooled.reshape(len(x), -1, VIEWS[self.view] or side).contiguous()


def as_image(series: Float[Tensor, "N T F"]) -> Float[Tensor, "N S S"]:
    """Return a view, or a map of it, folded back into images: rows of pixels first, as they are printed.

    Raises :class:`InvalidInput` where T·F is no square.
    """
    n, cells = len(series), series[0].numel()
    side = round(cells**0.5)
    if side * side != cells:
        raise InvalidInput(f"the series has {cells} cells: an image of S × S pixels has a square number of them.")
    return series.reshape(n, side, side).transpose(1, 2)
