"""See a series as an image with a static network, for comparison with those that read it step by step."""

from __future__ import annotations

import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._network import Network

SMALLEST = 6
"""Rows and columns that leave one cell after two 3 × 3 convolutions and a 2 × 2 pooling."""


class CNN(Network):
    r"""Convolves the series as an image :cite:p:`lecun1998`, the static network of the benchmark :cite:p:`ismail2020`.

    .. math:: f(x) = W_2\,r(W_1 \operatorname{vec}(\operatorname{pool}_{2 \times 2}(r(K_2 * r(K_1 * x)))) + b_1) + b_2

    with r the ReLU and :math:`K_1, K_2` kernels of 3 × 3 cells without padding, from 1 to ``n_channels`` (32) and to
    twice as many channels; ``hidden_size`` (128) rows in :math:`W_1`. The series (N, T, F) is one grey image of T rows
    and F columns: neighbouring features are neighbours too, which no other network of the library knows. Dropout
    ``dropout`` (0.25) after the pooling and twice as much before the last layer, as released. 1,199,882 parameters at
    T = F = 28 and ten classes. ``side``: fold the series into an image of so many rows and columns first, so that a
    series of one or two features is seen as the image it was (default None: rows are steps). Departure: images of fewer
    than six rows or columns, which the released network does not take, are filled up with zeros. Input (N, T, F),
    output (N, C).
    Raises :class:`~tsinterp_lib.errors.InvalidInput` on other shapes, or a ``side`` that does not fit.
    """

    def __init__(
        self,
        n_steps: int,
        n_features: int,
        n_classes: int = 2,
        output: str = "logits",
        n_channels: int = 32,
        hidden_size: int = 128,
        dropout: float = 0.25,
        side: int | None = None,
    ) -> None:
        super().__init__(n_steps, n_features, n_classes, output)
        if side is not None and side**2 != n_steps * n_features:
            raise InvalidInput(
                f"`side` is {side}; a series has {n_steps} × {n_features} cells: give the root of their number."
            )
        self.shape = (n_steps, n_features) if side is None else (side, side)
        rows, columns = ((max(size, SMALLEST) - 4) // 2 for size in self.shape)
        self.conv1, self.relu1 = nn.Conv2d(1, n_channels, 3), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv2d(n_channels, 2 * n_channels, 3), nn.ReLU()
        self.pool, self.image_dropout = nn.MaxPool2d(2), FastDropout(dropout)
        self.dense, self.relu3 = nn.Linear(2 * n_channels * rows * columns, hidden_size), nn.ReLU()
        self.hidden_dropout = FastDropout(2 * dropout)
        self.head = nn.Linear(hidden_size, n_classes)

    def _logits(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        n_rows, n_columns = self.shape
        image = x.reshape(-1, 1, n_rows, n_columns)
        image = nnf.pad(image, (0, max(0, SMALLEST - n_columns), 0, max(0, SMALLEST - n_rows)))
        y = self.relu2(self.conv2(self.relu1(self.conv1(image))))
        y = self.relu3(self.dense(self.image_dropout(self.pool(y)).flatten(1)))
        logits: Tensor = self.head(self.hidden_dropout(y))
        return logits
