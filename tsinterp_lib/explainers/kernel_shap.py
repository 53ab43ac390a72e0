"""KernelSHAP."""

from __future__ import annotations

from dataclasses import dataclass

import captum.attr
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._perturb import GROUPS, groups_of, outputs
from tsinterp_lib.registry import known


@dataclass(frozen=True, kw_only=True)
class KernelShap(Baselined):
    r"""Shapley values as the coefficients of a weighted linear regression :cite:p:`lundberg2017`.

    .. math:: a = \arg\min_w \sum_{s=1}^{S} k(z_s)\bigl(f_c(x_s) - w_0 - w^\top z_s\bigr)^2

    where :math:`z_s` switches on a random set of groups of cells, its size drawn by the Shapley kernel, and
    :math:`x_s` has all other groups from the baseline. Units: those of the output. ``n_samples`` S (default 500; for
    G groups take several times G, 50 steps need 500); ``groups``: ``time`` (default), ``feature`` or ``cell``. Every
    cell of a group gets its value. Served by Captum, sample by sample; its regression is in float32, with a weight of
    a million on the empty and the full set, where the paper has an equality.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than two samples or a baseline of another shape.
    """

    groups: str = "time"
    n_samples: int = 500
    batch_size: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.groups, GROUPS, "grouping")
        if self.n_samples < 2:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples}: the empty and the full set alone are two; take several per group."
            )

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N T F"]:
        b = self.baseline_of(x)
        groups = groups_of(self.groups, x)[None]
        if int(groups.max()) == 0:  # one player takes all; Captum divides by zero
            gain = outputs(model, x, target, self.batch_size) - outputs(model, b, target, self.batch_size)
            return gain[:, None, None].expand_as(x).clone()
        with torch.no_grad():
            return self.captum(
                captum.attr.KernelShap(model),
                x,
                target,
                rows_each=self.batch_size,  # one sample at a time: Captum warns about more, and loops
                per_sample={"baselines": b},
                feature_mask=groups,
                n_samples=self.n_samples,
                perturbations_per_eval=self.batch_size,
            )
