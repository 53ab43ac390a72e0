"""Hand back black boxes that need no training."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.types import Dataset, Fitted, Progress, Trainer


@dataclass(frozen=True)
class Given(Trainer):
    """Hands the model back as it is, as the white boxes of :cite:t:`crabbe2021` are used; accuracies are NaN.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` for a model with weights: it would be explained untrained.
    """

    max_epochs: int = 0

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Hand back the model, in evaluation mode."""
        n_weights = sum(p.numel() for p in model.parameters())
        if n_weights:
            raise InvalidInput(f"the model has {n_weights} weights: train it, with `standard` or `per_step`.")
        model.eval()
        return Fitted(
            model=model,
            train_accuracy=math.nan,
            validation_accuracy=math.nan,
            test_accuracy=math.nan,
            epochs=0,
            steps=0,
            seconds=0.0,
            stop="given",
            passed_gate=True,
            history=(),
        )
