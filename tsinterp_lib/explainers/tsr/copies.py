"""Masked copies of series, and generators that give each copy the draws of its sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Copies:
    """Describes K copies of samples: copy k is sample ``of[k]`` with some cells replaced by those of ``value``.

    ``steps`` is the step replaced in each copy, or None for every step that is not padded; ``groups`` the group of
    features replaced, or None for all features; ``group`` the group of each feature.
    """

    x: Float[Tensor, "N T F"]
    value: Float[Tensor, "N T F"]
    real: Bool[Tensor, "N T"]
    of: Int[Tensor, "K"]
    steps: Int[Tensor, "K"] | None
    groups: Int[Tensor, "K"] | None
    group: Int[Tensor, "F"]

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, s: slice) -> Copies:
        """Return some of the copies."""
        steps, groups = (None if v is None else v[s] for v in (self.steps, self.groups))
        return replace(self, of=self.of[s], steps=steps, groups=groups)

    def features(self) -> Bool[Tensor, "K F"]:
        """Return the features that each copy has replaced."""
        if self.groups is None:
            return torch.ones(len(self.of), self.x.shape[2], dtype=torch.bool, device=self.x.device)
        return self.group == self.groups[:, None]

    def changed_step(self) -> Float[Tensor, "K F"]:
        """Return the step that differs from the sample's, where each copy has one such step."""
        return torch.where(self.features(), self.value[self.of, self.steps], self.x[self.of, self.steps])

    def series(self) -> Float[Tensor, "K T F"]:
        """Return the copies."""
        if self.steps is None:
            mask = self.features()[:, None] & self.real[self.of][:, :, None]
            return torch.where(mask, self.value[self.of], self.x[self.of])
        copies = self.x[self.of]
        copies[torch.arange(len(copies), device=copies.device), self.steps] = self.changed_step()
        return copies


@dataclass(frozen=True)
class Generators:
    """Holds the state of torch's and numpy's global generators, to be gone back to."""

    torch_state: Tensor
    cuda_states: tuple[Tensor, ...]
    numpy_state: object

    @classmethod
    def now(cls) -> Generators:
        """Return the present state."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return cls(torch.get_rng_state(), tuple(cuda), np.random.get_state())

    @contextmanager
    def replayed(self) -> Iterator[None]:
        """Draw in the block what was drawn after ``now``; the generators are then as before the block."""
        before = Generators.now()
        try:
            self._restore()
            yield
        finally:
            before._restore()

    def _restore(self) -> None:
        torch.set_rng_state(self.torch_state)
        np.random.set_state(self.numpy_state)  # type: ignore[arg-type]
        if self.cuda_states:
            torch.cuda.set_rng_state_all(list(self.cuda_states))
