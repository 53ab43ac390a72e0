"""Residual networks of images: ResNet-18, ResNet-32 of small images, ResNet-50."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.axes import IMAGE
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known

DEPTHS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "18": ((64, 128, 256, 512), (2, 2, 2, 2)),
    "32": ((16, 32, 64), (5, 5, 5)),
    "50": ((64, 128, 256, 512), (3, 4, 6, 3)),
}
"""Widths of the stages, and blocks in each."""


class Shortcut(nn.Module):
    """Halves an image and fills up new channels with zeros: a shortcut without weights."""

    def __init__(self, n_out: int, stride: int) -> None:
        super().__init__()
        self.n_out, self.stride = n_out, stride

    def forward(self, x: Float[Tensor, "N c h w"]) -> Float[Tensor, "N d i j"]:
        """Return every other pixel, with as many empty channels on both sides."""
        more = self.n_out - x.shape[1]
        return nnf.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, more // 2, more - more // 2))


class Residual(nn.Module):
    """Adds to its input what two 3 × 3 convolutions make of it, or three with a narrow middle (``bottleneck``)."""

    def __init__(self, n_in: int, width: int, stride: int, bottleneck: bool, plain: bool) -> None:
        super().__init__()
        n_out = 4 * width if bottleneck else width
        shapes = [(n_in, width, 3, stride), (width, width, 3, 1)]
        if bottleneck:
            shapes = [(n_in, width, 1, 1), (width, width, 3, stride), (width, n_out, 1, 1)]
        layers: list[nn.Module] = []
        for k, (a, b, size, step) in enumerate(shapes):
            layers += [nn.Conv2d(a, b, size, stride=step, padding=size // 2, bias=False), nn.BatchNorm2d(b)]
            layers += [nn.ReLU()] if k + 1 < len(shapes) else []
        self.inner, self.relu = nn.Sequential(*layers), nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or n_in != n_out:
            convolved = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride=stride, bias=False), nn.BatchNorm2d(n_out))
            self.shortcut = Shortcut(n_out, stride) if plain else convolved

    def forward(self, x: Float[Tensor, "N c h w"]) -> Float[Tensor, "N d i j"]:
        """Return the sum, its negative part cut off."""
        out: Tensor = self.relu(self.inner(x) + self.shortcut(x))
        return out


class ResNet(nn.Module):
    r"""Reads images with a residual network :cite:p:`he2016`.

    .. math:: y_{l+1} = r\bigl(y_l + F_l(y_l)\bigr)

    ``depth``: ``18`` (11,689,512 weights at 1000 classes), ``50`` (25,557,032; the stride of a bottleneck is on its
    3 × 3 convolution, as in ROAR :cite:p:`hooker2019`), ``32`` of small images (464,154 at ten classes: three stages of
    16, 32 and 64 channels with shortcuts without weights, as guided training has it :cite:p:`ismail2021`). ``stem``:
    ``wide`` (7 × 7, stride 2, and a maximum) or ``small`` (3 × 3, stride 1; always that of depth 32). Every ReLU is a
    module of its own and changes nothing in place, so that it can be hooked. He's initialisation; in depth 50 the last
    scale of each block starts at zero and the head at deviation 0.01, as in ROAR. Input (N, C, H, W), logits.
    Raises :class:`~tsinterp_lib.errors.UnknownName` for another depth or stem, ``InvalidInput`` for another shape.
    """

    axes = IMAGE
    output = "logits"

    def __init__(self, shape: tuple[int, ...], n_classes: int = 10, depth: str = "18", stem: str = "wide") -> None:
        super().__init__()
        widths, blocks = DEPTHS[known(depth, DEPTHS, "depth of a ResNet")]
        known(stem, ("wide", "small"), "stem of a ResNet")
        if len(shape) != 3:
            raise InvalidInput(f"`shape` is {shape}: give channels, rows and columns.")
        self.shape, self.n_classes = shape, n_classes
        wide, bottleneck = stem == "wide" and depth != "32", depth == "50"
        n = widths[0]
        first = nn.Conv2d(shape[0], n, 7 if wide else 3, stride=2 if wide else 1, padding=3 if wide else 1, bias=False)
        layers: list[nn.Module] = [first, nn.BatchNorm2d(n), nn.ReLU()]
        layers += [nn.MaxPool2d(3, stride=2, padding=1)] if wide else []
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for block in range(count):
                stride = 2 if stage and not block else 1
                layers.append(Residual(n, width, stride, bottleneck, depth == "32"))
                n = 4 * width if bottleneck else width
        self.body, self.head = nn.Sequential(*layers), nn.Linear(n, n_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if bottleneck:
            nn.init.normal_(self.head.weight, 0.0, 0.01)
            for module in self.modules():
                if isinstance(module, Residual):
                    nn.init.zeros_(cast(nn.BatchNorm2d, module.inner[-1]).weight)

    def forward(self, x: Float[Tensor, "N channel row column"]) -> Float[Tensor, "N C"]:
        """Logits of the classes; raises :class:`InvalidInput` for another number of channels."""
        if x.shape[1] != self.shape[0]:
            raise InvalidInput(f"`x` has {x.shape[1]} channels; the network takes {self.shape[0]}.")
        logits: Tensor = self.head(torch.flatten(self.body(x).mean((2, 3)), 1))
        return logits
