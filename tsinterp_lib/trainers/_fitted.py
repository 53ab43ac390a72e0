"""What training hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

Stop = Literal["train_accuracy", "test_accuracy", "validation_accuracy", "patience", "max_epochs", "given"]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained model and how it came about.

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
