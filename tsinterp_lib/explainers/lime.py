"""LIME."""

from __future__ import annotations

from dataclasses import dataclass

import captum.attr
import torch
from captum._utils.models.linear_model import SkLearnLasso, SkLearnRidge
from captum.attr._core.lime import get_exp_kernel_similarity_function
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._perturb import GROUPS, groups_of
from tsinterp_lib.registry import known

PENALTIES = {"ridge": SkLearnRidge, "lasso": SkLearnLasso}


@dataclass(frozen=True, kw_only=True)
class Lime(Baselined):
    r"""The coefficients of a weighted linear regression on random on-off patterns :cite:p:`ribeiro2016`.

    .. math:: a = \arg\min_w \sum_{s=1}^{S} k(x, x_s)\bigl(f_c(x_s) - w_0 - w^\top z_s\bigr)^2 + \Omega(w)

    :math:`z_s` switches each group of cells on or off with probability one half, :math:`x_s` has the groups that are
    off from the baseline, and k is an exponential kernel of the cosine distance. Units: those of the output.
    ``n_samples`` S (default 500), ``groups``: ``time`` (default), ``feature`` or ``cell``; ``kernel_width`` (default
    1); ``penalty`` Ω: ``ridge`` (default) or ``lasso``, of strength ``alpha`` (default 0.01) as scikit-learn scales it.
    Every cell of a group gets its coefficient. Captum's own default is the lasso, which sets nearly all coefficients
    to zero where the output is a probability. Served by Captum, sample by sample; its regression is in float32.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one sample or a baseline of another shape,
    :class:`~tsinterp_lib.errors.UnknownName` for a grouping or penalty there is not.
    """

    groups: str = "time"
    n_samples: int = 500
    kernel_width: float = 1.0
    penalty: str = "ridge"
    alpha: float = 0.01
    batch_size: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.groups, GROUPS, "grouping")
        known(self.penalty, PENALTIES, "penalty")
        if self.n_samples < 1 or self.kernel_width <= 0 or self.alpha < 0:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples}, `kernel_width` {self.kernel_width}, `alpha` {self.alpha}: "
                "at least one sample, a positive width, and a penalty that is not negative."
            )

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N T F"]:
        b = self.baseline_of(x)
        groups = groups_of(self.groups, x)[None]
        method = captum.attr.Lime(
            model,
            interpretable_model=PENALTIES[self.penalty](alpha=self.alpha),
            similarity_func=get_exp_kernel_similarity_function("cosine", kernel_width=self.kernel_width),
        )
        with torch.no_grad():
            return self.captum(
                method,
                x,
                target,
                rows_each=self.batch_size,  # one sample at a time: Captum warns about more, and loops
                per_sample={"baselines": b},
                feature_mask=groups,
                n_samples=self.n_samples,
                perturbations_per_eval=self.batch_size,
            )
