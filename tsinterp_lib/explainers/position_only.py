"""Control: where the signal usually is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._baseline import cut, mean_sample
from tsinterp_lib.types import Samples


@dataclass(frozen=True, kw_only=True)
class PositionOnly(Explainer):
    r"""Gives the mean true importance of the training samples, the same map for every sample.

    .. math:: a_{ntf} = \frac{1}{N_{\text{train}}} \sum_{i} m_{itf}

    It looks neither at the model nor at the sample: what a method scores above it is what it sees in the sample. No
    units, range [0, 1]. Raises :class:`~tsinterp_lib.errors.InvalidInput` where the training data have no true
    importance, or ``prepare`` was not called.
    """

    per_step: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...] | None] = None
    importance: Tensor | None = field(default=None, repr=False, compare=False)

    @property
    def takes_missing(self) -> bool:
        """It reads no value."""
        return True

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        if train.importance is None:
            raise InvalidInput(
                "`train.importance` is None: position_only learns where the signal lies; leave it out for data "
                "whose important cells are unknown."
            )
        return replace(self, importance=mean_sample(replace(train, x=train.importance.to(train.x.dtype))))

    def cut_to(self, length: int, of: int) -> Explainer:
        """Return a copy whose mean mask is cut like the samples."""
        return replace(self, importance=cut(self.importance, self.axes, length, of))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N *axes"]:
        if self.importance is None:
            raise InvalidInput("position_only has seen no training sample: call prepare(model, train) first.")
        return checks.check_like(self.importance, x, "importance").to(x).expand_as(x).clone()
