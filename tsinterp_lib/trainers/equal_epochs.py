"""Control for the length of guided training: train the ordinary way for the epochs that another trainer took."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.trainers._run import train
from tsinterp_lib.trainers._supervised import Supervised, cross_entropy
from tsinterp_lib.trainers.saliency_guided import SaliencyGuided
from tsinterp_lib.types import Dataset, Fitted, Progress


@dataclass(frozen=True)
class EqualEpochs(Supervised):
    r"""Trains the ordinary way for as many epochs as ``other`` takes from the same weights, as a control of
    :cite:t:`ismail2021`.

    .. math:: L = \mathrm{CE}(f(x), y), \quad \text{epochs} = \text{epochs of \texttt{other}}

    ``other`` (default: guided training of the same protocol) is fitted to a copy of the model first, with the same
    ``max_epochs``. No accuracy stops this run and the last weights are kept: keeping the first good ones, as the rules
    of the protocols do, would give back the short run. ``seconds`` is of this run alone, the gate is the protocol's.
    What guided training gains over this is not due to its length. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` where ``other`` has another protocol, and as both trainers do.
    """

    other: Supervised | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.other is not None and self.other.protocol != self.protocol:
            raise InvalidInput(
                f"`other` has protocol {self.other.protocol!r}, this trainer {self.protocol!r}: give both the same."
            )

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place; the same model, data and seed give the same weights."""
        other = self.other or SaliencyGuided(protocol=self.protocol)
        n_epochs = replace(other, max_epochs=self.max_epochs).fit(copy.deepcopy(model), dataset, seed).epochs
        return train(replace(self, max_epochs=n_epochs), model, dataset, seed, progress, to_the_end=True)

    def loss(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, ""]:
        """Return the cross-entropy of the batch."""
        return cross_entropy(model, x, y)
