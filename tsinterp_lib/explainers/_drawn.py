"""Draws new values for single observations and measures what they do, for the two methods that differ in the draw."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers._prefix import Prefixes, check_steps, in_mode


@dataclass(frozen=True, kw_only=True)
class DrawnOcclusion(Chunked):
    """Measures how far the prediction at a step moves when a value of the step is drawn anew; subclasses draw."""

    per_step: ClassVar[bool] = True
    n_samples: int = 10
    first_step: int = 0
    train_mode: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples < 1 or self.first_step < 0:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples}, `first_step` {self.first_step}: at least one sample, and a step "
                "from 0 on."
            )

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N T F"]:
        check_steps(x, self.first_step)
        prefixes = Prefixes(in_mode(model, self.train_mode), x, self.batch_size)
        n, n_steps, n_features = x.shape
        own = torch.eye(n_features, dtype=torch.bool, device=x.device)[:, None]
        a = torch.zeros_like(x)
        for t in range(self.first_step, n_steps):
            columns = torch.where(own, self._draw(x)[..., None], x[:, t, None, None])
            moved = prefixes.changed(t, columns.flatten(1, 2)).exp() - prefixes.clean[:, t, None].exp()
            a[:, t] = moved.abs().mean(2).view(n, n_features, self.n_samples).mean(2)
        return a

    @abstractmethod
    def _draw(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N F S"]:
        """Return new values of every feature, for one step."""
