"""Feature ablation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._chunked import per_sample
from tsinterp_lib.explainers._replaced import check_groups, groups_of, outputs, replaced_outputs


@dataclass(frozen=True, kw_only=True)
class FeatureAblation(Baselined):
    r"""Measures the drop of the output when a group of cells is set to the baseline :cite:p:`zeiler2014`.

    .. math:: a_g = f_c(x) - f_c\bigl(x \text{ with the cells of } g \text{ from } b\bigr)

    Units: those of the output. ``baseline`` b: ``zero`` (default), ``uniform`` or ``train_mean``; or ``reference``, a
    sample. ``groups``: ``cell`` (default: as many rows per sample as it has cells), the name of an axis (``time``), or
    names joined by + (``row+column``); every cell of a group gets the group's value. All masked copies go through the
    model together; the scores are Captum's. Raises :class:`~tsinterp_lib.errors.InvalidInput` on a baseline of another
    shape or a grouping that names no axis.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    groups: str = "cell"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_groups(self.groups)

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline."""
        return self.copies_keep_baselines(x)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        groups = groups_of(self.axes, self.groups, x)
        found = replaced_outputs(
            model,
            x,
            target,
            masks=lambda i: groups == per_sample(i, x),
            replacement=lambda i, s: b[s],
            n_masks=int(groups.max()) + 1,
            batch_size=self.batch_size,
            progress=type(self).__name__ if self.progress else None,
        )
        return (outputs(model, x, target, self.batch_size) - found).T[:, groups]
