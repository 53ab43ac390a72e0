"""The square of another map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._wrapper import Wrapper
from tsinterp_lib.explainers.gradient import Gradient


@dataclass(frozen=True, kw_only=True)
class Squared(Wrapper):
    r"""Squares the scores of ``base``, so that what is ranked is their magnitude :cite:p:`hooker2019`.

    .. math:: a_i = (a^{\text{base}}_i)^2

    Units: those of ``base``, squared. Raises as ``base`` does.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    base: Explainer = field(default_factory=Gradient)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        return self.base._attribute(model, x, target).square()
