"""Randomness comes from a seed that comes from a specification, never from what ran before."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def seed_from(*parts: object) -> int:
    """Return a seed in [0, 2**31) that depends on the parts alone: the same on every machine and in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFF_FFFF


@contextmanager
def scope(seed: int) -> Iterator[None]:
    """Torch's, numpy's and Python's global generators, seeded inside the block and put back after it.

    Captum draws from torch's and numpy's global generators, so both are seeded; what the caller had drawn before is
    undisturbed.
    """
    states = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        try:
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
