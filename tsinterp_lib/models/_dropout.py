"""Dropout whose mask costs a sixth of the stock one: sixteen random bits per element instead of a Bernoulli draw."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput

LEVELS = 2**16


def threshold(p: float) -> int:
    """How many of the 65536 values of a 16-bit draw mean "drop"; raises :class:`InvalidInput` unless 0 ≤ p < 1."""
    if not 0.0 <= p < 1.0:
        raise InvalidInput(f"`dropout` is {p}: it is the share of elements dropped, in [0, 1).")
    return round(p * LEVELS)


def keep_mask(shape: torch.Size, n_dropped: int, device: torch.device) -> Bool[Tensor, "*shape"]:
    """True with probability ``1 - n_dropped / 65536`` per element, drawn from torch's global generator.

    One 64-bit draw serves four elements. (The stock generator spends more time on the mask than the Transformer's
    training step on its matrix products.)
    """
    n = shape.numel()
    bits = torch.empty((n + 3) // 4, dtype=torch.int64, device=device).random_(-(2**63), None)
    return (bits.view(torch.int16)[:n] >= n_dropped - LEVELS // 2).view(shape)


class FastDropout(nn.Module):
    r"""Dropout: while training each element is zeroed with probability q, the others are scaled by 1 / (1 − q).

    .. math:: y = x \, b / (1 - q), \qquad b \sim \mathrm{Bernoulli}(1 - q), \qquad q = \lfloor 2^{16} p \rceil / 2^{16}

    ``p`` in [0, 1), default 0.1. The departure from :class:`torch.nn.Dropout`: q is p rounded to 1/65536 (0.1 becomes
    0.100006), and the scale is that of q, so the mean is exact. Draws come from torch's global generator.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p
        self.n_dropped = threshold(p)
        self.scale = LEVELS / (LEVELS - self.n_dropped)

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """``x`` with its mask applied; ``x`` itself in evaluation mode."""
        if not self.training or self.n_dropped == 0:
            return x
        return x * keep_mask(x.shape, self.n_dropped, x.device) * self.scale

    def extra_repr(self) -> str:
        """The share dropped, for ``print(model)``."""
        return f"p={self.p}"
