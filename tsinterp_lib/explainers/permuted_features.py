"""Control of the 2020 benchmark: another method's map with its features shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._wrapper import Wrapper


@dataclass(frozen=True, kw_only=True)
class PermutedFeatures(Wrapper):
    r"""Shuffles the feature axis of another map once: the "random" baseline of the 2020 code :cite:p:`ismail2020`.

    .. math:: a_{ntf} = a^{\text{base}}_{n t \pi(f)}

    with one permutation :math:`\pi` for all samples and steps, so the time profile of ``base`` survives: it is no
    chance level, and is kept to show what the published comparison was made with. Use
    :class:`~tsinterp_lib.explainers.Random` for chance. Units and errors: those of ``base``; also raises
    :class:`~tsinterp_lib.errors.InvalidInput` where no axis is called ``feature``.
    """

    needs: ClassVar[tuple[str, ...] | None] = None

    def for_axes(self, axes: Axes) -> Explainer:
        """Return a copy that shuffles the axis feature of inputs with these axes; raises where there is none."""
        axes.dim("feature")
        return super().for_axes(axes)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        a = self.base._attribute(model, x, target)
        features = self.axes.dim("feature")
        return a.index_select(features, torch.randperm(x.shape[features]).to(x.device))
