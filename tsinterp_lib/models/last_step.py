"""Give the smallest black box whose explanation is known by heart."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.axes import SERIES


class LastStep(nn.Module):
    """Gives the features of the last step, (N, T, F) to (N, F): that step matters, and nothing else does.

    For walking through a method on one series; ``output`` is ``values``.
    """

    axes, output = SERIES, "values"

    def forward(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N F"]:
        """Return the last column."""
        return x[:, -1]
