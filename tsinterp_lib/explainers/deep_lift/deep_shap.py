"""DeepSHAP: DeepLIFT averaged over references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Complete, Referenced
from tsinterp_lib.explainers._captum import Inner, answer, deep_lift_guard, hooked
from tsinterp_lib.explainers.deep_lift.rescale_rule import rescale_rule


@dataclass(frozen=True, kw_only=True)
class DeepShap(Referenced, Complete):
    r"""Averages DeepLIFT over several references, an approximation of SHAP values :cite:p:`lundberg2017`.

    .. math:: a = \frac{1}{R} \sum_{r=1}^{R} \mathrm{DeepLIFT}(x, b_r)

    Units: those of the output. ``references``: ``train`` (default), ``n_references`` (20) training samples, or
    ``uniform``, as many series from U[0, 1) for every ``group_size`` samples; or ``reference``, series. The numbers
    of Captum's ``DeepLiftShap``, with the limits that :class:`~tsinterp_lib.explainers.DeepLift` states; a sample goes
    forward once instead of once per reference, and the references never go back. On a network without hookable
    modules the mean collapses to :math:`(x - \bar b) \odot \nabla f(x)`: one gradient instead of R.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` as DeepLift does, and where training references are asked for
    before ``prepare``.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps the references of its sample's group."""
        return self.copies_keep_references(x)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        draws = list(self.draws(x))
        if not hooked(model):
            mean = torch.cat([r.mean(0).expand_as(x[group]) for group, r in draws])
            return (x - mean) * self.gradients(model, x, target)
        groups = torch.cat([torch.full((len(x[g]),), i, device=x.device) for i, (g, _) in enumerate(draws)])
        found = rescale_rule(self, model, x, torch.stack([r for _, r in draws], 1), groups, target)
        if found is not None:
            return found
        return torch.cat([self._captums(model, x[group], r, target[group]) for group, r in draws])

    def _captums(
        self,
        model: nn.Module,
        x: Float[Tensor, "N *axes"],
        references: Float[Tensor, "R *axes"],
        target: Int[Tensor, "N"],
    ) -> Float[Tensor, "N *axes"]:
        """Both axes in chunks: a sample and a reference are two rows."""
        import captum.attr  # late: see _captum.py

        method = captum.attr.DeepLiftShap(Inner(model))
        total = torch.zeros_like(x)
        with deep_lift_guard(model):
            for part in torch.split(references, max(2, self.batch_size // 2)):
                several = part if len(part) > 1 else part.expand(2, *part.shape[1:])  # Captum asks for two
                a = answer(self, method, x, target, rows_each=2 * len(several), baselines=several)
                total += a * (len(part) / len(references))
        return total
