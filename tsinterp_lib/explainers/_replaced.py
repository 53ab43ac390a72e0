"""Replaced cells, in batches: all masks and samples go through the model together, a bounded number of rows at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from tsinterp_lib.registry import known

GROUPS = ("cell", "time", "feature")


def groups_of(kind: str, x: Float[Tensor, "N T F"]) -> Int[Tensor, "T F"]:
    """The number of the group each cell belongs to: every ``cell``, ``time`` step or ``feature`` is one group."""
    known(kind, GROUPS, "grouping")
    _, n_steps, n_features = x.shape
    cells = torch.arange(n_steps * n_features, device=x.device).view(n_steps, n_features)
    if kind == "cell":
        return cells
    return (cells // n_features if kind == "time" else cells % n_features).contiguous()


@torch.no_grad()
def outputs(
    model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"], batch_size: int
) -> Float[Tensor, "N"]:
    """Output ``target`` of the model for every sample."""
    pairs = zip(torch.split(x, batch_size), torch.split(target, batch_size), strict=True)
    return torch.cat([model(rows).gather(1, wanted[:, None].long())[:, 0] for rows, wanted in pairs])


@torch.no_grad()
def replaced_outputs(
    model: nn.Module,
    x: Float[Tensor, "N T F"],
    target: Int[Tensor, "N"],
    masks: Callable[[Int[Tensor, "m"]], Bool[Tensor, "m T F"]],
    replacement: Callable[[Int[Tensor, "m"], slice], Float[Tensor, "..."]],
    n_masks: int,
    batch_size: int,
    progress: str | None = None,
) -> Float[Tensor, "M N"]:
    """Output ``target`` for each of M masks and N samples, the masked cells replaced.

    ``masks(i)`` gives the masks of indices ``i``; ``replacement(i, s)`` what goes in for these masks and the samples
    of slice ``s``, in a shape that broadcasts to (m, n, T, F). Both are asked for one chunk at a time, so memory
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
