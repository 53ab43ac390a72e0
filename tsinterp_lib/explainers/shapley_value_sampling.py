"""Shapley values, sampled by permutations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._replaced import check_groups, groups_of, outputs, replaced_outputs


@dataclass(frozen=True, kw_only=True)
class ShapleyValueSampling(Baselined):
    r"""Averages the gain from adding a group of cells, in random orders :cite:p:`castro2009,strumbelj2010`.

    .. math:: a_g = \frac{1}{P} \sum_{\pi} f_c\bigl(x_{\pi_{\le g}}\bigr) - f_c\bigl(x_{\pi_{< g}}\bigr)

    where :math:`x_A` has the cells of the groups A from x and all others from the baseline. Units: those of the output.
    ``baseline`` b: ``zero`` (default), ``uniform`` or ``train_mean``; or ``reference``, a sample. ``n_permutations`` P
    (default 25, shared by all samples of a call); ``groups``: the name of an axis (default ``time``: a step's cells
    enter together and share one score, so the map cannot locate features), names joined by + (``row+column``), or
    ``cell`` (P rows per sample and cell). Every cell of a group gets the group's value; the groups' values sum to
    :math:`f(x) - f(b)` exactly. All permutations go through the model together; the scores are Captum's.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one permutation, a baseline of another shape, or a
    grouping that names no axis.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    groups: str = "time"
    n_permutations: int = 25

    def __post_init__(self) -> None:
        super().__post_init__()
        check_groups(self.groups)
        if self.n_permutations < 1:
            raise InvalidInput(f"`n_permutations` is {self.n_permutations}: at least one order is needed; 25 is usual.")

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline; the orders do not depend on it."""
        return self.copies_keep_baselines(x)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        groups = groups_of(self.axes, self.groups, x)
        n_groups = int(groups.max()) + 1
        orders = torch.stack([torch.randperm(n_groups) for _ in range(self.n_permutations)]).to(x.device)
        entry = orders.argsort(1)  # entry[p, g]: when group g enters in order p

        def absent(i: Int[Tensor, "m"]) -> Bool[Tensor, "m *axes"]:
            return (entry[i // n_groups] > (i % n_groups)[:, None])[:, groups]

        n_masks = self.n_permutations * n_groups
        name = type(self).__name__ if self.progress else None
        found = replaced_outputs(model, x, target, absent, lambda i, s: b[s], n_masks, self.batch_size, name)
        found = found.view(self.n_permutations, n_groups, len(x))
        start = outputs(model, b, target, self.batch_size).expand(self.n_permutations, 1, -1)
        gain = torch.cat([start, found], dim=1).diff(dim=1)
        values = gain.gather(1, entry[:, :, None].expand_as(gain)).mean(0)
        return values.T[:, groups]
