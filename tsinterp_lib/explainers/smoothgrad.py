"""SmoothGrad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._chunked import Chunked


@dataclass(frozen=True, kw_only=True)
class SmoothGrad(Chunked):
    r"""Averages the gradient over noisy copies of the input :cite:p:`smilkov2017`.

    .. math:: a = \frac{1}{S} \sum_{s=1}^{S} \nabla f_c(x + \varepsilon_s), \quad \varepsilon_s \sim N(0, \sigma^2)

    Units: output per unit of input. ``n_samples`` S (default 25); ``noise_std`` σ (default 0.1) in units of x, which
    is a tenth of the range where the data are scaled to [0, 1]; the paper advises 10 to 20 per cent. ``absolute``
    (default False) averages ``|gradient|``, as the code of :cite:p:`ismail2020` does. The sums are those of Captum's
    ``NoiseTunnel``, given the same draws; the draws (float32) are made here, one map per draw, so that ``batch_size``
    does not move them.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one sample or a negative deviation.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    by_gradient: ClassVar[bool] = True
    n_samples: int = 25
    noise_std: float = 0.1
    absolute: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples < 1 or self.noise_std < 0:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples} and `noise_std` {self.noise_std}: at least one draw, and a "
                "deviation that is not negative."
            )

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Noise is drawn per row: the same falls to copy and sample only where all samples come in their order."""
        return None if shared else Paired(lambda of: self, (slice(0, len(x)),))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        total = torch.zeros_like(x)
        for s in self.chunks(self.n_samples, rows_each=len(x)):
            # One draw at a time: how many go through the model together must not move them.
            noise = [torch.randn(x.shape, device=x.device) for _ in range(s.start, s.stop)]
            points = x + self.noise_std * torch.stack(noise).to(x.dtype)
            a = self.gradients(model, points.flatten(0, 1), target.repeat(len(points))).view_as(points)
            total += (a.abs() if self.absolute else a).sum(0)
        return total / self.n_samples
