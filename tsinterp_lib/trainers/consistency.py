"""Control for the second pass of guided training: no mask, only dropout differs between the two passes."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.trainers._run import train
from tsinterp_lib.trainers._second_pass import SecondPass
from tsinterp_lib.types import Dataset, Fitted, Progress


@dataclass(frozen=True)
class Consistency(SecondPass):
    r"""Trains with the loss of saliency guided training :cite:p:`ismail2021`, but with nothing masked.

    .. math:: L = \mathrm{CE}(f(x), y) + \lambda\, \frac1N \sum_n D_{\mathrm{KL}}\bigl(p(x_n) \,\|\, p'(x_n)\bigr)

    p and p' are two passes of the same batch, each with dropout of its own; without dropout the second term is zero.
    What guided training gains over this is due to the mask. ``weight``, ``direction`` and ``detach`` are those of
    :class:`~tsinterp_lib.trainers.SaliencyGuided`, the rest those of :class:`~tsinterp_lib.trainers.Standard`.
    """

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place on ``dataset``; the same model, data and seed give the same weights."""
        return train(self, model, dataset, seed, progress)

    def changed(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, "N *axes"]:
        """Return the batch itself."""
        return x
