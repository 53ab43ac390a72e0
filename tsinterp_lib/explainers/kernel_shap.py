"""KernelSHAP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._chunked import per_sample
from tsinterp_lib.explainers._regress import least_squares, pattern_outputs
from tsinterp_lib.explainers._replaced import check_groups, groups_of, outputs


@dataclass(frozen=True, kw_only=True)
class KernelShap(Baselined):
    r"""Fits Shapley values as the coefficients of a weighted linear regression :cite:p:`lundberg2017`.

    .. math:: a = \arg\min_w \sum_{s=1}^{S} k(z_s)\bigl(f_c(x_s) - w_0 - w^\top z_s\bigr)^2

    where :math:`z_s` switches on a random set of groups of cells, its size drawn by the Shapley kernel, and :math:`x_s`
    has all other groups from the baseline. Units: those of the output. ``baseline`` b: ``zero`` (default), ``uniform``
    or ``train_mean``; or ``reference``, a sample. ``n_samples`` S (default 500; for G groups take several times G);
    ``groups``: the name of an axis (default ``time``), names joined by + (``row+column``), or ``cell``. Every cell of a
    group gets its value. The empty and the full set weigh ``anchor`` (default a million, as in Captum), where the paper
    has an equality. All samples of a call share their sets and go through the model together, and one regression in
    float64 serves them all: Captum's values for the same sets, which it fits in float32, one by one.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than two samples, a baseline of another shape, or a
    grouping that names no axis.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    groups: str = "time"
    n_samples: int = 500
    anchor: float = 1e6

    def __post_init__(self) -> None:
        super().__post_init__()
        check_groups(self.groups)
        if self.n_samples < 2:
            raise InvalidInput(
                f"`n_samples` is {self.n_samples}: the empty and the full set alone are two; take several per group."
            )

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline; the sets do not depend on it."""
        return self.copies_keep_baselines(x)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        groups = groups_of(self.axes, self.groups, x)
        n_groups = int(groups.max()) + 1
        if n_groups == 1:  # one player takes all; the Shapley kernel divides by zero
            gain = outputs(model, x, target, self.batch_size) - outputs(model, b, target, self.batch_size)
            return per_sample(gain, x).expand_as(x).clone()
        on = coalitions(self.n_samples, n_groups).to(x.device)
        name = type(self).__name__ if self.progress else None
        y = pattern_outputs(model, x, b, target, groups, on, self.batch_size, name)
        weight = torch.ones(len(on), dtype=x.dtype, device=x.device)
        weight[:2] = self.anchor
        return least_squares(on, y, weight).T[:, groups]


def coalitions(n: int, n_groups: int) -> Bool[Tensor, "S G"]:
    """Return the full set, the empty set, then sets whose size k has probability proportional to (G − 1) / (k (G −
    k)).
    """
    k = torch.arange(1, n_groups)
    sizes = 1 + torch.multinomial((n_groups - 1) / (k * (n_groups - k)), n, replacement=True)
    place = torch.rand(n, n_groups).argsort(1).argsort(1)
    on = place < sizes[:, None]
    on[0], on[1:2] = True, False
    return on
