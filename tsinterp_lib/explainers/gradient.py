"""Gradient of an output with respect to the input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Line, Paired
from tsinterp_lib.explainers._chunked import Chunked


@dataclass(frozen=True, kw_only=True)
class Gradient(Chunked):
    r"""Takes the gradient of the target output with respect to every input cell :cite:p:`simonyan2014`.

    .. math:: a_{ntf} = \frac{\partial f_{c_n}(x_n)}{\partial x_{ntf}}

    Units: output per unit of input. ``absolute`` (default False) returns ``|a|``, as the paper and the code of
    :cite:p:`ismail2020` do; the sign is kept otherwise. Equal to Captum's ``Saliency``.
    Raises :class:`~tsinterp_lib.errors.InvalidInput` as ``attribute`` states.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True
    absolute: bool = False

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """In any number and order: a copy's gradient depends on the copy alone."""
        return Paired(lambda of: self, (slice(0, len(x)),))

    def on_a_line(self, model: nn.Module, x: Float[Tensor, "N *axes"], rows: int) -> Line | None:
        """Return the gradient itself."""
        of = replace(self, batch_size=rows)
        return Line(lambda net, z, _, c: of.gradients(net, z, c), times_input=False, absolute=self.absolute)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        a = self.gradients(model, x, target)
        return a.abs() if self.absolute else a
