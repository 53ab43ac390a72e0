"""How a change in the last digit of a series grows in the masks fitted to it, and what it does to their scores."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import matplotlib.pyplot as plt
import pandas as pd
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from tsinterp_lib.engine.explain import scored
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers.dynamask import Dynamask
from tsinterp_lib.explainers.each_series import restricted_to
from tsinterp_lib.figures import style
from tsinterp_lib.models import WhiteBox
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Explanation, Samples

SCORES: dict[str, str] = {
    "AUP (threshold)": "aup_threshold",
    "AUR (threshold)": "aur_threshold",
    "AUROC": "auroc",
    "average precision": "average_precision",
}


@dataclass(frozen=True, eq=False)
class Divergence:
    """Holds ``by_epoch``, the largest difference of a coefficient and the share that differ by more than one half.

    ``masks``: the masks of lowest error for the series (first) and for each changed copy, (1 + K, T, F).
    """

    by_epoch: pd.DataFrame
    masks: Float[Tensor, "M T F"]
    samples: Samples


def divergence(
    method: Dynamask,
    samples: Samples,
    model: nn.Module | None = None,
    relative_change: float = 1e-7,
    copies: int = 4,
    seed: int = 0,
) -> Divergence:
    """Fit masks to the one series of ``samples`` and to copies of it whose cells differ by a relative change.

    In 64-bit floats, so that what grows is that change and no rounding. Without a ``model`` a white box reads the
    important cells. Copies are fitted side by side; masks of different series do not meet. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` for more than one series.
    """
    if len(samples) != 1:
        raise InvalidInput(f"`samples` are {len(samples)}: give the one series that is to be copied.")
    x = samples.x.to(torch.float64)
    with scope(seed):
        signs = torch.randint(0, 2, (copies, *x.shape[1:])) * 2 - 1
    together = torch.cat([x, x * (1 + relative_change * signs)])
    box = WhiteBox(x.shape[1], x.shape[2]) if model is None else copy.deepcopy(model).to(torch.float64)
    records: list[tuple[int, float, float]] = []

    def after_epoch(epoch: int, masks: Float[Tensor, "N R T F"]) -> None:
        gap = (masks[1:] - masks[:1]).abs()
        records.append((epoch + 1, float(gap.max()), float((gap > 0.5).to(torch.float64).mean())))

    with restricted_to(box, samples):
        group = method.trace(box, together, torch.zeros(together.shape[:2], dtype=torch.long), after_epoch)
    masks = group.take(group.errors.argmin(1))
    table = pd.DataFrame(records, columns=["epoch", "largest difference", "share that differ by half"])
    return Divergence(table, masks, samples)


def scores(found: Divergence) -> pd.DataFrame:
    """Return scores of the mask of the series, and how far those of its copies spread around it."""
    n = len(found.masks)
    x = found.samples.x.to(torch.float64).expand(n, -1, -1)
    truth = None if found.samples.importance is None else found.samples.importance.expand(n, -1, -1)
    e = Explanation(torch.nn.Identity(), x, torch.zeros(n, dtype=torch.long), found.masks, truth)
    values = {name: s.values for name, s in zip(SCORES, scored(e, SCORES.values()), strict=True)}
    return pd.DataFrame(
        {name: {"the series": float(v[0]), "lowest": float(v.min()), "highest": float(v.max())}
         for name, v in values.items()}
    ).T  # fmt: skip


def agreement(found: Divergence) -> pd.Series:
    """Of the cells that the mask of the series marks (above one half), the share that each copy's mask marks too."""
    own = found.masks[0] > 0.5
    shares = [float((own & (m > 0.5)).sum() / (own | (m > 0.5)).sum().clamp(min=1)) for m in found.masks[1:]]
    return pd.Series(shares, index=[f"copy {k}" for k in range(1, len(shares) + 1)], name="cells marked by both")


def table(runs: dict[str, Divergence]) -> pd.DataFrame:
    """Return per run: each score of the mask of the series with the range over its copies, and how many cells both
    mark.
    """
    found = {}
    for name, run in runs.items():
        ranges = {
            k: f"{r['the series']:.3f} ({r['lowest']:.3f} to {r['highest']:.3f})" for k, r in scores(run).iterrows()
        }
        found[name] = {**ranges, "cells marked by both, least": f"{agreement(run).min():.3f}"}
    return pd.DataFrame(found).T


def figure(runs: dict[str, Divergence]) -> Figure:
    """Draw the largest difference of a coefficient by epoch, a line per run; both axes logarithmic."""
    made, axes = plt.subplots(figsize=(style.WIDTH, 3.0))
    for (name, run), colour in zip(runs.items(), ("#BB5566", "#004488", "#DDAA33"), strict=False):
        table = run.by_epoch[run.by_epoch["largest difference"] > 0]
        axes.plot(table["epoch"], table["largest difference"], color=colour, lw=1.4, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("largest difference\nof a coefficient")
    axes.legend()
    return style.finish(made)
