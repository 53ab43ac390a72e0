"""The control of guided training: as many cells masked, chosen by chance."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.trainers._second_pass import Masked


@dataclass(frozen=True)
class RandomMasked(Masked):
    r"""The loss of saliency guided training :cite:p:`ismail2021` with k cells of each sample drawn by chance.

    .. math:: L = \mathrm{CE}(f(x), y) + \lambda\, \frac1N \sum_n D_{\mathrm{KL}}\bigl(p(x_n) \,\|\, p(\tilde x_n)\bigr)

    What guided training gains over this is due to the gradient; the rest is due to noise on the inputs. Settings, units
    and errors are those of :class:`~tsinterp_lib.trainers.SaliencyGuided`, without ``ranking`` and ``start``.
    """

    def scores(self, model: nn.Module, x: Float[Tensor, "N T F"], y: Int[Tensor, "N"]) -> Float[Tensor, "N T F"]:
        """A uniform draw per cell."""
        return torch.rand_like(x)
