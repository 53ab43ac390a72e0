"""How far attributions are from completeness."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._baseline import Complete
from tsinterp_lib.explainers._replaced import outputs
from tsinterp_lib.guard import attribution_mode


@torch.no_grad()
def convergence_delta(
    explainer: Explainer,
    model: nn.Module,
    x: Float[Tensor, "N *axes"],
    target: Int[Tensor, "N"],
    a: Float[Tensor, "N *axes"],
) -> Float[Tensor, "N"]:
    r"""Say what is missing from completeness, per sample, in units of the output :cite:p:`sundararajan2017`.

    .. math:: \delta_n = \sum_{\text{cells } i} a_{ni} - \bigl(f_c(x_n) - f_c(b_n)\bigr)

    with the mean of :math:`f_c(b)` over the references of DeepSHAP and GradientSHAP. Baselines that are drawn are
    drawn again: seed this call and ``attribute`` alike. Raises :class:`~tsinterp_lib.errors.InvalidInput` for a method
    without a completeness axiom.
    """
    if not isinstance(explainer, Complete):
        raise InvalidInput(
            f"{type(explainer).__name__} has no completeness axiom: a delta is defined for integrated gradients, "
            "DeepLIFT, DeepSHAP and GradientSHAP."
        )
    with attribution_mode(model), torch.no_grad():
        difference = outputs(model, x, target, 500) - explainer.baseline_output(model, x, target)
    return a.flatten(1).sum(1) - difference
