"""Gradient methods on networks that start with a linear map, computed behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import torch
import torch.nn.functional as nnf
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Explainer, Line
from tsinterp_lib.explainers.tsr.copies import Copies
from tsinterp_lib.guard import passed
from tsinterp_lib.models._softmax import softmax

BLOCK = 64
"""Maps per block: 0.6 MB in float32 at 50 × 50, which stays in a core's second-level cache."""


@runtime_checkable
class LinearEntry(Protocol):
    """Describes a network that sees its input only through z = x W' + b, step by step."""

    output: str

    def entry(self) -> tuple[Float[Tensor, "G F"], Float[Tensor, "G"]]:
        """Return W and b."""

    def after_entry(self, z: Float[Tensor, "N T G"]) -> Float[Tensor, "N C"]:
        """Logits from z."""


class _AfterEntry(nn.Module):
    """Runs the network as a function of z."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Float[Tensor, "N T G"]) -> Float[Tensor, "N C"]:
        passed(self.model, len(z))
        model = cast(LinearEntry, self.model)
        logits = model.after_entry(z)
        return softmax(logits) if model.output == "probabilities" else logits


@dataclass(frozen=True, eq=False)
class LinearEntrySpace:
    r"""Computes maps of masked copies for a method that multiplies mean gradients over points on a line.

    With :math:`z = x W^\top + b` a gradient with respect to x is one with respect to z, times W; a line between two
    series is a line between their z; and a masked step changes one row of z. So copies, path and gradients live in
    the G columns of z, and one product per copy leads back. The same numbers as in the space of x, up to rounding.
    """

    line: Line
    after: nn.Module
    weight: Float[Tensor, "G F"]
    bias: Float[Tensor, "G"]
    z: Float[Tensor, "N T G"]
    z_of_b: Float[Tensor, "N T G"] | None
    rows: int
    """Copies that fill the memory of a batch of series."""

    @classmethod
    def of(
        cls, base: Explainer, model: nn.Module, x: Float[Tensor, "N T F"], batch_size: int
    ) -> LinearEntrySpace | None:
        """For ``base``, which knows the baseline of each of ``x``; None where method or network has no such form."""
        if not isinstance(model, LinearEntry) or not _says_so_itself(base):
            return None
        weight, bias = (v.detach() for v in model.entry())
        rows = max(1, batch_size * x.shape[2] // len(weight))
        line = base.on_a_line(model, x, rows)
        if line is None:
            return None
        z_of_b = None if line.baseline is None else nnf.linear(line.baseline, weight, bias)
        return cls(line, _AfterEntry(model), weight, bias, nnf.linear(x, weight, bias), z_of_b, rows)

    def maps(self, copies: Copies, target: Int[Tensor, "K"]) -> Iterator[tuple[slice, Float[Tensor, "k T F"]]]:
        """Return the maps of the copies, a block at a time."""
        z_of_b = None if self.z_of_b is None else self.z_of_b[copies.of]
        slopes = self.line.slopes(self.after, self._entered(copies), z_of_b, target)
        b = self.line.baseline
        for start in range(0, len(slopes), BLOCK):
            s = slice(start, start + BLOCK)
            maps = slopes[s] @ self.weight
            if self.line.times_input:
                x = copies[s].series()
                maps.mul_(x if b is None else x.sub_(b[copies.of[s]]))
            yield s, maps.abs_() if self.line.absolute else maps

    def _entered(self, copies: Copies) -> Float[Tensor, "K T G"]:
        """Return z of the copies."""
        if copies.steps is None:
            return nnf.linear(copies.series(), self.weight, self.bias)
        z = self.z[copies.of]
        z[torch.arange(len(z), device=z.device), copies.steps] = nnf.linear(
            copies.changed_step(), self.weight, self.bias
        )
        return z


def _says_so_itself(base: Explainer) -> bool:
    """Say whether the class that computes the map also says how it follows from a line: a subclass may change the
    map.
    """
    owners = (next(c for c in type(base).__mro__ if name in vars(c)) for name in ("_attribute", "on_a_line"))
    return len(set(owners)) == 1
