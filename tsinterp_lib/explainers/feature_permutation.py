"""Feature permutation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._chunked import Chunked, per_sample
from tsinterp_lib.explainers._replaced import check_groups, groups_of, outputs, replaced_outputs


@dataclass(frozen=True, kw_only=True)
class FeaturePermutation(Chunked):
    r"""Measures the drop of the output when a group of cells is shuffled between samples :cite:p:`fisher2019`.

    .. math:: a_{ng} = f_c(x_n) - f_c\bigl(x_n \text{ with the cells of } g \text{ from } x_{\pi_g(n)}\bigr)

    with one permutation :math:`\pi_g`, never the identity, per group. Units: those of the output. ``groups``: the name
    of an axis (default ``time``), names joined by + (``row+column``), or ``cell``; ``group_size``: samples are shuffled
    among so many neighbours in the batch (default None: the whole batch). The scores depend on the other samples of the
    batch by construction: beside others a sample gets another map. Paper: the importance of a feature for the whole
    data set; here, as in Captum, one shuffle gives one score per sample.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` where there is no second sample to shuffle with (Captum returns
    zeros), or for a grouping that names no axis.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    groups: str = "time"
    group_size: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_groups(self.groups)
        if self.group_size is not None and self.group_size < 2:
            raise InvalidInput(f"`group_size` is {self.group_size}: a shuffle needs at least two samples.")

    @property
    def mixes_samples(self) -> bool:
        """They are shuffled among each other."""
        return True

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Refuse: the scores of a sample depend on the others of the batch."""
        raise InvalidInput(
            "`base` is FeaturePermutation: its scores of a series depend on the others in the batch, so the map of one "
            "masked copy is not defined; choose a base that explains each series by itself."
        )

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        if len(x) < 2:
            raise InvalidInput(
                "`x` has 1 sample: feature permutation shuffles cells between samples; explain at least two together."
            )
        size = self.group_size or len(x)
        starts = [i for i in range(0, len(x), size) if i == 0 or len(x) - i > 1]  # a lone last sample joins the others
        parts = [slice(i, j) for i, j in zip(starts, [*starts[1:], len(x)], strict=True)]
        return torch.cat([self._within(model, x[part], target[part]) for part in parts])

    def _within(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        """Return scores of samples that are shuffled among themselves."""
        groups = groups_of(self.axes, self.groups, x)
        n_groups = int(groups.max()) + 1
        source = torch.stack([_shuffle(len(x)) for _ in range(n_groups)]).to(x.device)
        found = replaced_outputs(
            model,
            x,
            target,
            masks=lambda i: groups == per_sample(i, x),
            replacement=lambda i, s: x[source[i, s]],
            n_masks=n_groups,
            batch_size=self.batch_size,
            progress=type(self).__name__ if self.progress else None,
        )
        return (outputs(model, x, target, self.batch_size) - found).T[:, groups]


def _shuffle(n: int) -> Int[Tensor, "n"]:
    """Return a random permutation of n > 1 things that is not the identity."""
    same = torch.arange(n)
    order = same
    while torch.equal(order, same):
        order = torch.randperm(n)
    return order
