"""DeepLIFT."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Line, Paired
from tsinterp_lib.explainers._baseline import Baselined, Complete
from tsinterp_lib.explainers._captum import hooked
from tsinterp_lib.explainers.deep_lift.pairs import paired_rule
from tsinterp_lib.explainers.deep_lift.rescale_rule import rescale_rule


@dataclass(frozen=True, kw_only=True)
class DeepLift(Baselined, Complete):
    r"""Sends differences from a baseline back through the network by the rescale rule :cite:p:`shrikumar2017`.

    .. math:: a = (x - b) \odot m, \qquad m_{\text{in}} = m_{\text{out}} \frac{\Delta_{\text{out}}}{\Delta_{\text{in}}}
        \text{ at each hooked non-linear module, the gradient elsewhere}

    Units: those of the output. ``baseline`` b: ``zero`` (default), ``uniform`` or ``train_mean``; or ``reference``,
    a series. Departure from the paper, as in Captum: the rule acts on non-linear *modules* only (``nn.ReLU``,
    ``nn.Tanh``, ``nn.MaxPool1d``, …). Nothing inside ``nn.LSTM`` and no functional call is a module, so on a recurrent
    network the answer is exactly :math:`(x - b) \odot \nabla f(x)`, and completeness fails;
    :func:`~tsinterp_lib.explainers.convergence_delta` shows by how much. A network without such modules is therefore
    served by one gradient.

    The rule is the library's own. Captum 0.9 gives other numbers in five cases, in which its answer is not complete,
    depends on the batch, or is refused, and the one here is complete where all that is not linear is a module:

    =====================================  ==========================================================================
    network                                Captum 0.9
    =====================================  ==========================================================================
    two modules that follow each other     loses the rule of the second, as of a maximum behind a ReLU (its thread
                                           1104)
    a maximum's inputs equal the           gives such a cell the gradient of the batch's first row (1276); here its own
    reference's
    windows of a maximum overlap           counts a cell that is the largest of two of them once
    time is the first axis inside          takes the first half of the steps for the samples
    a module is used twice                 refuses it
    =====================================  ==========================================================================

    Raises :class:`~tsinterp_lib.errors.InvalidInput` where the model holds ``nn.Softmax`` (Captum normalises its
    multipliers over the batch, thread 1367; no rule for it is complete and independent of the batch but the plain
    gradient), where a module sees samples and steps mixed in one axis, or on a baseline of another shape.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline."""
        return self.copies_keep_baselines(x)

    def on_a_line(self, model: nn.Module, x: Float[Tensor, "N *axes"], rows: int) -> Line | None:
        """Return one gradient, times the input minus its baseline, where no module is hooked."""
        of = replace(self, batch_size=rows)
        return None if hooked(model) else Line(lambda net, z, _, c: of.gradients(net, z, c), self.baseline_of(x))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        if not hooked(model):
            return (x - b) * self.gradients(model, x, target)
        compared = b[None], torch.arange(len(x), device=x.device), target
        found = rescale_rule(self, model, x, *compared)
        return paired_rule(self, model, x, *compared) if found is None else found
