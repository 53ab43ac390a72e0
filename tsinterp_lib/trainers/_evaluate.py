"""Measure accuracy and loss of a model on one split, without gradients and without dropout."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import nn

from tsinterp_lib.types import Samples

CHUNK = 100
"""Samples that go through the model together: large enough to amortise its set-up, small enough for the cache."""


def evaluate(model: nn.Module, samples: Samples) -> tuple[float, float]:
    """Return accuracy (a share) and mean cross-entropy of the model's output; leaves the model in evaluation mode."""
    model.eval()
    correct, loss = 0, 0.0
    with torch.no_grad():
        for x, y in zip(torch.split(samples.x, CHUNK), torch.split(samples.y, CHUNK), strict=True):
            scores = model(x)
            correct += int((scores.argmax(1) == y).sum())
            loss += float(nnf.cross_entropy(scores, y, reduction="sum"))
    return correct / len(samples), loss / len(samples)


def reaches(model: nn.Module, samples: Samples, accuracy: float) -> bool:
    """Say whether the accuracy is at least ``accuracy``: stops counting once the errors already forbid it.

    The decision is that of a full count, at a tenth of the cost while the model is still poor.
    """
    model.eval()
    errors = 0
    with torch.no_grad():
        for x, y in zip(torch.split(samples.x, CHUNK), torch.split(samples.y, CHUNK), strict=True):
            errors += int((model(x).argmax(1) != y).sum())
            if not enough(len(samples) - errors, len(samples), accuracy):
                return False
    return True


def enough(correct: int, n: int, accuracy: float) -> bool:
    """Say whether ``correct`` of ``n`` are a share of at least ``accuracy``, in percent as the released code
    compares.
    """
    return 100 * correct / n >= 100 * accuracy
