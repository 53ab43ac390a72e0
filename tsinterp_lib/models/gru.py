"""Classify with a GRU, a recurrent network that is read at its last step, or at every step."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._network import Network


class GRU(Network):
    r"""Reads a series with a gated recurrent unit :cite:p:`cho2014` and the head of the state experiment
    :cite:p:`tonekaboni2020`.

    .. math::
        r, u &= \sigma(W x_t + b + U h_{t-1} + c), \quad n = \tanh(W_n x_t + b_n + r \odot (U_n h_{t-1} + c_n)), \\
        h_t &= (1 - u) \odot n + u \odot h_{t-1}, \quad z_t = V \, \mathrm{drop}(\mathrm{relu}(\mathrm{norm}(h_t))) + v.

    ``hidden_size`` 200, one layer, ``dropout`` 0.5, ``batch_norm`` True. Input (N, T, F) of any length T, so that a
    prefix of a series is a series. Output (N, C), :math:`z_T`; with ``per_step`` (N, T, C), :math:`z_t` for every t,
    each a function of the steps up to t. In training mode :meth:`read` takes the batch statistics of states (N, K, H)
    over the N series, for each of the K positions by itself, and leaves the running ones alone: so it is when every
    prefix is a batch of its own. Raises :class:`~tsinterp_lib.errors.InvalidInput` on another F.
    """

    any_length = True

    def __init__(
        self,
        n_steps: int,
        n_features: int,
        n_classes: int = 2,
        output: str = "logits",
        hidden_size: int = 200,
        dropout: float = 0.5,
        batch_norm: bool = True,
        per_step: bool = False,
    ) -> None:
        super().__init__(n_steps, n_features, n_classes, output)
        self.hidden_size, self.per_step = hidden_size, per_step
        self.recurrence = nn.GRU(n_features, hidden_size, batch_first=True)
        self.norm = nn.BatchNorm1d(hidden_size) if batch_norm else None
        self.relu, self.dropout = nn.ReLU(), FastDropout(dropout)
        self.head = nn.Linear(hidden_size, n_classes)

    def _logits(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N *T C"]:
        if not self.per_step:
            return self.last(x)
        h: Tensor = self.recurrence(x)[0]
        return self.read(h.flatten(0, 1)).view(*h.shape[:2], self.n_classes)

    def last(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        """Logits at the last step."""
        return self.read(self.recurrence(x)[0][:, -1])

    def states(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N U S"]:
        """Say what the network remembers before the first step and after every step, U = T + 1."""
        h: Tensor = self.recurrence(x)[0]
        return torch.cat((h.new_zeros(len(h), 1, self.hidden_size), h), 1)

    def after(self, state: Float[Tensor, "*B S"], x: Float[Tensor, "*D F"]) -> Float[Tensor, "*E S"]:
        """Return the state after one more step; axes of size one broadcast, and what rows share is computed once."""
        w_new, w_old, b_new, b_old = self.recurrence.all_weights[0]
        new = nnf.linear(x, w_new, b_new).chunk(3, -1)
        old = nnf.linear(state, w_old, b_old).chunk(3, -1)
        reset, update = torch.sigmoid(new[0] + old[0]), torch.sigmoid(new[1] + old[1])
        candidate = torch.tanh(torch.addcmul(new[2], reset, old[2]))
        return torch.lerp(candidate, state.expand_as(candidate), update)

    def read(self, state: Float[Tensor, "*B S"]) -> Float[Tensor, "*B C"]:
        """Logits of states."""
        logits: Tensor = self.head(self.dropout(self.relu(self._normalised(state))))
        return logits

    def _normalised(self, state: Float[Tensor, "*B S"]) -> Float[Tensor, "*B S"]:
        norm = self.norm
        if norm is None:
            return state
        if not self.training or state.dim() == 2:
            flat: Tensor = norm(state.flatten(0, -2))
            return flat.view_as(state)
        rows = state.flatten(1)
        k = rows.shape[1] // self.hidden_size
        flat = nnf.batch_norm(rows, None, None, norm.weight.repeat(k), norm.bias.repeat(k), training=True, eps=norm.eps)
        return flat.view_as(state)
