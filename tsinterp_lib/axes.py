"""Names for the axes of one sample: what is a step, a feature, a pixel, a frame or a word is said, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput

CELL = "cell"
"""The grouping in which every cell stands alone."""

LONG = ("time", "token", "frame")
"""The axes along which samples may be of several lengths, and may have a label at every place."""

PLANE = ("row", "column")
"""The axes of a picture, along which cells have neighbours."""


@dataclass(frozen=True, init=False)
class Axes:
    """Names the axes of one sample, in the order in which a batch has them behind its sample axis.

    ``Axes("time", "feature")`` is a series, ``Axes("channel", "row", "column")`` an image,
    ``Axes("frame", "channel", "row", "column")`` a clip, ``Axes("token", "embedding")`` a text.
    Raises :class:`InvalidInput` for no name, one that is empty, given twice or holds a ``+``, and for no string.
    """

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        if not all(isinstance(name, str) for name in names):
            raise InvalidInput(
                f"axes are named {names}: give each name as a string of its own, Axes('time', 'feature')."
            )
        if any("+" in name for name in names):
            raise InvalidInput(
                f"axes are named {names}: + joins axes into groups, as 'row+column'; choose other names."
            )
        if not names or not all(names) or len(set(names)) != len(names) or {"sample", CELL} & set(names):
            raise InvalidInput(f"axes are named {names}: give each axis of one sample one name of its own.")
        object.__setattr__(self, "names", names)

    def __str__(self) -> str:
        return ", ".join(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def dim(self, name: str) -> int:
        """Return the dimension of an axis in a batch, whose first dimension is the samples; raises for a name not
        there.
        """
        if name not in self.names:
            raise InvalidInput(f"there is no axis {name!r}: the axes are {self}.")
        return 1 + self.names.index(name)

    def long(self, what: str) -> int:
        """Return the dimension of the axis time, token or frame in a batch; raises, with the name of ``what``, without
        one.
        """
        for name in LONG:
            if name in self.names:
                return self.dim(name)
        raise InvalidInput(
            f"`{what}` goes along an axis time, token or frame; the axes are {self}: leave it out, or name the axis so."
        )

    def neighbours(self, what: str) -> tuple[int, ...]:
        """Return the dimensions along which cells have neighbours: rows and columns, else time, token or frame.

        Raises, with the name of ``what``, where there is neither.
        """
        if all(name in self.names for name in PLANE):
            return tuple(self.dim(name) for name in PLANE)
        if not any(name in self.names for name in LONG):
            raise InvalidInput(
                f"`{what}` asks for neighbours on rows and columns, or along time, token or frame; the axes are "
                f"{self}: choose another, or name the axes so."
            )
        return (self.long(what),)

    def need(self, names: tuple[str, ...], method: str) -> None:
        """Raise :class:`InvalidInput`, with the name of ``method``, unless the axes are exactly ``names`` in order."""
        if self.names != names:
            raise InvalidInput(
                f"{method} takes the axes {', '.join(names)}; this input has {self}: choose a method that takes them."
            )

    def check(self, shape: tuple[int, ...] | torch.Size, name: str = "x") -> None:
        """Raise :class:`InvalidInput` unless a batch of this shape has one dimension per axis, after the samples."""
        if len(shape) != 1 + len(self.names):
            raise InvalidInput(
                f"`{name}` has shape {tuple(shape)}; it wants the axes (sample, {self}): add a batch "
                f"axis with {name}[None], or another with {name}[..., None], or say what the axes are, "
                "e.g. Axes('channel', 'row', 'column')."
            )

    def groups(self, kind: str, shape: tuple[int, ...] | torch.Size) -> Int[Tensor, "*axes"]:
        """Return the number of the group of each cell of one sample of ``shape``, the groups counted in the order of
        cells.

        ``kind`` is ``cell`` (every cell is a group), the name of an axis (cells with the same place on it are one
        group), or several names joined by ``+`` (``row+column``: one pixel of all channels).
        """
        if kind == CELL:
            return torch.arange(int(torch.Size(shape).numel())).view(*shape)
        wanted = kind.split("+")
        for name in wanted:
            self.dim(name)
        groups = torch.zeros((), dtype=torch.long)
        for at, name in enumerate(self.names):
            if name in wanted:
                place = torch.arange(shape[at]).view(-1, *[1] * (len(shape) - at - 1))
                groups = groups * shape[at] + place
        return groups.expand(*shape).contiguous()


SERIES = Axes("time", "feature")
IMAGE = Axes("channel", "row", "column")
CLIP = Axes("frame", "channel", "row", "column")
TEXT = Axes("token", "embedding")
