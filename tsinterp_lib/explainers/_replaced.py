"""Replaced cells, in batches: all masks and samples go through the model together, a bounded number of rows at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from tsinterp_lib.axes import CELL, Axes
from tsinterp_lib.errors import InvalidInput


def check_groups(kind: str) -> None:
    """Raise :class:`InvalidInput` for a name of a grouping that has an empty part, or one part twice.

    Whether the axes have such names is seen where they are known, by :func:`groups_of`.
    """
    if not isinstance(kind, str):
        raise InvalidInput(f"`groups` is {kind!r}: give a name, 'cell' or an axis such as 'time'.")
    wanted = kind.split("+")
    if not all(wanted) or len(set(wanted)) < len(wanted):
        raise InvalidInput(f"`groups` is {kind!r}: name 'cell', an axis, or several axes joined by +, as 'row+column'.")


def groups_of(axes: Axes, kind: str, x: Float[Tensor, "N *axes"]) -> Int[Tensor, "*axes"]:
    """The number of the group each cell of a sample of x belongs to: every ``cell``, or every place on the axes named.

    Raises :class:`InvalidInput` for a name that is no axis.
    """
    absent = [name for name in kind.split("+") if name not in (*axes.names, CELL)]
    if absent:
        raise InvalidInput(
            f"`groups` is {kind!r}; the axes of `x` are {axes}: name one of them, several joined by +, or 'cell'."
        )
    return axes.groups(kind, x.shape[1:]).to(x.device)


@torch.no_grad()
def outputs(
    model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"], batch_size: int
) -> Float[Tensor, "N"]:
    """Return output ``target`` of the model for every sample."""
    pairs = zip(torch.split(x, batch_size), torch.split(target, batch_size), strict=True)
    return torch.cat([model(rows).gather(1, wanted[:, None].long())[:, 0] for rows, wanted in pairs])


@torch.no_grad()
def replaced_outputs(
    model: nn.Module,
    x: Float[Tensor, "N *axes"],
    target: Int[Tensor, "N"],
    masks: Callable[[Int[Tensor, "m"]], Bool[Tensor, "m *axes"]],
    replacement: Callable[[Int[Tensor, "m"], slice], Float[Tensor, "..."]],
    n_masks: int,
    batch_size: int,
    progress: str | None = None,
) -> Float[Tensor, "M N"]:
    """Return output ``target`` for each of M masks and N samples, the masked cells replaced.

    ``masks(i)`` gives the masks of indices ``i``; ``replacement(i, s)`` what goes in for these masks and the samples
    of slice ``s``, in a shape that broadcasts to (m, n, *axes). Both are asked for one chunk at a time, so memory
    stays at ``batch_size`` rows. ``progress``: the name on a progress bar, or None for none.
    """
    result = x.new_empty(n_masks, len(x))
    index = torch.arange(n_masks, device=x.device)
    with tqdm(total=result.numel(), desc=progress, disable=progress is None, leave=False) as bar:
        for start in range(0, len(x), batch_size):
            s = slice(start, min(start + batch_size, len(x)))
            n = s.stop - s.start
            for i in torch.split(index, max(1, batch_size // n)):
                rows = torch.where(masks(i)[:, None], replacement(i, s), x[s]).flatten(0, 1)
                found = model(rows).gather(1, target[s].long().repeat(len(i))[:, None])
                result[i, s] = found.view(len(i), n)
                bar.update(len(rows))
    return result
