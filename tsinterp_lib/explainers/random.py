"""Control: uniform random scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Explainer


@dataclass(frozen=True, kw_only=True)
class Random(Explainer):
    r"""Draws uniform scores that know nothing, :math:`a_{ntf} \sim U[0, 1)`, drawn anew for each cell.

    The control that "better than chance" is measured against. No units. Raises as ``attribute`` states.
    """

    per_step: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...] | None] = None

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N *axes"]:
        return torch.rand(x.shape, dtype=x.dtype, device=x.device)
