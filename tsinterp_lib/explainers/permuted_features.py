"""Control of the 2020 benchmark: another method's map with its features shuffled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.types import Explainer, Samples


@dataclass(frozen=True, kw_only=True)
class PermutedFeatures(Explainer):
    r"""The "random" baseline of the 2020 code :cite:p:`ismail2020`: one shuffle of the feature axis of another map.

    .. math:: a_{ntf} = a^{\text{base}}_{n t \pi(f)}

    with one permutation :math:`\pi` for all samples and steps, so the time profile of ``base`` survives: it is no
    chance level, and is kept to show what the published comparison was made with. Use
    :class:`~tsinterp_lib.explainers.Random` for chance. Units and errors: those of ``base``.
    """

    base: Explainer

    def prepare(self, model: nn.Module, train: Samples) -> Explainer:
        """A copy whose base is prepared."""
        return replace(self, base=self.base.prepare(model, train))

    def for_samples(self, samples: Samples) -> Explainer:
        """A copy whose base is told about the samples."""
        return replace(self, base=self.base.for_samples(samples))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N T F"]:
        a = self.base._attribute(model, x, target)
        return a[:, :, torch.randperm(x.shape[2]).to(x.device)]
