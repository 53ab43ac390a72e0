"""Occlusion of single observations by draws, as time goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers._prefix import Prefixes, check_steps, in_mode


@dataclass(frozen=True, kw_only=True)
class FeatureOcclusion(Chunked):
    r"""Measures how far the prediction at a step moves when a value of the step is drawn anew :cite:p:`tonekaboni2020`.

    .. math:: a_{ti} = \frac1S \sum_{s=1}^{S} \frac1C \sum_c \bigl| p_c(x_{0..t}) -
        p_c(x_{0..t} \text{ with } x_{ti} = u_s) \bigr|, \quad u_s \sim U[\text{low}, \text{high})

    Every score is about the prediction on the prefix that ends at t, from the class probabilities; ``target`` is not
    used. Units: probability, in [0, 1]. ``n_samples`` S (default 10), ``low`` and ``high`` (-3 and 3) in units of x;
    ``first_step`` is the first step scored (default 0; the released code starts at 1 and leaves zeros before).
    Recurrent networks that can go on from a state (:class:`~tsinterp_lib.models.gru.GRU`) take one step per draw, not
    a whole prefix: exactly the same values. ``train_mode`` (default False) scores with dropout and batch statistics
    on, as released; the dropped units are then drawn once per draw and not once per prefix.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one sample, an empty range, series that end before
    ``first_step``, and a model that takes no prefix.
    """

    per_step: ClassVar[bool] = True
    n_samples: int = 10
    low: float = -3.0
    high: float = 3.0
    first_step: int = 0
    train_mode: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples < 1 or self.first_step < 0 or not self.low < self.high:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples}, `first_step` {self.first_step}, range {self.low} to {self.high}: "
                "at least one sample, a step from 0 on, and a range that is not empty."
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

    def _draw(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N F S"]:
        """New values of every feature, for one step."""
        unit = torch.rand(len(x), x.shape[2], self.n_samples, dtype=x.dtype, device=x.device)
        return self.low + (self.high - self.low) * unit
