"""Methods that wrap another method."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.types import Samples


@dataclass(frozen=True, kw_only=True)
class Wrapper(Explainer):
    """Changes what another method, ``base``, is shown or answers; what it learns or is told, its base is too."""

    base: Explainer

    @property
    def takes_missing(self) -> bool:
        """Say whether the base takes them; raises :class:`InvalidInput` where it is no explainer."""
        if not isinstance(self.base, Explainer):
            raise InvalidInput(f"`base` is {self.base!r}: give an explainer, e.g. Gradient(), or Choice('gradient').")
        return self.base.takes_missing

    @property
    def mixes_samples(self) -> bool:
        """Say whether the base does."""
        return self.base.mixes_samples

    def for_axes(self, axes: Axes) -> Explainer:
        """Return a copy that explains inputs with these axes, as its base does."""
        return replace(self, axes=super().for_axes(axes).axes, base=self.base.for_axes(axes))

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        return replace(self, base=self.base.prepare(model, train))

    def for_samples(self, samples: Samples) -> Explainer:
        """Return a copy whose base is told about the samples."""
        return replace(self, base=self.base.for_samples(samples))

    def cut_to(self, length: int, of: int) -> Explainer:
        """Return a copy whose base is cut like the samples."""
        return replace(self, base=self.base.cut_to(length, of))
