"""VGG-16, with and without batch norm."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.axes import IMAGE
from tsinterp_lib.errors import InvalidInput

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
HEADS = {"published": (4096, 4096, 0.5), "birds": (4048, 2048, 0.4)}
"""Rows of the two hidden layers and the dropout after each: as published, and as guided training has it on birds."""


class VGG16(nn.Module):
    r"""Reads images with thirteen 3 × 3 convolutions, five maxima and three dense layers :cite:p:`simonyan2015`.

    ``batch_norm`` (default True) after each convolution: 138,365,992 weights at 1000 classes, 138,357,544 without.
    ``head``: ``published`` (4096, 4096, dropout 0.5), or ``birds`` (4048, 2048, dropout 0.4), which guided training
    puts in its place :cite:p:`ismail2021`. Images of other sizes than 224 are averaged to 7 × 7 cells before the dense
    layers. Every ReLU is a module of its own. Weights start as torch draws them: no pretrained weights are fetched.
    Input (N, C, H, W) of 32 pixels or more a side, output (N, classes), logits. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` for another shape or head.
    """

    axes = IMAGE
    output = "logits"

    def __init__(
        self, shape: tuple[int, ...], n_classes: int = 10, batch_norm: bool = True, head: str = "published"
    ) -> None:
        super().__init__()
        if len(shape) != 3 or min(shape[1:]) < 32 or head not in HEADS:
            raise InvalidInput(
                f"`shape` is {shape} and `head` {head!r}: give channels, rows and columns of 32 or more, and "
                f"{' or '.join(map(repr, HEADS))}."
            )
        self.shape, self.n_classes = shape, n_classes
        layers: list[nn.Module] = []
        n = shape[0]
        for width, count in STAGES:
            for _ in range(count):
                layers.append(nn.Conv2d(n, width, 3, padding=1))
                layers += [nn.BatchNorm2d(width)] if batch_norm else []
                layers.append(nn.ReLU())
                n = width
            layers.append(nn.MaxPool2d(2))
        first, second, dropout = HEADS[head]
        self.body, self.pool = nn.Sequential(*layers), nn.AdaptiveAvgPool2d(7)
        self.dense = nn.Sequential(
            nn.Linear(49 * n, first), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(first, second), nn.ReLU(), nn.Dropout(dropout), nn.Linear(second, n_classes),
        )  # fmt: skip

    def forward(self, x: Float[Tensor, "N channel row column"]) -> Float[Tensor, "N C"]:
        """Logits of the classes; raises :class:`InvalidInput` for another number of channels."""
        if x.shape[1] != self.shape[0]:
            raise InvalidInput(f"`x` has {x.shape[1]} channels; the network takes {self.shape[0]}.")
        logits: Tensor = self.dense(self.pool(self.body(x)).flatten(1))
        return logits
