"""Fade to a reference series."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib.checks import check_like
from tsinterp_lib.perturbations.base import Faded, Perturbation


@dataclass(frozen=True)
class Reference(Perturbation):
    r"""Fades along a line to a reference :cite:p:`crabbe2021`.

    .. math:: y_{ti} = r_{ti} + m_{ti} (x_{ti} - r_{ti})

    ``value`` (default 0) fills the reference r, unless ``reference`` is a series: (T, F), or what broadcasts to x.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` for a reference of another shape.
    """

    value: float = 0.0
    reference: Tensor | None = field(default=None, repr=False, compare=False)

    def on(self, x: Float[Tensor, "N T F"]) -> Faded:
        """Return the fading of given series."""
        given = torch.full_like(x, self.value) if self.reference is None else self.reference.to(x)
        return Faded(x, check_like(given, x, "reference").expand_as(x))
