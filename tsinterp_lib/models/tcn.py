"""Classify with a TCN: dilated causal convolutions, residual connections, a maximum over time."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.models._convolution import convolve
from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._network import Network


class CausalConv(nn.Module):
    r"""Convolves causally over time with normalised weights :cite:p:`salimans2016`, channels last.

    .. math:: y_t = b + \sum_{j=0}^{k-1} \frac{g\,v_j}{\lVert v \rVert} x_{t - (k-1-j)\,d}, \qquad x_{s < 0} = 0

    (N, T, C) to (N, T, C'). Gathering the k shifted copies and multiplying once is faster here than the library's
    convolution, whose set-up costs more than these few channels. Where the input alone wants a gradient, taps are
    multiplied one by one, which is faster still; that gradient cannot be differentiated again.
    """

    def __init__(self, n_in: int, n_out: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        plain = nn.Conv1d(n_in, n_out, kernel_size)
        self.v = nn.Parameter(plain.weight.detach())
        self.g = nn.Parameter(self.v.detach().flatten(1).norm(dim=1))
        self.bias = plain.bias
        self.kernel_size, self.dilation = kernel_size, dilation

    def forward(self, x: Float[Tensor, "N T C"]) -> Float[Tensor, "N T D"]:
        """Return the convolved series; step t sees steps t and earlier."""
        bias = cast(Tensor, self.bias)
        if x.requires_grad and not (self.v.requires_grad or self.g.requires_grad or bias.requires_grad):
            return convolve(x, self.weight().permute(2, 1, 0), bias, self.dilation)
        # Training keeps the order of summation that the published weights were trained with.
        n_steps = x.shape[1]
        late = [min((self.kernel_size - 1 - j) * self.dilation, n_steps) for j in range(self.kernel_size)]
        own = x.view_as(x)  # so that the taps' gradients are summed before the residual's is added
        shifted = [nnf.pad(own[:, : n_steps - steps], (0, 0, steps, 0)) for steps in late]
        return nnf.linear(torch.cat(shifted, dim=-1), self.weight().transpose(1, 2).flatten(1), bias)

    def weight(self) -> Float[Tensor, "D C k"]:
        """Return the kernels, with their length set."""
        weight: Tensor = self.v * (self.g / self.v.flatten(1).norm(dim=1))[:, None, None]
        return weight

    def summed(self, z: Float[Tensor, "N T G"]) -> Float[Tensor, "N T D"]:
        """Return the convolved series from the products of each step with each tap, tap by tap."""
        y = torch.zeros_like(z[:, :, : len(self.v)]) + cast(Tensor, self.bias)
        for j, tap in enumerate(torch.split(z, len(self.v), dim=2)):
            late = (self.kernel_size - 1 - j) * self.dilation
            y = y + nnf.pad(tap[:, : max(0, z.shape[1] - late)], (0, 0, min(late, z.shape[1]), 0))
        return y


class Block(nn.Module):
    """Applies two convolutions with ReLU and dropout, and a residual connection (1 × 1 where widths differ)."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv1 = CausalConv(n_in, n_out, kernel_size, dilation)
        self.relu1, self.dropout1 = nn.ReLU(), FastDropout(dropout)
        self.conv2 = CausalConv(n_out, n_out, kernel_size, dilation)
        self.relu2, self.dropout2 = nn.ReLU(), FastDropout(dropout)
        self.residual = nn.Linear(n_in, n_out) if n_in != n_out else nn.Identity()
        self.relu = nn.ReLU()
        if isinstance(self.residual, nn.Linear):
            nn.init.normal_(self.residual.weight, 0.0, 0.01)

    def forward(self, x: Float[Tensor, "N T C"]) -> Float[Tensor, "N T D"]:
        """Return the block's output, of the same length."""
        return self.after_first(self.conv1(x), self.residual(x))

    def after_first(self, y: Float[Tensor, "N T D"], residual: Float[Tensor, "N T D"]) -> Float[Tensor, "N T D"]:
        """Return the output from the first convolution's and the residual connection's."""
        y = self.dropout1(self.relu1(y))
        y = self.dropout2(self.relu2(self.conv2(y)))
        out: Tensor = self.relu(y + residual)
        return out


class TCN(Network):
    r"""Reads a series with a temporal convolutional network :cite:p:`bai2018` as in the time-series benchmark
    :cite:p:`ismail2020`.

    Level i is a block of two weight-normalised causal convolutions of dilation :math:`2^i`; the receptive field is
    :math:`1 + 2 (k-1) (2^L - 1)` steps (43 with the defaults). ``n_levels`` 3, ``n_channels`` 5, ``last_channels``
    None, which means T (the released code widens the last level to the number of time steps, not of features),
    ``kernel_size`` 4, ``dropout`` 0.1, ``readout`` ``"max"`` over time or ``"last"`` step (MNIST: 8, 25, 25, 7, 0.05,
    ``"last"``). Convolutions start like torch's: the released code draws them anew with standard deviation 0.01, but
    weight normalisation overwrites that; only the 1 × 1 residual layers keep it. Each ReLU is registered once, so
    that Captum's DeepLIFT can hook it. Input (N, T, F), output (N, C).
    Raises :class:`~tsinterp_lib.errors.InvalidInput` on other shapes or another readout.
    """

    def __init__(
        self,
        n_steps: int,
        n_features: int,
        n_classes: int = 2,
        output: str = "logits",
        n_levels: int = 3,
        n_channels: int = 5,
        last_channels: int | None = None,
        kernel_size: int = 4,
        readout: str = "max",
        dropout: float = 0.1,
    ) -> None:
        super().__init__(n_steps, n_features, n_classes, output)
        if readout not in ("max", "last"):
            raise InvalidInput(f"`readout` is {readout!r}: choose 'max' or 'last'.")
        widths = [n_features, *[n_channels] * (n_levels - 1), last_channels or n_steps]
        self.blocks = nn.Sequential(
            *(Block(widths[i], widths[i + 1], kernel_size, 2**i, dropout) for i in range(n_levels))
        )
        self.pool = nn.MaxPool1d(n_steps) if readout == "max" else None
        self.head = nn.Linear(widths[-1], n_classes)

    def _logits(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        return self._read(self.blocks(x))

    def entry(self) -> tuple[Float[Tensor, "G F"], Float[Tensor, "G"]]:
        """Return weight and bias of the linear map through which alone a series enters: the first taps, then the
        residual.
        """
        first = cast(Block, self.blocks[0])
        taps = first.conv1.weight().permute(2, 0, 1).flatten(0, 1)
        if isinstance(first.residual, nn.Linear):
            residual: tuple[Tensor, Tensor] = (first.residual.weight, first.residual.bias)
        else:
            residual = (torch.eye(taps.shape[1]).to(taps), taps.new_zeros(taps.shape[1]))
        return torch.cat((taps, residual[0])), torch.cat((taps.new_zeros(len(taps)), residual[1]))

    def after_entry(self, z: Float[Tensor, "N T G"]) -> Float[Tensor, "N C"]:
        """Logits from what :meth:`entry` gives."""
        first = cast(Block, self.blocks[0])
        n_taps = first.conv1.kernel_size * len(first.conv1.v)
        y = first.after_first(first.conv1.summed(z[:, :, :n_taps]), z[:, :, n_taps:])
        return self._read(self.blocks[1:](y))

    def _read(self, y: Float[Tensor, "N T D"]) -> Float[Tensor, "N C"]:
        y = self.pool(y.transpose(1, 2)).squeeze(-1) if self.pool is not None else y[:, -1]
        logits: Tensor = self.head(y)
        return logits
