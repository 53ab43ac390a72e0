"""Occlusion of single observations by draws, as time goes by."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._drawn import DrawnOcclusion


@dataclass(frozen=True, kw_only=True)
class FeatureOcclusion(DrawnOcclusion):
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

    low: float = -3.0
    high: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low < self.high:
            raise InvalidInput(f"`low` is {self.low} and `high` {self.high}: the range must not be empty.")

    def _draw(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N F S"]:
        """Return new values of every feature, for one step."""
        unit = torch.rand(len(x), x.shape[2], self.n_samples, dtype=x.dtype, device=x.device)
        return self.low + (self.high - self.low) * unit
