"""Methods that wrap another method."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.types import Samples


@dataclass(frozen=True, kw_only=True)
class Wrapper(Explainer):
    """A method that changes what another, ``base``, is shown or answers; what it learns or is told, its base is too."""

    base: Explainer

    def for_axes(self, axes: Axes) -> Explainer:
        """A copy that explains inputs with these axes, as its base does."""
        return replace(self, axes=super().for_axes(axes).axes, base=self.base.for_axes(axes))

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        return replace(self, base=self.base.prepare(model, train))

    def for_samples(self, samples: Samples) -> Explainer:
        """A copy whose base is told about the samples."""
        return replace(self, base=self.base.for_samples(samples))

    def cut_to(self, length: int, of: int) -> Explainer:
        """A copy whose base is cut like the samples."""
        return replace(self, base=self.base.cut_to(length, of))
