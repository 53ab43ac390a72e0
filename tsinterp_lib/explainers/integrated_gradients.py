"""Integrated gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Line, Paired
from tsinterp_lib.explainers._baseline import Baselined, Complete
from tsinterp_lib.explainers._chunked import gradient, per_sample


@dataclass(frozen=True, kw_only=True)
class IntegratedGradients(Baselined, Complete):
    r"""Averages the gradient over the straight line from a baseline to the input :cite:p:`sundararajan2017`.

    .. math:: a = (x - b) \odot \int_0^1 \nabla f_c\bigl(b + \alpha (x - b)\bigr)\, d\alpha

    Units: those of the output. ``n_steps`` (default 50) points of Gauss–Legendre quadrature; ``baseline`` b:
    ``zero`` (default), ``uniform`` or ``train_mean``; or ``reference``, a series. The scores sum to :math:`f(x) -
    f(b)` up to the quadrature error, which :func:`~tsinterp_lib.explainers.convergence_delta` measures: raise
    ``n_steps`` where it is large (max-pooled and attention networks). The rule and the points are Captum's, whose
    quadrature weights are float32; here they have the precision of x. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` on ``n_steps`` below one or a baseline of another shape.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True
    n_steps: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_steps < 1:
            raise InvalidInput(f"`n_steps` is {self.n_steps}: the path needs at least one point; 50 is usual.")

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline."""
        return self.copies_keep_baselines(x)

    def on_a_line(self, model: nn.Module, x: Float[Tensor, "N *axes"], rows: int) -> Line | None:
        """Return the mean over the path, times the input minus its baseline."""
        of = replace(self, batch_size=rows)
        return Line(of.mean_gradient, self.baseline_of(x))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        return self.mean_gradient(model, x, b, target) * (x - b)

    def mean_gradient(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], b: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        """Return the gradient of output ``target`` averaged over the line from b to x, by the quadrature rule."""
        rule = np.polynomial.legendre.leggauss(self.n_steps)  # on [-1, 1]
        alphas, weights = (torch.as_tensor(v).to(x) for v in ((rule[0] + 1) / 2, rule[1] / 2))
        total = torch.zeros_like(x)
        for s in self.chunks(len(x), rows_each=self.n_steps):
            difference, n = x[s] - b[s], s.stop - s.start
            for i in torch.split(torch.arange(self.n_steps), max(1, self.batch_size // n)):
                points = (b[s] + per_sample(alphas[i], difference[None]) * difference).flatten(0, 1).requires_grad_()
                weighted = gradient(model, points, target[s].repeat(len(i)), weights[i].repeat_interleave(n))
                total[s] += weighted.view(len(i), n, *x.shape[1:]).sum(0)
        return total
