"""Classify with a Transformer: causal self-attention over time steps, read out by a maximum over time."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.models._attention import attention
from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._feed_forward import feed_forward
from tsinterp_lib.models._network import Network
from tsinterp_lib.models._norm import Norm

MASKED = -1e9


def positional_code(n_steps: int, width: int) -> Float[Tensor, "T F"]:
    r"""Return the released code's positional code, whose exponents are twice the usual ones of :cite:p:`vaswani2017`.

    .. math::
        P_{t,i} = \sin(t / 10000^{2i/F}) \;(i \text{ even}), \qquad P_{t,i} = \cos(t / 10000^{2i/F}) \;(i \text{ odd})
    """
    t = torch.arange(n_steps, dtype=torch.float64)[:, None]
    i = torch.arange(width, dtype=torch.float64)
    angle = t / 10000.0 ** (2 * i / width)
    return torch.where(i % 2 == 0, torch.sin(angle), torch.cos(angle))


class SelfAttention(nn.Module):
    r"""Computes multi-head attention :math:`\mathrm{softmax}(Q K^\top / \sqrt{d} + M) V`, dropout on the weights."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.n_heads, self.dropout = n_heads, FastDropout(dropout)

    def forward(self, x: Float[Tensor, "N T F"], mask: Float[Tensor, "T T"]) -> Float[Tensor, "N T F"]:
        """Return the mixed steps; ``mask`` is added to the scaled scores."""
        weight = torch.cat((self.query.weight, self.key.weight, self.value.weight))
        bias = torch.cat((self.query.bias, self.key.bias, self.value.bias))
        mixed = attention(
            nnf.linear(x, weight, bias), self.n_heads, mask, self.dropout.active, self.query.weight.requires_grad
        )
        out: Tensor = self.out(mixed)
        return out


class Layer(nn.Module):
    """Adds attention and a two-layer feed-forward part, each behind a norm, to its input."""

    def __init__(self, width: int, n_heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = Norm(width), Norm(width)
        self.attention = SelfAttention(width, n_heads, dropout)
        self.linear1, self.linear2 = nn.Linear(width, feed_forward), nn.Linear(feed_forward, width)
        self.dropout1, self.dropout2, self.dropout3 = (FastDropout(dropout) for _ in range(3))

    def forward(self, x: Float[Tensor, "N T F"], mask: Float[Tensor, "T T"]) -> Float[Tensor, "N T F"]:
        """Return the layer's output, of the same shape."""
        x = x + self.dropout1(self.attention(self.norm1(x), mask))
        first, second = self.linear1, self.linear2
        hidden = feed_forward(self.norm2(x), first.weight, first.bias, second.weight, second.bias, self.dropout2.active)
        out: Tensor = x + self.dropout3(hidden)
        return out


class Transformer(Network):
    r"""Reads a series with a Transformer encoder :cite:p:`vaswani2017` as in the time-series benchmark
    :cite:p:`ismail2020`.

    The series itself is the embedding, so the width is F: :math:`x \sqrt{F} + P` (see :func:`positional_code`), then
    ``n_layers`` 6 pre-norm layers of ``n_heads`` 5 heads and ``feed_forward`` 400 hidden units, a last norm, the
    maximum over time per feature, and a linear head; dropout 0.1 after the positional code, on attention weights, on
    both residual branches and inside the feed-forward part (MNIST: 6, 4, 400, 0.05, ``causal`` False). Details of the
    released code that are kept: attention is causal; the norm divides by the unbiased standard deviation plus 1e-6;
    all layers are deep copies of one, so they start with identical weights; the feed-forward ReLU is a function, not
    a module, so of all its non-linearities Captum's DeepLIFT sees the maximum alone. Input (N, T, F), output (N, C).
    Raises :class:`~tsinterp_lib.errors.InvalidInput` on other shapes or where the heads do not divide F.
    The gradient can be taken once; it cannot be differentiated again.
    """

    mask: Tensor
    position: Tensor

    def __init__(
        self,
        n_steps: int,
        n_features: int,
        n_classes: int = 2,
        output: str = "logits",
        n_layers: int = 6,
        n_heads: int = 5,
        feed_forward: int = 400,
        causal: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(n_steps, n_features, n_classes, output)
        if n_features % n_heads:
            raise InvalidInput(f"`n_heads` is {n_heads}, F is {n_features}: the heads must divide the features evenly.")
        first = Layer(n_features, n_heads, feed_forward, dropout)
        self.layers = nn.ModuleList([copy.deepcopy(first) for _ in range(n_layers)])
        self.input_dropout, self.norm = FastDropout(dropout), Norm(n_features)
        self.pool = nn.MaxPool1d(n_steps)
        self.head = nn.Linear(n_features, n_classes)
        future = torch.full((n_steps, n_steps), MASKED).triu(1) if causal else torch.zeros(n_steps, n_steps)
        self.register_buffer("mask", future, persistent=False)
        self.register_buffer("position", positional_code(n_steps, n_features).float(), persistent=False)

    def _logits(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        x = self.input_dropout(torch.add(self.position, x, alpha=self.n_features**0.5))
        for layer in self.layers:
            x = layer(x, self.mask)
        pooled = self.pool(self.norm(x).transpose(1, 2)).squeeze(-1)
        logits: Tensor = self.head(pooled)
        return logits
