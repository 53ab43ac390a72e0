"""Add to the cross-entropy the divergence between the outputs of a batch and of a changed copy of it."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.facts import facts
from tsinterp_lib.registry import known
from tsinterp_lib.trainers._supervised import OUTPUT, Supervised
from tsinterp_lib.types import Dataset

DIRECTIONS = ("original_first", "changed_first")
DETACHED = ("neither", "original", "changed")
REPLACEMENTS = ("range", "feature_range", "mean", "background")
SMALLEST = 1e-12
"""Probabilities below this are raised to it before the logarithm; a softmax in 32 bits can be exactly zero."""


@dataclass(frozen=True)
class SecondPass(Supervised):
    """Adds a second term to the loss of a batch; stopping rules, selection and gate are those of the protocol."""

    weight: float = 1.0
    direction: str = "original_first"
    detach: str = "neither"

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.direction, DIRECTIONS, "direction of the divergence")
        known(self.detach, DETACHED, "side to detach")
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise InvalidInput(
                f"`weight` is {self.weight}: the divergence is weighted by zero or more; 1 is published."
            )

    def loss(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, ""]:
        """Return cross-entropy of the batch and the weighted divergence; each pass has dropout of its own."""
        changed = self.changed(model, x, y, dataset)
        outputs = model(x), model(changed)
        kind = facts(model).output or self.output or OUTPUT[self.protocol]
        logs = [log_probabilities(o, kind) for o in outputs]
        for place, name in enumerate(("original", "changed")):
            if self.detach == name:
                logs[place] = logs[place].detach()
        first, second = logs if self.direction == "original_first" else logs[::-1]
        return nnf.cross_entropy(outputs[0], y) + self.weight * divergence(first, second)

    @abstractmethod
    def changed(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, "N *axes"]:
        """Return the copy of the batch that the second pass sees."""


@dataclass(frozen=True)
class Masked(SecondPass):
    """Replaces a share of each sample's cells in the copy that the second pass sees: those of lowest ``scores``."""

    share: float = 0.5
    replacement: str = "range"

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.replacement, REPLACEMENTS, "replacement")
        if not 0 <= self.share <= 1:
            raise InvalidInput(f"`share` is {self.share}: it is the share of cells to mask, from 0 to 1.")

    def changed(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, "N *axes"]:
        """Return ``x`` with the cells of the lowest scores replaced."""
        mask = lowest(self.scores(model, x, y), n_masked(self.share, x[0].numel()))
        return torch.where(mask, replacements(x, self.replacement, dataset), x)

    @abstractmethod
    def scores(self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"]) -> Float[Tensor, "N *axes"]:
        """Say what the cells of a sample are ranked by; the lowest are replaced."""


def n_masked(share: float, n_cells: int) -> int:
    """Return k, the share of the cells rounded down: 392 of the 784 pixels of a digit at one half."""
    return math.floor(round(share * n_cells, 6))  # 0.07 · 100 is 7.000000000000001, 0.29 · 100 is 28.999999999999996


def lowest(scores: Float[Tensor, "N *axes"], k: int) -> Bool[Tensor, "N *axes"]:
    """Mark the k lowest scores of each sample; of equal ones, those of the lowest place in the order of
    cells.

    The k-th lowest value is found without sorting, a tenth of the cost.
    """
    if k == 0:
        return torch.zeros_like(scores, dtype=torch.bool)
    flat = scores.flatten(1)
    bound = flat.kthvalue(k, dim=1, keepdim=True).values
    below, tied = flat < bound, flat == bound
    room = k - below.sum(1, keepdim=True)
    if bool((tied.sum(1, keepdim=True) > room).any()):
        tied &= tied.cumsum(1) <= room
    return (below | tied).view_as(scores)


def replacements(x: Float[Tensor, "N *axes"], kind: str, dataset: Dataset) -> Float[Tensor, "N *axes"]:
    """Return a new value for every cell.

    Raises :class:`InvalidInput` for ``background`` where the data have none, and for a mean or a feature's range where
    they have no axis ``time`` to take it over.
    """
    if kind == "background":
        if dataset.background is None:
            raise InvalidInput(
                f"`replacement` is 'background'; the process behind `{dataset.name}` is not known: choose 'range'."
            )
        return dataset.background(len(x), int(torch.randint(2**31 - 1, ()))).to(x)
    if kind == "mean":
        return x.mean(dataset.axes.dim("time"), keepdim=True).expand_as(x)
    over = tuple(range(1, x.dim())) if kind == "range" else (dataset.axes.dim("time"),)
    low, high = x.amin(over, keepdim=True), x.amax(over, keepdim=True)
    return low + (high - low) * torch.rand_like(x)


def log_probabilities(output: Float[Tensor, "N C"], kind: str) -> Float[Tensor, "N C"]:
    """Return the logarithm of the class probabilities of an output of ``logits`` or of ``probabilities``."""
    return output.clamp_min(SMALLEST).log() if kind == "probabilities" else output.log_softmax(1)


def divergence(first: Float[Tensor, "N C"], second: Float[Tensor, "N C"]) -> Float[Tensor, ""]:
    """Return Kullback and Leibler's divergence of ``second`` from ``first``, both logarithms, averaged over the
    batch.
    """
    return (first.exp() * (first - second)).sum(1).mean()
