"""Input times gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Line, Paired
from tsinterp_lib.explainers._chunked import Chunked


@dataclass(frozen=True, kw_only=True)
class InputXGradient(Chunked):
    r"""Multiplies the input by the gradient of the target output :cite:p:`shrikumar2016`.

    .. math:: a_{ntf} = x_{ntf} \, \frac{\partial f_{c_n}(x_n)}{\partial x_{ntf}}

    Units: those of the output. It is DeepLIFT's answer on a network without hookable modules when the baseline is
    zero. Raises :class:`~tsinterp_lib.errors.InvalidInput` as ``attribute`` states.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """In any number and order: a copy's gradient depends on the copy alone."""
        return Paired(lambda of: self, (slice(0, len(x)),))

    def on_a_line(self, model: nn.Module, x: Float[Tensor, "N *axes"], rows: int) -> Line | None:
        """Return one gradient, times the input."""
        of = replace(self, batch_size=rows)
        return Line(lambda net, z, _, c: of.gradients(net, z, c))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        return x * self.gradients(model, x, target)
