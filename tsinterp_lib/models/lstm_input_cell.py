"""Classify with an LSTM with input-cell attention, computed as one prefix softmax."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._network import Network
from tsinterp_lib.models._recurrence import last_hidden, reordered

SAFE_EXPONENT = {torch.float32: 40.0, torch.float64: 340.0}
"""Largest logit whose exponential can be squared and summed without overflow, by dtype."""


class InputCellLSTM(Network):
    r"""Lets an LSTM's cell attend to all inputs so far :cite:p:`ismail2019`, averaged over hops :cite:p:`ismail2020`.

    .. math::
        l_s = W_2 \tanh(W_1 x_s + b_1) + b_2 \in \mathbb{R}^r, \quad
        a_{ts} = \frac1r \sum_{k=1}^{r} \frac{e^{l_{sk}}}{\sum_{u \le t} e^{l_{uk}}} \;(s \le t), \quad
        m_t = \sum_{s \le t} a_{ts} x_s,

    and :math:`m_t` replaces :math:`x_t` in the LSTM cell. The logits do not depend on t, so all T softmaxes share one
    cumulative sum and the attention is one (T × r)(r × T) product: equal to the step-by-step form, linear in its
    number of operations instead of quadratic. Sizes: ``hidden_size`` 5 (MNIST: 25), ``n_hops`` r = 10 (28),
    ``attention_size`` 50 (30); dropout 0.1 on the raw input and on the last hidden state. Matrices of cell and
    attention start Xavier-uniform, biases at zero, the forget gate's too. Input (N, T, F), output (N, C).
    Raises :class:`~tsinterp_lib.errors.InvalidInput` on other shapes. :math:`b_2` shifts all logits of a hop alike,
    which a softmax cancels: it is kept as a parameter of the published network, and gets no gradient.
    """

    def __init__(
        self,
        n_steps: int,
        n_features: int,
        n_classes: int = 2,
        output: str = "logits",
        hidden_size: int = 5,
        n_hops: int = 10,
        attention_size: int = 50,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(n_steps, n_features, n_classes, output)
        self.hidden_size, self.n_hops = hidden_size, n_hops
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, n_features))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size))
        self.attention_in = nn.Linear(n_features, attention_size)
        self.attention_out = nn.Linear(attention_size, n_hops)
        for weight in (self.weight_ih, self.weight_hh, self.attention_in.weight, self.attention_out.weight):
            nn.init.xavier_uniform_(weight)
        nn.init.zeros_(self.attention_in.bias)
        nn.init.zeros_(self.attention_out.bias)
        self.input_dropout, self.hidden_dropout = FastDropout(dropout), FastDropout(dropout)
        self.head = nn.Linear(hidden_size, n_classes)

    def attention(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N T T"]:
        """Return weights a over past inputs, the mean over hops: row t sums to one over s ≤ t and is zero beyond."""
        return self._attention(self.attention_in(x))

    def _attention(self, hidden: Float[Tensor, "N T A"]) -> Float[Tensor, "N T T"]:
        """Return the weights from the attention layer's hidden units before their tanh."""
        scores = nnf.linear(torch.tanh(hidden), self.attention_out.weight)
        # tanh lies in [-1, 1], so no score exceeds the absolute row sum of the weights, whatever the input: where that
        # bound is small, exponentials need no maximum subtracted and prefix sums neither overflow nor vanish.
        bound = float(self.attention_out.weight.detach().abs().sum(1).amax())
        if bound > SAFE_EXPONENT.get(scores.dtype, 0.0):
            return _direct(scores)
        e = torch.exp(scores)
        return torch.tril(torch.bmm((self.n_hops * e.cumsum(1)).reciprocal(), e.transpose(1, 2)))

    def _logits(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        x = self.input_dropout(x)
        return self._read(nnf.linear(x, reordered(self.weight_ih)), self.attention_in(x))

    def entry(self) -> tuple[Float[Tensor, "G F"], Float[Tensor, "G"]]:
        """Return weight and bias of the linear map through which alone a series enters: G = 4H gate rows, then
        attention.
        """
        weight = torch.cat((reordered(self.weight_ih), self.attention_in.weight))
        return weight, torch.cat((torch.zeros_like(self.bias), self.attention_in.bias))

    def after_entry(self, z: Float[Tensor, "N T G"]) -> Float[Tensor, "N C"]:
        """Logits from what :meth:`entry` gives."""
        n_gates = len(self.bias)
        return self._read(z[:, :, :n_gates], z[:, :, n_gates:])

    def _read(self, projected: Float[Tensor, "N T G"], hidden: Float[Tensor, "N T A"]) -> Float[Tensor, "N C"]:
        # (a x) W = a (x W): averaging the projected inputs costs 4H columns instead of F.
        gates = torch.bmm(self._attention(hidden), projected) + reordered(self.bias)
        h = last_hidden(gates, reordered(self.weight_hh))
        logits: Tensor = self.head(self.hidden_dropout(h))
        return logits


def _direct(scores: Float[Tensor, "N T K"]) -> Float[Tensor, "N T T"]:
    """Return the same weights for scores of any size: each exponent is at most zero, at the price of an (N, T, T, K)
    array.
    """
    exponent = scores[:, None] - torch.logcumsumexp(scores, dim=1)[:, :, None]
    future = torch.ones(exponent.shape[1:3], dtype=torch.bool, device=scores.device).triu(1)
    return torch.exp(exponent.masked_fill(future[None, :, :, None], -torch.inf)).mean(-1)
