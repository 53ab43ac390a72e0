"""Train traditionally first, and with saliency guided training after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.trainers._guided import Guided
from tsinterp_lib.trainers._run import train
from tsinterp_lib.trainers.standard import Standard
from tsinterp_lib.types import Dataset, Fitted, Progress


@dataclass(frozen=True)
class FineTuned(Guided):
    r"""Goes on with saliency guided training where traditional training ends :cite:p:`ismail2021`.

    .. math:: \theta_0 = \arg\min \mathrm{CE}, \qquad
        \theta = \theta_0 \text{ after } n \text{ epochs on } \mathrm{CE} + \lambda\, D_{\mathrm{KL}}

    n is ``epochs`` (default 70, published for MNIST), at most ``max_epochs``; ``start`` (default: :class:`Standard` of
    the same protocol) trains first and gets ``max_epochs``. No accuracy stops the guided part and its last weights are
    kept: a model that is good already would stop at the first look, and :class:`SaliencyGuided` with a ``start`` then
    hands back the traditional one. Counts, seconds and history are of the guided part, the gate is the protocol's; the
    other settings are those of :class:`SaliencyGuided`. How long and by which rule the paper fine-tunes series is not
    published. Raises :class:`~tsinterp_lib.errors.InvalidInput` for fewer than one epoch, for a ``start`` of another
    protocol, and as ``SaliencyGuided`` does.
    """

    epochs: int = 70

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epochs < 1:
            raise InvalidInput(f"`epochs` is {self.epochs}: guided training goes on for at least one.")
        if self.start is not None and self.start.protocol != self.protocol:
            raise InvalidInput(
                f"`start` has protocol {self.start.protocol!r}, this trainer {self.protocol!r}: give both the same."
            )

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place; the same model, data and seed give the same weights."""
        start = self.start or Standard(self.protocol, output=self.output)
        replace(start, max_epochs=self.max_epochs).fit(model, dataset, seed, progress)
        rest = replace(self, start=None, max_epochs=min(self.epochs, self.max_epochs))
        return train(rest, model, dataset, seed, progress, to_the_end=True)
