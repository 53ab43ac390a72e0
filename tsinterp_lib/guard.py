"""Two ways to hold a model: safe to explain, and counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn


@contextmanager
def attribution_mode(model: nn.Module) -> Iterator[nn.Module]:
    """Hold evaluation mode, frozen parameters and cuDNN off while the block runs; everything is restored afterwards.

    Dropout is off because an explanation is of the deployed function. Parameters are frozen because only the input
    gradient is wanted (a third of the backward pass). cuDNN is off because its recurrent kernels refuse a backward
    pass in evaluation mode ("cudnn RNN backward can only be called in training mode"), the most reported error of
    the field.
    """
    training = {module: module.training for module in model.modules()}
    frozen = [p for p in model.parameters() if p.requires_grad]
    try:
        model.eval()
        for p in frozen:
            p.requires_grad_(False)
        with torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
            yield model
    finally:
        for module, mode in training.items():
            module.training = mode
        for p in frozen:
            p.requires_grad_(True)


_OPEN: WeakKeyDictionary[nn.Module, list[list[int]]] = WeakKeyDictionary()
"""The counts that are being made, by model."""


@contextmanager
def counted(model: nn.Module) -> Iterator[list[int]]:
    """Count the series that go through the model while the block runs, those told to :func:`passed` included."""
    calls = [0]
    counts = _OPEN.setdefault(model, [])
    counts.append(calls)

    def count(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        calls[0] += inputs[0].shape[0]

    handle = model.register_forward_pre_hook(count)
    try:
        yield calls
    finally:
        handle.remove()
        counts.pop()  # blocks end in the reverse order of their starts


def passed(model: nn.Module, n: int) -> None:
    """Say that ``n`` series went through a part of the model, where no call of the whole model shows it."""
    for calls in _OPEN.get(model, ()):
        calls[0] += n
