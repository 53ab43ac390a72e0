"""Mask the cells of lowest input gradient: what guided training and its fine-tuning variant share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.registry import known
from tsinterp_lib.trainers._second_pass import Masked
from tsinterp_lib.trainers._supervised import Supervised

RANKINGS = ("signed", "absolute")


@dataclass(frozen=True)
class Guided(Masked):
    """Ranks the cells by the gradient of the true label's output; :class:`SaliencyGuided` explains the settings."""

    ranking: str = "signed"
    start: Supervised | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.ranking, RANKINGS, "ranking")

    def scores(self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"]) -> Float[Tensor, "N *axes"]:
        """Return the gradient of the true label's output, or its magnitude."""
        x = x.detach().requires_grad_()
        with attribution_mode(model):
            chosen = model(x).gather(1, y[:, None])
            (gradient,) = torch.autograd.grad(chosen.sum(), x)
        return gradient.abs() if self.ranking == "absolute" else gradient
