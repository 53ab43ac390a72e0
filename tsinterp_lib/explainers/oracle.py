"""Control: the truth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._baseline import cut
from tsinterp_lib.types import Samples


@dataclass(frozen=True, kw_only=True)
class Oracle(Explainer):
    """Gives the true importance of the samples: one where the generator put the signal, zero elsewhere.

    The control that shows what a metric gives at best. No units. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` where the samples have no true importance, ``for_samples`` was not
    called, or it was called with other samples.
    """

    per_step: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...] | None] = None
    importance: Tensor | None = field(default=None, repr=False, compare=False)

    @property
    def takes_missing(self) -> bool:
        """It reads no value."""
        return True

    def for_samples(self, samples: Samples) -> Explainer:
        """Return a copy that knows the mask of ``samples``."""
        if samples.importance is None:
            raise InvalidInput(
                "`importance` is None: the oracle needs samples whose important cells are known; leave it out for "
                "this data."
            )
        return replace(self, importance=samples.importance)

    def cut_to(self, length: int, of: int) -> Explainer:
        """Return a copy whose mask is cut like the samples."""
        return replace(self, importance=cut(self.importance, self.axes, length, of))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N *axes"]:
        if self.importance is None:
            raise InvalidInput("the oracle has seen no mask: call for_samples(samples) with the samples to explain.")
        if self.importance.shape != x.shape:
            raise InvalidInput(
                f"the oracle knows a mask of shape {tuple(self.importance.shape)}; `x` has {tuple(x.shape)}: "
                "call for_samples with the samples to explain."
            )
        return self.importance.to(x)
