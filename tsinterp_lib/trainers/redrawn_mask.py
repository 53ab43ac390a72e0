"""Train on batches whose cells are replaced by chance, anew each time: the random control of the released ROAR."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.trainers._run import train
from tsinterp_lib.trainers._supervised import Supervised, cross_entropy
from tsinterp_lib.types import Dataset, Fitted, Progress

CHANNELS = ("channel", "feature")


@dataclass(frozen=True)
class RedrawnMask(Supervised):
    r"""Replaces each cell of a batch by its channel's mean with probability ``share``, anew at each step.

    .. math:: L = \mathrm{CE}\bigl(f(\tilde x), y\bigr), \quad
        \tilde x_i = \begin{cases} \bar x_{c(i)} & u_i < t \\ x_i & \text{otherwise} \end{cases}, \quad u_i \sim U[0, 1)

    The random control of :cite:t:`hooker2019` as its code has it: a network that is trained so sees every cell at some
    time, and its input is regularised, which fixed masks do not do. Validation and test samples are taken as they are.
    The other settings are those of :class:`~tsinterp_lib.trainers.Standard`. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` for a share outside [0, 1], and as ``Standard`` does.
    """

    share: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.share <= 1:
            raise InvalidInput(f"`share` is {self.share}: it is the probability that a cell is replaced, from 0 to 1.")

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place on ``dataset``; the same model, data and seed give the same weights."""
        return train(self, model, dataset, seed, progress)

    def loss(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, ""]:
        """Return the cross-entropy of the batch with a fresh mask."""
        kept = [dataset.axes.dim(name) for name in CHANNELS if name in dataset.axes]
        mean = dataset.train.x.mean([d for d in range(x.dim()) if d not in kept], keepdim=True)
        return cross_entropy(model, torch.where(torch.rand_like(x) < self.share, mean, x), y)
