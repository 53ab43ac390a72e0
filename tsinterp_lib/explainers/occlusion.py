"""Occlusion by a sliding window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Paired
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._replaced import outputs, replaced_outputs


@dataclass(frozen=True, kw_only=True)
class Occlusion(Baselined):
    r"""Measures the drop of the output when a window of cells is set to the baseline :cite:p:`zeiler2014`.

    .. math:: a_{tf} = \operatorname{mean}_{w \ni (t, f)} \Bigl[ f_c(x) - f_c\bigl(x \text{ with the cells of } w
        \text{ from } b\bigr) \Bigr]

    over all positions w of a window, moved by one cell. Of a series the window has ``window_steps`` (default 1) by
    ``window_features`` (default None: all features, so the map is constant over features and cannot locate them).
    ``window`` says it for any axes, ``"row=3,column=3"``, and counts before the other two; an axis that it does not
    name is covered whole. Units: those of the output. ``baseline`` b: ``zero`` (default), ``uniform`` or
    ``train_mean``; or ``reference``, a sample. All occluded copies go through the model together; the scores are
    Captum's.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` where the window is larger than the sample, names an axis there is
    not or cannot be read, where axes other than time and feature have no ``window``, or a baseline has another shape.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    window_steps: int = 1
    window_features: int | None = None
    window: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sizes()

    @property
    def takes_missing(self) -> bool:
        """Values are replaced, not computed with, except by the mean that ``train_mean`` learns."""
        return self.keeps_values

    def for_copies(self, x: Float[Tensor, "N *axes"], shared: bool) -> Paired | None:
        """Each copy keeps its sample's baseline."""
        return self.copies_keep_baselines(x)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        b = self.baseline_of(x)
        covered = self._positions(x)

        def windows(i: Int[Tensor, "m"]) -> Bool[Tensor, "m *axes"]:
            """Say where all axes are covered; the last axis moves first."""
            inside = torch.ones(1, *[1] * len(covered), dtype=torch.bool, device=x.device)
            for at in reversed(range(len(covered))):
                axis = covered[at][i % len(covered[at])]
                inside = inside & axis.view(len(i), *[-1 if d == at else 1 for d in range(len(covered))])
                i = i // len(covered[at])
            return inside

        n_windows = math.prod(len(axis) for axis in covered)
        name = type(self).__name__ if self.progress else None
        found = replaced_outputs(model, x, target, windows, lambda i, s: b[s], n_windows, self.batch_size, name)
        drop = outputs(model, x, target, self.batch_size) - found
        total, count = torch.zeros_like(x), torch.zeros_like(x[0])
        for i in torch.split(torch.arange(n_windows, device=x.device), self.batch_size):
            w = windows(i).to(x.dtype)
            total += torch.einsum("mn,m...->n...", drop[i], w)
            count += w.sum(0)
        return total / count

    def _sizes(self) -> dict[str, int | None]:
        """Return the length of the window on each axis that is said; None: all of it."""
        if self.window is None:
            return {"time": self.window_steps, "feature": self.window_features}
        try:
            parts = [part.split("=") for part in self.window.split(",")]
            sizes: dict[str, int | None] = {name.strip(): int(size) for name, size in parts}
        except ValueError as error:
            raise InvalidInput(
                f"`window` is {self.window!r}: write axis=length, with commas between, as 'row=3,column=3'."
            ) from error
        if len(sizes) < len(parts):
            raise InvalidInput(f"`window` is {self.window!r}: an axis has two lengths; name each once.")
        return sizes

    def _positions(self, x: Float[Tensor, "N *axes"]) -> list[Bool[Tensor, "P L"]]:
        """Of each axis, the places that each position of the window covers."""
        sizes, covered = self._sizes(), []
        absent = [name for name in sizes if name not in self.axes]
        if absent:
            raise InvalidInput(
                f"the window has a length on {', '.join(sizes)}; the axes of `x` are {self.axes}: say its length on "
                f"these, e.g. window='{self.axes.names[-1]}=1'."
            )
        for name in self.axes.names:
            length = x.shape[self.axes.dim(name)]
            said = sizes.get(name)
            size = length if said is None else said
            if not 1 <= size <= length:
                raise InvalidInput(
                    f"the window is {size} long; the axis has {length}: a window covers 1 to {length} of it."
                )
            first = torch.arange(length - size + 1, device=x.device)[:, None]
            at = torch.arange(length, device=x.device)
            covered.append((at >= first) & (at < first + size))
        return covered
