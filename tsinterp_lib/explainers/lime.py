"""LIME."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._captum import answer
from tsinterp_lib.explainers._regress import pattern_outputs, ridge
from tsinterp_lib.explainers._replaced import check_groups, groups_of
from tsinterp_lib.registry import known

PENALTIES = ("ridge", "lasso")


@dataclass(frozen=True, kw_only=True)
class Lime(Baselined):
    r"""Fits the coefficients of a weighted linear regression on random on-off patterns :cite:p:`ribeiro2016`.

    .. math:: a = \arg\min_w \sum_{s=1}^{S} k(x, x_s)\bigl(f_c(x_s) - w_0 - w^\top z_s\bigr)^2 + \Omega(w)

    :math:`z_s` switches each group of cells on or off with probability one half, :math:`x_s` has the groups that
    are off from the baseline, and k is an exponential kernel of the cosine distance. Units: those of the output.
    ``baseline`` b: ``zero`` (default), ``uniform`` or ``train_mean``; or ``reference``, a sample. ``n_samples`` S
    (default 500); ``groups``: the name of an axis (default ``time``), names joined by + (``row+column``), or ``cell``;
    ``kernel_width`` (default 1); ``penalty`` Ω: ``ridge`` (default) or ``lasso``, of strength ``alpha`` (default 0.01)
    as scikit-learn scales it.
    Every cell of a group gets its coefficient. Captum's own default is the lasso, which sets nearly all
    coefficients to zero where the output is a probability; it is served by Captum, sample by sample, in float32.
    With the ridge all samples of a call share their patterns and go through the model together, and the regressions
    are in float64: Captum's values for the same patterns.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one sample, a baseline of another shape, or a
    grouping that names no axis; :class:`~tsinterp_lib.errors.UnknownName` for a penalty there is not.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    groups: str = "time"
    n_samples: int = 500
    kernel_width: float = 1.0
    penalty: str = "ridge"
    alpha: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_groups(self.groups)
        known(self.penalty, PENALTIES, "penalty")
        if self.n_samples < 1 or self.kernel_width <= 0 or self.alpha < 0:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples}, `kernel_width` {self.kernel_width}, `alpha` {self.alpha}: "
                "at least one sample, a positive width, and a penalty that is not negative."
            )

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline; Captum's lasso goes sample by sample and draws as it goes."""
        return self.copies_keep_baselines(x, together=self.penalty == "lasso")

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        groups = groups_of(self.axes, self.groups, x)
        if self.penalty == "lasso":
            return self._captum_lasso(model, x, b, target, groups)
        on = torch.rand(self.n_samples, int(groups.max()) + 1).to(x.device) < 0.5
        name = type(self).__name__ if self.progress else None
        y = pattern_outputs(model, x, b, target, groups, on, self.batch_size, name)
        return ridge(on, y, similarity(x, b, groups, on, self.kernel_width), self.alpha).T[:, groups]

    def _captum_lasso(
        self,
        model: nn.Module,
        x: Float[Tensor, "N *axes"],
        b: Float[Tensor, "N *axes"],
        target: Int[Tensor, "N"],
        groups: Int[Tensor, "*axes"],
    ) -> Float[Tensor, "N *axes"]:
        import captum.attr  # late: see _captum.py
        from captum._utils.models.linear_model import SkLearnLasso
        from captum.attr._core.lime import get_exp_kernel_similarity_function

        method = captum.attr.Lime(
            model,
            interpretable_model=SkLearnLasso(alpha=self.alpha),
            similarity_func=get_exp_kernel_similarity_function("cosine", kernel_width=self.kernel_width),
        )
        with torch.no_grad():
            return answer(
                self,
                method,
                x,
                target,
                rows_each=self.batch_size,  # one sample at a time: Captum warns about more, and loops
                per_sample={"baselines": b},
                feature_mask=groups[None],
                n_samples=self.n_samples,
                perturbations_per_eval=self.batch_size,
            )


def similarity(
    x: Float[Tensor, "N *axes"],
    b: Float[Tensor, "N *axes"],
    groups: Int[Tensor, "*axes"],
    on: Bool[Tensor, "S G"],
    width: float,
) -> Float[Tensor, "S N"]:
    """Return exp(−d² / 2·width²), d the cosine distance of x and its perturbed copy, from sums per group: no copy is
    made.
    """
    x, b, z = x.double().flatten(1), b.double().flatten(1), on.double()

    def per_group(v: Tensor) -> Tensor:
        return torch.zeros(on.shape[1], len(x), dtype=v.dtype, device=v.device).index_add(0, groups.flatten(), v.T)

    xx, xb, bb = per_group(x * x), per_group(x * b), per_group(b * b)
    dot, square = z @ xx + (1 - z) @ xb, z @ xx + (1 - z) @ bb
    norms = (xx.sum(0) * square).sqrt().clamp_min(1e-12)
    return torch.exp(-((1 - dot / norms) ** 2) / (2 * width**2))
