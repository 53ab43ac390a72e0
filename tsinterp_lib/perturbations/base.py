"""Say what every perturbation has in common: a mask says how much of each cell is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput


class Perturbation(ABC):
    """Takes cells away, as far as a mask says: a frozen dataclass whose fields are its settings.

    ``y = perturb(x, m)``: cell (t, i) of y is that of x where m is 1 and fully perturbed where m is 0; it depends on
    the mask at that cell alone, so that ``dy/dm`` is one number per cell.
    """

    @abstractmethod
    def on(self, x: Float[Tensor, "N T F"]) -> Perturbed:
        """Return the perturbation of given series, with all that does not depend on the mask computed once."""

    def perturb(self, x: Float[Tensor, "N T F"], m: Float[Tensor, "N T F"]) -> Float[Tensor, "N T F"]:
        """Return each series under its own mask; raises :class:`InvalidInput` where the shapes differ or m leaves [0,
        1].
        """
        if m.shape != x.shape:
            raise InvalidInput(f"`m` has shape {tuple(m.shape)}; `x` has {tuple(x.shape)}: give a number per cell.")
        if not bool(((m >= 0) & (m <= 1)).all()):
            raise InvalidInput(f"`m` goes from {float(m.min())} to {float(m.max())}: a mask lies in [0, 1].")
        return self.on(x).value(m.flatten()[None]).view_as(x)


class Perturbed(ABC):
    """Perturbs P = N·T·F cells under R masks at a time."""

    @abstractmethod
    def value(self, m: Float[Tensor, "R P"]) -> Float[Tensor, "R P"]:
        """Return the perturbed cells."""

    @abstractmethod
    def slope(
        self, m: Float[Tensor, "R K"], y: Float[Tensor, "R K"], cells: Int[Tensor, "K"] | None
    ) -> Float[Tensor, "R K"]:
        """Return the derivative of the perturbed ``cells`` (None: of all) by their mask; ``y`` are their values."""


class Faded(Perturbed):
    """Fades along a straight line from what replaces a cell, at m = 0, to the cell, at m = 1."""

    def __init__(self, x: Float[Tensor, "N T F"], replacement: Float[Tensor, "N T F"]) -> None:
        self.away = replacement.flatten()
        self.difference = x.flatten() - self.away

    def value(self, m: Float[Tensor, "R P"]) -> Float[Tensor, "R P"]:
        """Return the point on the line."""
        return torch.addcmul(self.away, m, self.difference)

    def slope(
        self, m: Float[Tensor, "R K"], y: Float[Tensor, "R K"], cells: Int[Tensor, "K"] | None
    ) -> Float[Tensor, "R K"]:
        """Return the same along the line."""
        return (self.difference if cells is None else self.difference[cells]).expand_as(m)
