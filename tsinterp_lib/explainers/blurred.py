"""A smoothed copy of another map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._wrapper import Wrapper
from tsinterp_lib.explainers.random import Random


@dataclass(frozen=True, kw_only=True)
class Blurred(Wrapper):
    r"""Blurs the map of ``base`` with a Gaussian over its rows and columns, or over its steps.

    .. math:: a = G_\sigma * a^{\text{base}}

    ``sigma`` (default 1) in cells, borders reflected. Blur adds no information: a metric that a blurred random map
    (the default ``base``) does well at rewards smooth shapes, which is the control it is for :cite:p:`song2023`. Units
    and errors: those of ``base``; also raises :class:`~tsinterp_lib.errors.InvalidInput` for a ``sigma`` that is not
    positive, and for axes without rows and columns, time, tokens or frames.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    base: Explainer = field(default_factory=Random)
    sigma: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.sigma < float("inf"):
            raise InvalidInput(f"`sigma` is {self.sigma}: give a positive number of cells.")

    def for_axes(self, axes: Axes) -> Explainer:
        """Return a copy that blurs along the axes of these inputs; raises where there is none to blur along."""
        axes.neighbours("blurred")
        return super().for_axes(axes)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        from scipy.ndimage import gaussian_filter1d  # slow to import, and only needed here

        a = self.base._attribute(model, x, target).detach().cpu().double().numpy()
        for dim in self.axes.neighbours("blurred"):
            a = gaussian_filter1d(a, self.sigma, axis=dim)
        return torch.from_numpy(a).to(x)
