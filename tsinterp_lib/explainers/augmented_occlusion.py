"""Occlusion of single observations by values that the feature takes in the training data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib import parts
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._drawn import DrawnOcclusion
from tsinterp_lib.types import Samples


@dataclass(frozen=True, kw_only=True)
class AugmentedOcclusion(DrawnOcclusion):
    r"""Occludes single observations by training values of the feature :cite:p:`tonekaboni2020`.

    .. math:: a_{ti} = \frac1S \sum_{s=1}^{S} \frac1C \sum_c \bigl| p_c(x_{0..t}) -
        p_c(x_{0..t} \text{ with } x_{ti} = v_s) \bigr|, \quad v_s \sim U\{x'_{nui} : n, u\}

    where :math:`x'` are the training series, all steps pooled. Settings, units and errors are those of
    :class:`~tsinterp_lib.explainers.FeatureOcclusion`, without its range; also raises
    :class:`~tsinterp_lib.errors.InvalidInput` where no training data were seen, or data of another number of features.
    """

    pool: Tensor | None = field(default=None, repr=False, compare=False)

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        # The values of every feature, a column each; padding is no value.
        pool = train.x.flatten(0, 1)
        if train.lengths is not None:
            pool = pool[parts.real(train).flatten(0, 1)[:, 0]]
        return replace(self, pool=pool)

    def _draw(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N F S"]:
        if self.pool is None:
            raise InvalidInput("`pool` is None, no training sample was seen: call prepare(model, train) first.")
        n, n_features = len(x), x.shape[2]
        if self.pool.shape[1] != n_features:
            raise InvalidInput(
                f"`pool` has {self.pool.shape[1]} features; `x` has {n_features}: prepare with such data."
            )
        chosen = torch.randint(len(self.pool), (n, n_features, self.n_samples)).to(self.pool.device)
        return self.pool[chosen, torch.arange(n_features, device=chosen.device)[:, None]].to(x)
