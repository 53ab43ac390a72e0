"""Define the nouns of training: a trainer, and the fitted model that it gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import nn

from tsinterp_lib.samples import Dataset

Stop = Literal["train_accuracy", "test_accuracy", "validation_accuracy", "patience", "max_epochs", "given"]
"""The rule that ended a training."""

Progress = Callable[[int, int, str], None]
"""``progress(epoch, max_epochs, text)`` is called once per epoch."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Holds a trained model and how it came about.

    ``model`` is in evaluation mode and has the kept weights; accuracies (shares in [0, 1]) are of those weights.
    ``epochs`` and ``steps`` count what was begun, ``seconds`` is wall time, ``stop`` says which rule ended the
    training, ``passed_gate`` whether the model is good enough to be worth explaining. ``history`` holds
    (step, value) pairs of the quantity that chose the weights: test accuracy (``as_released``) or validation loss
    (``corrected``).
    """

    model: nn.Module
    train_accuracy: float
    validation_accuracy: float
    test_accuracy: float
    epochs: int
    steps: int
    seconds: float
    stop: Stop
    passed_gate: bool
    history: tuple[tuple[int, float], ...]


class Trainer(ABC):
    """Fits a model to a data set: a frozen dataclass whose fields are its settings, ``max_epochs`` among them."""

    @abstractmethod
    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place on ``dataset``; the same model, data and seed give the same weights."""
