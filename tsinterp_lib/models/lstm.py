"""Classify with an LSTM, a recurrent network read out at the last step."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._network import Network
from tsinterp_lib.models._recurrence import last_hidden, reordered


class LSTM(Network):
    r"""Reads a series with a long short-term memory :cite:p:`hochreiter1997` as in the time-series benchmark
    :cite:p:`ismail2020`.

    .. math::
        i, f, o &= \sigma(W x_t + b + U h_{t-1} + b'), \quad g = \tanh(\cdot), \\
        c_t &= f \odot c_{t-1} + i \odot g, \quad h_t = o \odot \tanh c_t, \quad z = V h_T + v.

    ``hidden_size`` 5 (MNIST: 25), one layer, one direction, dropout 0.1 on the raw input and on the last hidden state
    (the released code drops the whole output sequence and reads one step of it: the same). All weights start uniform
    in ±1/√H. Input (N, T, F), output (N, C). Raises :class:`~tsinterp_lib.errors.InvalidInput` on other shapes.
    The gradient can be taken once; it cannot be differentiated again.
    """

    def __init__(
        self,
        n_steps: int,
        n_features: int,
        n_classes: int = 2,
        output: str = "logits",
        hidden_size: int = 5,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(n_steps, n_features, n_classes, output)
        self.hidden_size = hidden_size
        bound = hidden_size**-0.5
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = (
            nn.Parameter(torch.empty(4 * hidden_size, *columns).uniform_(-bound, bound))
            for columns in ((n_features,), (hidden_size,), (), ())
        )
        self.input_dropout, self.hidden_dropout = FastDropout(dropout), FastDropout(dropout)
        self.head = nn.Linear(hidden_size, n_classes)

    def _logits(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        return self.after_entry(nnf.linear(self.input_dropout(x), *self.entry()))

    def entry(self) -> tuple[Float[Tensor, "G F"], Float[Tensor, "G"]]:
        """Return weight and bias of the linear map through which alone a series enters, G = 4H gate rows."""
        return reordered(self.weight_ih), reordered(self.bias_ih + self.bias_hh)

    def after_entry(self, z: Float[Tensor, "N T G"]) -> Float[Tensor, "N C"]:
        """Logits from the gate inputs."""
        h = last_hidden(z, reordered(self.weight_hh))
        logits: Tensor = self.head(self.hidden_dropout(h))
        return logits
