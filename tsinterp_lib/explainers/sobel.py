"""Control: edges of the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.registry import known

FORMS = ("magnitude", "as_released")


@dataclass(frozen=True, kw_only=True)
class Sobel(Explainer):
    r"""Gives the edges of the input by Sobel's operator, which knows nothing of the model :cite:p:`hooker2019`.

    .. math:: a = \sqrt{(S_{\text{row}} * x)^2 + (S_{\text{column}} * x)^2}

    per channel, borders reflected. Of series there is one axis, and :math:`a = |S_{\text{time}} * x|`, twice the
    difference of a step's neighbours. ``form="as_released"``: the signed derivative along rows alone, smoothed with
    [1, 2, 1] along all other axes, colours included, as the released code of ROAR has it. Units: those of x. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` for axes without rows and columns, time, tokens or frames.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    form: str = "magnitude"

    def __post_init__(self) -> None:
        known(self.form, FORMS, "form of the Sobel control")

    def for_axes(self, axes: Axes) -> Explainer:
        """Return a copy for inputs with these axes; raises where they have no edges."""
        axes.neighbours("sobel")
        return super().for_axes(axes)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        from scipy import ndimage  # slow to import, and only needed here

        values, dims = x.detach().cpu().double().numpy(), self.axes.neighbours("sobel")
        if not values.size:
            raise InvalidInput("`x` is empty: there are no edges to find.")
        total = torch.zeros(x.shape, dtype=torch.float64)
        for dim in dims[:1] if self.form == "as_released" else dims:
            a = ndimage.correlate1d(values, [-1.0, 0.0, 1.0], axis=dim)
            others = range(1, x.dim()) if self.form == "as_released" else dims
            for other in others:
                if other != dim:
                    a = ndimage.correlate1d(a, [1.0, 2.0, 1.0], axis=other)
            if self.form == "as_released":
                return torch.from_numpy(a).to(x)
            total += torch.from_numpy(a).square()
        return total.sqrt().to(x)
