"""Say what the networks share: their shapes, and logits or probabilities as output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.axes import SERIES
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.models._softmax import softmax

OUTPUTS = ("logits", "probabilities")


class Network(nn.Module, ABC):
    """Classifies series: (N, T, F) to (N, C), or (N, T, C) of a network read at every step; float of any precision.

    ``output`` is ``"logits"``, or ``"probabilities"`` as in the released benchmark, where a softmax closes the network
    and cross-entropy is then applied to it. Raises :class:`InvalidInput` for sizes below one or another ``output``.
    """

    axes = SERIES
    any_length: ClassVar[bool] = False
    """Whether prefixes, of any number of steps, are taken too."""

    def __init__(self, n_steps: int, n_features: int, n_classes: int, output: str) -> None:
        super().__init__()
        for name, size in (("n_steps", n_steps), ("n_features", n_features), ("n_classes", n_classes)):
            if size < 1:
                raise InvalidInput(f"`{name}` is {size}: a network needs at least one.")
        if output not in OUTPUTS:
            raise InvalidInput(f"`output` is {output!r}: choose 'logits' or 'probabilities'.")
        self.n_steps, self.n_features, self.n_classes, self.output = n_steps, n_features, n_classes, output

    def forward(self, x: Float[Tensor, "N t F"]) -> Float[Tensor, "N *t C"]:
        """Return scores of the classes; raises :class:`InvalidInput` where T or F are not the network's."""
        steps = x.shape[1] if self.any_length and x.dim() == 3 else self.n_steps
        if tuple(x.shape[1:]) != (steps, self.n_features):
            prefixes = " and prefixes of that" if self.any_length else ""
            raise InvalidInput(
                f"`x` has shape {tuple(x.shape)}; the network takes (N, {self.n_steps}, {self.n_features}){prefixes}: "
                "check the order of the axes, or build the network with the sizes of the data."
            )
        logits = self._logits(x)
        return softmax(logits.flatten(0, -2)).view_as(logits) if self.output == "probabilities" else logits

    @abstractmethod
    def _logits(self, x: Float[Tensor, "N t F"]) -> Float[Tensor, "N *t C"]: ...
