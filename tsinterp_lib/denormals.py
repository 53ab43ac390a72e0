"""Numbers too small for a full mantissa: worthless here, and many times slower to compute with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushed() -> Iterator[None]:
    """Numbers below about 1e-38 are zero while the block runs, on this thread and on processors that can.

    A gradient that starts at the last step alone fades on its way back and would spend most steps among them.
    """
    before = float(torch.tensor(1e-40) * torch.tensor(1.0)) == 0.0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
