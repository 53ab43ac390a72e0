"""The control of guided training without any mask: only dropout differs between the two passes."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.trainers._second_pass import SecondPass
from tsinterp_lib.types import Dataset


@dataclass(frozen=True)
class Consistency(SecondPass):
    r"""The loss of saliency guided training :cite:p:`ismail2021` with nothing masked.

    .. math:: L = \mathrm{CE}(f(x), y) + \lambda\, \frac1N \sum_n D_{\mathrm{KL}}\bigl(p(x_n) \,\|\, p'(x_n)\bigr)

    p and p' are two passes of the same batch, each with dropout of its own; without dropout the second term is zero.
    What guided training gains over this is due to the mask. ``weight``, ``direction`` and ``detach`` are those of
    :class:`~tsinterp_lib.trainers.SaliencyGuided`, the rest those of :class:`~tsinterp_lib.trainers.Standard`.
    """

    def changed(
        self, model: nn.Module, x: Float[Tensor, "N T F"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, "N T F"]:
        """The batch itself."""
        return x
