"""Samples of any axes laid out as series: places that are masked whole are steps, the cells of a place features."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks
from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer, Paired


def check_names(outer: str, inner: str) -> None:
    """Raise :class:`InvalidInput` unless both settings name axes, and none twice."""
    for setting, said in (("outer", outer), ("inner", inner)):
        if not isinstance(said, str) or not all(said.split("+")):
            raise InvalidInput(f"`{setting}` is {said!r}: name an axis, or several joined by +, as 'row+column'.")
    wanted = [*outer.split("+"), *inner.split("+")]
    if len(set(wanted)) < len(wanted):
        raise InvalidInput(f"`outer` is {outer!r} and `inner` {inner!r}: they name an axis twice; name each once.")


def check_axes(axes: Axes, outer: str, inner: str) -> None:
    """Raise :class:`InvalidInput`, with the axes there are, where a setting names one there is not."""
    for setting, said in (("outer", outer), ("inner", inner)):
        if any(name not in axes for name in said.split("+")):
            raise InvalidInput(
                f"`{setting}` is {said!r}; the axes of `x` are {axes}: name one of them, or several joined by +."
            )


@dataclass(frozen=True)
class Layout:
    """Lays a batch out as series, and back: ``outer`` axes become steps, in the order of cells, and others features.

    ``order`` and ``shape`` are those of a batch whose outer axes come first; ``group``: for each feature, the number of
    the group of neighbouring places on the inner axes in which it is masked. A series of steps and features is itself.
    """

    order: tuple[int, ...]
    shape: tuple[int, ...]
    n_steps: int
    group: Int[Tensor, "F"]

    @classmethod
    def of(cls, axes: Axes, outer: str, inner: str, group_size: int, x: Float[Tensor, "N *axes"]) -> Layout:
        """For a batch with these axes; raises where there are no such axes, or a group does not fit into one."""
        check_axes(axes, outer, inner)
        steps = [name for name in axes.names if name in outer.split("+")]
        others = [name for name in axes.names if name not in steps]
        group = torch.zeros((), dtype=torch.long, device=x.device)
        for at, name in enumerate(others):
            if name in inner.split("+"):
                length = x.shape[axes.dim(name)]
                if group_size > length:
                    raise InvalidInput(f"`group_size` is {group_size}; {name} has {length} places: a group fits in.")
                place = torch.arange(length, device=x.device) // group_size
                group = group * -(-length // group_size) + place.view(-1, *[1] * (len(others) - at - 1))
        order = (0, *[axes.dim(name) for name in (*steps, *others)])
        shape = tuple(x.shape[d] for d in order[1:])
        n_steps = math.prod(shape[: len(steps)])
        return cls(order, shape, n_steps, group.expand(shape[len(steps) :]).flatten())

    @property
    def is_series(self) -> bool:
        """Say whether a batch is its own layout."""
        return self.order == (0, 1, 2)

    def series(self, x: Float[Tensor, "N *axes"]) -> Float[Tensor, "N T F"]:
        """Return the batch laid out."""
        return x.permute(self.order).reshape(len(x), self.n_steps, len(self.group))

    def back(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N *axes"]:
        """Return the batch of which ``x`` is the layout."""
        places = sorted(range(len(self.order)), key=self.order.__getitem__)
        return x.reshape(len(x), *self.shape).permute(places)


@dataclass(frozen=True, kw_only=True, eq=False)
class LaidOut(Explainer):
    """Shows a method batches as they were before they were laid out, and lays its maps out."""

    base: Explainer
    layout: Layout

    def for_copies(self, x: Float[Tensor, "N T F"], shared: bool) -> Paired | None:
        """As they reach the method."""
        pairing = self.base.for_copies(self.layout.back(x), shared)
        if pairing is None:
            return None
        own = pairing.explainer
        return replace(pairing, explainer=lambda of: LaidOut(base=own(of), layout=self.layout))

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N T F"]:
        x = self.layout.back(x)
        a = self.base._attribute(model, x, target).detach()
        return self.layout.series(checks.check_attribution(a, x, type(self.base).__name__))
