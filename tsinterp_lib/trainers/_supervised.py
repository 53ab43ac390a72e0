"""Say what the trainers of whole-sample classifiers share: their settings and the checks of model and data."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch.nn.functional as nnf
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks, parts
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.facts import facts
from tsinterp_lib.registry import known
from tsinterp_lib.types import Dataset, Samples, Trainer

OUTPUT = {"as_released": "probabilities", "corrected": "logits"}
"""The output of the model that each protocol trains."""

FIRST_WEIGHTS = ("own", "shared")


@dataclass(frozen=True)
class Supervised(Trainer):
    """Trains a classifier of whole samples by steps of Adam on :meth:`loss`, with the rules of a protocol.

    The settings are explained at :class:`~tsinterp_lib.trainers.Standard`. Subclasses write ``loss`` and ``fit``, which
    hands itself to :func:`tsinterp_lib.trainers._run.train`.
    """

    protocol: str = "corrected"
    learning_rate: float = 1e-3
    batch_size: int = 50
    max_epochs: int = 500
    patience: int = 200
    stop_accuracy: float = 0.99
    check_every: int = 3
    gate: float = 0.9
    output: str | None = None
    first_weights: str = "own"
    """``shared``: the engine draws the first weights from model and seed, the same for every such trainer and data."""

    def __post_init__(self) -> None:
        if self.protocol not in OUTPUT:
            raise InvalidInput(f"`protocol` is {self.protocol!r}: choose 'corrected' or 'as_released'.")
        if self.output not in (None, *OUTPUT.values()):
            raise InvalidInput(f"`output` is {self.output!r}: choose 'logits' or 'probabilities', or leave it out.")
        known(self.first_weights, FIRST_WEIGHTS, "choice of first weights")
        if self.learning_rate <= 0:
            raise InvalidInput(f"`learning_rate` is {self.learning_rate}: it must be above zero.")
        for name in ("batch_size", "max_epochs", "check_every"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"`{name}` is {getattr(self, name)}: it must be at least one.")
        if self.patience < 1:
            raise InvalidInput(f"`patience` is {self.patience}: give at least one epoch.")

    @abstractmethod
    def loss(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, ""]:
        """Say what one step minimises on a batch, the model in training mode."""

    def check(self, model: nn.Module, dataset: Dataset) -> None:
        """Raise :class:`InvalidInput` where the data cannot be learned from, or the model fits neither them nor us."""
        for name in ("train", "validation", "test"):
            samples: Samples = getattr(dataset, name)
            plain(samples, name)
            checks.check_series(samples.x, f"{name}.x", dataset.axes)
            if samples.y.dim() != 1:
                raise InvalidInput(f"`{name}.y` has shape {tuple(samples.y.shape)}: give one label per sample, (N).")
        checks.check_labels(dataset.train.y, dataset.n_classes)
        output, wanted = facts(model).output, self.output or OUTPUT[self.protocol]
        if output not in (None, wanted):
            raise InvalidInput(
                f"the model's `output` is {output!r}; protocol {self.protocol!r} trains {wanted!r}: "
                f"build the model with output={wanted!r} or choose the other protocol."
            )
        model.eval()  # the look at its output below must not draw dropout masks from the caller's generator
        n_outputs = checks.output_size(model, dataset.train.x, dataset.axes)
        if n_outputs != dataset.n_classes:
            raise InvalidInput(
                f"the model has {n_outputs} outputs; `{dataset.name}` has {dataset.n_classes} classes: "
                f"build it with n_classes={dataset.n_classes}."
            )


def plain(samples: Samples, name: str) -> None:
    """Raise :class:`InvalidInput` for what a trainer does not give to the model: it is trained on ``x`` alone."""
    here = {
        "lengths": parts.padded(samples),
        "constants": bool(samples.constants),
        "observed": samples.observed is not None and not bool(samples.observed.all()),
    }
    held = [what for what, is_there in here.items() if is_there]
    if held:
        raise InvalidInput(
            f"`{name}` has {' and '.join(held)}; this trainer gives the model `x` alone, so that padding or filled-in "
            "values would be learned and constants be missing: train the model in a loop of your own and hand it to "
            f"compare, or drop them with dataclasses.replace."
        )


def cross_entropy(model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"]) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the model's output on a batch."""
    return nnf.cross_entropy(model(x), y)
