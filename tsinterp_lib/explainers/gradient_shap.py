"""GradientSHAP, also known as expected gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Complete, Referenced
from tsinterp_lib.explainers._chunked import per_sample


@dataclass(frozen=True, kw_only=True)
class GradientShap(Referenced, Complete):
    r"""Averages gradients at random points between the noisy input and random references :cite:p:`lundberg2017`.

    .. math:: a = \frac{1}{S} \sum_{s=1}^{S} (x + \varepsilon_s - b_s) \odot
        \nabla f_c\bigl(\alpha_s (x + \varepsilon_s) + (1 - \alpha_s)\, b_s\bigr),
        \quad \alpha_s \sim U[0, 1),\ \varepsilon_s \sim N(0, \sigma^2)

    Units: those of the output. ``references``: ``train`` (default), ``n_references`` (20) training samples;
    ``uniform``, as many series from U[0, 1) for every ``group_size`` samples; or ``explained``, the samples of the call
    and as many of zeros; or ``reference``, series. ``n_samples`` S (default 20), ``noise_std`` σ (default 0, in units
    of x); the reference :math:`b_s` is drawn with replacement. The sums are Captum's, given the same draws; the draws
    are made here, one map per draw, so that ``batch_size`` does not move them. They fall to the samples of a call in
    their order: beside others a sample gets another map.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one sample, a negative deviation, or training
    references before ``prepare``.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True
    n_samples: int = 20
    noise_std: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples < 1 or self.noise_std < 0:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples} and `noise_std` {self.noise_std}: at least one draw, and a "
                "deviation that is not negative."
            )

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Draws are made per row: the same fall to copy and sample only where all samples come in their order."""
        return None if shared else self.copies_keep_references(x)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        pools = list(self.draws(x))
        total = torch.zeros_like(x)
        for s in self.chunks(self.n_samples, rows_each=len(x)):
            # One draw at a time: how many go through the model together must not move them.
            points, differences = map(
                torch.stack, zip(*(self._draw(x, pools) for _ in range(s.start, s.stop)), strict=True)
            )
            a = self.gradients(model, points.flatten(0, 1), target.repeat(len(points))).view_as(points)
            total += (differences * a).sum(0)
        return total / self.n_samples

    def _draw(
        self, x: Float[Tensor, "N *axes"], pools: list[tuple[slice, Tensor]]
    ) -> tuple[Float[Tensor, "N *axes"], Float[Tensor, "N *axes"]]:
        """Return a point between a reference and the noisy input, for each sample, and the difference of the two."""
        b = torch.cat([r[torch.randint(len(r), (len(x[group]),), device=x.device)] for group, r in pools])
        alpha = per_sample(torch.rand(len(x), dtype=x.dtype, device=x.device), x)
        noisy = x + self.noise_std * torch.randn(x.shape, device=x.device).to(x.dtype) if self.noise_std > 0 else x
        return alpha * noisy + (1 - alpha) * b, noisy - b
