"""Drop elements by a mask at a fraction of the stock cost: sixteen random bits each, not a Bernoulli draw."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput

LEVELS = 2**16


def threshold(p: float) -> int:
    """Say how many of the 65536 values of a 16-bit draw mean "drop"; raises :class:`InvalidInput` unless 0 ≤ p < 1."""
    if not 0.0 <= p < 1.0:
        raise InvalidInput(f"`dropout` is {p}: it is the share of elements dropped, in [0, 1).")
    return min(round(p * LEVELS), LEVELS - 1)


def scale_of(n_dropped: int) -> float:
    """Say what kept elements are multiplied by, so that the mean is unchanged."""
    return LEVELS / (LEVELS - n_dropped)


def kept(like: Tensor, n_dropped: int) -> Tensor:
    """Ones with probability ``1 - n_dropped / 65536``, else zeros, of the shape and dtype of ``like``.

    Drawn from torch's global generator, four elements from one 64-bit draw. The comparison writes floats at once: a
    product with a Boolean mask would first convert it. (The stock generator takes six times as long per element, more
    than all matrix products of the Transformer's forward pass.)
    """
    n = like.numel()
    bits = torch.empty((n + 3) // 4, dtype=torch.int64, device=like.device).random_(-(2**63), None)
    draws = bits.view(torch.int16)[:n].view(like.shape)
    return torch.ge(draws, n_dropped - LEVELS // 2, out=torch.empty(like.shape, dtype=like.dtype, device=like.device))


class FastDropout(nn.Module):
    r"""Drops out: while training it zeroes each element with probability q and scales the others by 1 / (1 − q).

    .. math:: y = x \, b / (1 - q), \qquad b \sim \mathrm{Bernoulli}(1 - q), \qquad q = \lfloor 2^{16} p \rceil / 2^{16}

    ``p`` in [0, 1), default 0.1. The departure from :class:`torch.nn.Dropout`: q is p rounded to 1/65536 (0.1 becomes
    0.100006), and the scale is that of q, so the mean is exact. Draws come from torch's global generator.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p
        self.n_dropped = threshold(p)

    @property
    def active(self) -> int:
        """Say how many of 65536 draws mean "drop" at present: none in evaluation mode."""
        return self.n_dropped if self.training else 0

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Return ``x`` with its mask applied; ``x`` itself in evaluation mode."""
        return x * kept(x, self.active).mul_(scale_of(self.active)) if self.active else x

    def extra_repr(self) -> str:
        """Return the share dropped, for ``print(model)``."""
        return f"p={self.p}"
