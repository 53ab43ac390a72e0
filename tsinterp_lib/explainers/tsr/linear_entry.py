"""Gradient methods on networks that start with a linear map, computed behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol, cast, runtime_checkable

import torch
import torch.nn.functional as nnf
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._captum import hooked
from tsinterp_lib.explainers.deep_lift import DeepLift
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.explainers.input_x_gradient import InputXGradient
from tsinterp_lib.explainers.integrated_gradients import IntegratedGradients
from tsinterp_lib.explainers.tsr.copies import Copies
from tsinterp_lib.guard import passed
from tsinterp_lib.models._softmax import softmax

BLOCK = 64
"""Maps per block: 0.6 MB in float32 at 50 × 50, which stays in a core's second-level cache."""


@runtime_checkable
class LinearEntry(Protocol):
    """A network that sees its input only through z = x W' + b, step by step."""

    output: str

    def entry(self) -> tuple[Float[Tensor, "G F"], Float[Tensor, "G"]]:
        """W and b."""

    def after_entry(self, z: Float[Tensor, "N T G"]) -> Float[Tensor, "N C"]:
        """Logits from z."""


class _AfterEntry(nn.Module):
    """The network as a function of z."""

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
    r"""Maps of masked copies for a method that multiplies mean gradients over points on a line.

    With :math:`z = x W^\top + b` a gradient with respect to x is one with respect to z, times W; a line between two
    series is a line between their z; and a masked step changes one row of z. So copies, path and gradients live in
    the G columns of z, and one product per copy leads back. The same numbers as in the space of x, up to rounding.
    """

    base: Gradient | InputXGradient | IntegratedGradients | DeepLift
    after: nn.Module
    weight: Float[Tensor, "G F"]
    bias: Float[Tensor, "G"]
    z: Float[Tensor, "N T G"]
    b: Float[Tensor, "N T F"] | None
    z_of_b: Float[Tensor, "N T G"] | None
    rows: int
    """Copies that fill the memory of a batch of series."""

    @classmethod
    def of(
        cls, base: Explainer, model: nn.Module, x: Float[Tensor, "N T F"], batch_size: int
    ) -> LinearEntrySpace | None:
        """For ``base``, which knows the baseline of each of ``x``; None where method or network has no such form."""
        if type(base) not in (Gradient, InputXGradient, IntegratedGradients, DeepLift):
            return None
        if not isinstance(model, LinearEntry) or (isinstance(base, DeepLift) and hooked(model)):
            return None
        weight, bias = (v.detach() for v in model.entry())
        rows = max(1, batch_size * x.shape[2] // len(weight))
        base = replace(cast(Gradient | InputXGradient | IntegratedGradients | DeepLift, base), batch_size=rows)
        b = base.baseline_of(x) if isinstance(base, IntegratedGradients | DeepLift) else None
        z_of_b = None if b is None else nnf.linear(b, weight, bias)
        return cls(base, _AfterEntry(model), weight, bias, nnf.linear(x, weight, bias), b, z_of_b, rows)

    def maps(self, copies: Copies, target: Int[Tensor, "K"]) -> Iterator[tuple[slice, Float[Tensor, "k T F"]]]:
        """The maps of the copies, a block at a time."""
        slopes = self._slopes(self._entered(copies), copies.of, target)
        factors = isinstance(self.base, Gradient)
        for start in range(0, len(slopes), BLOCK):
            s = slice(start, start + BLOCK)
            maps = slopes[s] @ self.weight
            if factors:
                yield s, maps.abs_() if cast(Gradient, self.base).absolute else maps
            else:
                x = copies[s].series()
                yield s, maps.mul_(x if self.b is None else x.sub_(self.b[copies.of[s]]))

    def _entered(self, copies: Copies) -> Float[Tensor, "K T G"]:
        """z of the copies."""
        if copies.steps is None:
            return nnf.linear(copies.series(), self.weight, self.bias)
        z = self.z[copies.of]
        z[torch.arange(len(z), device=z.device), copies.steps] = nnf.linear(
            copies.changed_step(), self.weight, self.bias
        )
        return z

    def _slopes(
        self, z: Float[Tensor, "K T G"], of: Int[Tensor, "K"], target: Int[Tensor, "K"]
    ) -> Float[Tensor, "K T G"]:
        """Mean gradients with respect to z."""
        if isinstance(self.base, IntegratedGradients):
            return self.base.mean_gradient(self.after, z, cast(Tensor, self.z_of_b)[of], target)
        return self.base.gradients(self.after, z, target)
