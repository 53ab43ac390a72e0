"""DeepLIFT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Baselined, Complete
from tsinterp_lib.explainers._captum import Inner, answer, deep_lift_guard, hooked
from tsinterp_lib.explainers.deep_lift.rescale_rule import rescale_rule


@dataclass(frozen=True, kw_only=True)
class DeepLift(Baselined, Complete):
    r"""Sends differences from a baseline back through the network by the rescale rule :cite:p:`shrikumar2017`.

    .. math:: a = (x - b) \odot m, \qquad m_{\text{in}} = m_{\text{out}} \frac{\Delta_{\text{out}}}{\Delta_{\text{in}}}
        \text{ at each hooked non-linear module, the gradient elsewhere}

    Units: those of the output. ``baseline`` b: ``zero`` (default), ``uniform`` or ``train_mean``; or ``reference``,
    a series. Departure from the paper, kept because it is what Captum computes: the rule acts on non-linear
    *modules* only (``nn.ReLU``, ``nn.Tanh``, ``nn.MaxPool1d``, …). Nothing inside ``nn.LSTM`` and no functional
    call is a module, so on a recurrent network the answer is exactly :math:`(x - b) \odot \nabla f(x)`, and
    completeness fails; :func:`~tsinterp_lib.explainers.convergence_delta` shows by how much. A network without such
    modules is therefore served by one gradient. One whose only maximum is its last module is served without Captum:
    the references go forward alone, not back. There, a maximum's inputs that equal the reference's take their own
    gradient; Captum 0.9 gives them that of the batch's first row.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` where a module is used twice (Captum cannot hook
    it), where the model holds ``nn.Softmax`` (Captum 0.9 normalises it over the batch), or on a baseline of another
    shape.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline."""
        return self.copies_keep_baselines(x)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        if not hooked(model):
            return (x - b) * self.gradients(model, x, target)
        found = rescale_rule(self, model, x, b[None], torch.arange(len(x), device=x.device), target)
        if found is not None:
            return found
        import captum.attr  # late: see _captum.py

        with deep_lift_guard(model):
            return answer(self, captum.attr.DeepLift(Inner(model)), x, target, rows_each=2, per_sample={"baselines": b})
