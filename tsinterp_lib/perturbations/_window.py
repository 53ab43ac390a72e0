"""Say what the fadings to the mean of a window share: its width, its kernel, and the mean itself."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.perturbations.base import Faded, Perturbation
from tsinterp_lib.registry import known

KERNELS = ("as_released", "corrected")


@dataclass(frozen=True)
class Windowed(Perturbation):
    """Fades to a weighted mean of the feature over the steps of a window; subclasses write ``weights``."""

    width: int = 2
    kernel: str = "corrected"

    def __post_init__(self) -> None:
        known(self.kernel, KERNELS, "kernel")
        if self.width < 1:
            raise InvalidInput(f"`width` is {self.width}: a window reaches at least one step to a side.")

    def on(self, x: Float[Tensor, "N T F"]) -> Faded:
        """Return the fading of given series."""
        return Faded(x, torch.einsum("ts,nsf->ntf", self.weights(distances(x.shape[1])).to(x), x))

    @abstractmethod
    def weights(self, ahead: Int[Tensor, "T T"]) -> Float[Tensor, "T T"]:
        """Return the weight of step s in the mean that replaces step t, float64; ``ahead`` is s − t in row t and column
        s.
        """


def distances(n_steps: int) -> Int[Tensor, "T T"]:
    """s − t for every pair of steps: rows are t, columns s."""
    at = torch.arange(n_steps)
    return at[None, :] - at[:, None]
