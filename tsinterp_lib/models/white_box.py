"""Give a regressor in closed form, whose important cells are known because nothing else enters it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from tsinterp_lib.axes import SERIES
from tsinterp_lib.errors import InvalidInput


class WhiteBox(nn.Module):
    r"""Sums the squares of the important cells of each step :cite:p:`crabbe2021`.

    .. math:: f_t(x) = \sum_{i : (t, i) \in A} x_{ti}^2

    (N, T, F) to (N, T, 1): one value per step, 0 where no cell of the step is in A; with ``per_step=False`` (N, 1), the
    sum over steps. It is additive, so that cell-wise methods have closed forms on A and are 0 elsewhere: occlusion by a
    value b gives :math:`x^2 - b^2`, as do Shapley values; integrated gradients from zero give :math:`x^2`.

    There is nothing to train. ``cells`` A is all cells until :meth:`restricted` says which: every series of the rare
    experiments has a set of its own. ``output`` is ``values``: neither logits nor probabilities. Series may be shorter
    than ``n_steps`` (prefixes); raises :class:`~tsinterp_lib.errors.InvalidInput` for longer ones, other features, or
    more than one class.
    """

    axes, output = SERIES, "values"
    cells: Tensor

    def __init__(self, n_steps: int, n_features: int, n_classes: int = 1, per_step: bool = True) -> None:
        super().__init__()
        if n_classes != 1 or min(n_steps, n_features) < 1:
            raise InvalidInput(
                f"`n_classes` is {n_classes}, `n_steps` {n_steps}, `n_features` {n_features}: the white box gives one "
                "value, for at least one step and feature."
            )
        self.n_steps, self.n_features, self.n_classes, self.per_step = n_steps, n_features, n_classes, per_step
        self.register_buffer("cells", torch.ones(n_steps, n_features, dtype=torch.bool))

    def forward(self, x: Float[Tensor, "N t F"]) -> Float[Tensor, "N *t 1"]:
        """Sums of squares of the important cells."""
        if x.dim() != 3 or x.shape[1] > self.n_steps or x.shape[2] != self.n_features:
            raise InvalidInput(
                f"`x` has shape {tuple(x.shape)}; the white box takes (N, {self.n_steps}, {self.n_features}) or fewer "
                "steps: build it with the sizes of the data."
            )
        values = (x * x * self.cells[: x.shape[1]]).sum(2, keepdim=True)
        return values if self.per_step else values.sum(1)

    @contextmanager
    def restricted(self, cells: Bool[Tensor, "T F"]) -> Iterator[None]:
        """Only ``cells`` enter while the block runs."""
        before = self.cells
        if cells.shape != before.shape:
            raise InvalidInput(f"`cells` has shape {tuple(cells.shape)}; the white box has {tuple(before.shape)}.")
        try:
            self.cells = cells.to(before.device)
            yield
        finally:
            self.cells = before
