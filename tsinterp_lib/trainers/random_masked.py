"""Control for the gradient of guided training: as many cells are masked, chosen by chance."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.trainers._run import train
from tsinterp_lib.trainers._second_pass import Masked
from tsinterp_lib.types import Dataset, Fitted, Progress


@dataclass(frozen=True)
class RandomMasked(Masked):
    r"""Trains with the loss of saliency guided training :cite:p:`ismail2021`, k cells of each sample drawn by chance.

    .. math:: L = \mathrm{CE}(f(x), y) + \lambda\, \frac1N \sum_n D_{\mathrm{KL}}\bigl(p(x_n) \,\|\, p(\tilde x_n)\bigr)

    What guided training gains over this is due to the gradient; the rest is due to noise on the inputs. Settings, units
    and errors are those of :class:`~tsinterp_lib.trainers.SaliencyGuided`, without ``ranking`` and ``start``.
    """

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place on ``dataset``; the same model, data and seed give the same weights."""
        return train(self, model, dataset, seed, progress)

    def scores(self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"]) -> Float[Tensor, "N *axes"]:
        """Return a uniform draw per cell."""
        return torch.rand_like(x)
