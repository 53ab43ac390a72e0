"""Input times gradient."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainers._chunked import Chunked


@dataclass(frozen=True, kw_only=True)
class InputXGradient(Chunked):
    r"""The input times the gradient of the target output :cite:p:`shrikumar2016`.

    .. math:: a_{ntf} = x_{ntf} \, \frac{\partial f_{c_n}(x_n)}{\partial x_{ntf}}

    Units: those of the output. It is DeepLIFT's answer on a network without hookable modules when the baseline is
    zero. Raises :class:`~tsinterp_lib.errors.InvalidInput` as ``attribute`` states.
    """

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N T F"]:
        return x * self.gradients(model, x, target)
