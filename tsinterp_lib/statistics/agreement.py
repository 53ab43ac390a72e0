"""Measures how a table of ours agrees with a printed one, beside what chance and a perfect copy would score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy import stats

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.statistics.outcome import confirms, predicted

KIND = ("model", "quantity", "training")
"""What cells share that are shuffled among each other."""

WAYS = ("traditional", "saliency_guided")
"""The two trainings whose difference is the effect."""

MEASURES = ("bias", "distance", "inside", "order", "effect_r", "effect_sign")


def expected(
    published: Float[np.ndarray, "cells"],
    low: Float[np.ndarray, "cells"],
    high: Float[np.ndarray, "cells"],
    n: Float[np.ndarray, "cells"],
    decimals: int,
    zero: float | None,
    spread: float,
    runs: float,
    ceiling: float,
) -> tuple[Float[np.ndarray, "cells"], Float[np.ndarray, "cells"]]:
    """Return, per printed number of one kind, the probability to be *reproduced* by chance and by a perfect copy.

    *By chance*: the printed numbers of the kind are shuffled, so that each stands beside ours as often (the mean over
    all permutations, exactly). *A copy*: the printed number is the mean of ``runs`` further runs of our experiment.
    Numbers at the ``ceiling`` are counted apart, hence never here.
    """
    sure = n >= 2
    low, high = np.where(sure, low, 0.0), np.where(sure, high, 0.0)
    rule = (decimals, low[:, None], high[:, None], n[:, None], zero, spread, runs)
    shuffled = confirms(published[None, :], *rule) & (published < ceiling - 1e-9)[None, :]
    # Quantiles of the predictive distribution instead of draws: the same figures on every machine.
    at = (np.arange(199) + 0.5) / 199
    df = np.maximum(n - 1, 1)
    scale = predicted(low, high, n, runs) / stats.t.ppf(0.975, df)
    again = (low + high)[:, None] / 2 + scale[:, None] * stats.t.ppf(at[None, :], df[:, None])
    again = np.round(np.minimum(again, ceiling), decimals)
    copied = confirms(again, *rule) & (again < ceiling - 1e-9)
    return np.where(sure, shuffled.mean(axis=1), 0.0), np.where(sure, copied.mean(axis=1), 0.0)


def agreement(
    cells: pd.DataFrame, runs: float = 5.0, draws: int = 500, seed: int = 0, by: Sequence[str] = ("model",)
) -> pd.DataFrame:
    r"""Measure how ours agrees with print in levels, order and effects; a row per group of ``by`` and measure.

    ``cells`` has a row per printed number: model, quantity, training, dataset, explainer, published, mean, low, high
    and n seeds of ours. Cells without an interval of ours are left out.

    ===============  ================================================================================================
    measure          what it is
    ===============  ================================================================================================
    ``bias``         mean of ours minus printed
    ``distance``     mean of \|ours − printed\|
    ``inside``       share of printed numbers inside our interval for a mean of ``runs`` runs
    ``order``        Spearman's rank correlation of the methods in a layout (all of them there), mean over layouts
    ``effect_r``     Pearson's correlation of the effects (guided minus traditional) of ours and of print
    ``effect_sign``  share of effects with the same sign
    ===============  ================================================================================================

    Beside each ``value``: ``shuffled`` with its 2.5 and 97.5 % points (``from``, ``to``), the mean when printed
    numbers are permuted within network, quantity and training; ``p``, the share of shuffles that agree at least as
    well, one-sided; and ``copy``, the mean over simulated pairs of experiments with the same truths (our means) and
    our spread, n runs against ``runs``, drawn as if cells were independent. As our means hold noise of their own, a
    copy's ``order`` and ``effect_r`` are upper bounds. Raises :class:`InvalidInput` where no cell has an interval.
    """
    there = cells[(cells["n"] >= 2) & cells["published"].notna() & cells["low"].notna()].reset_index(drop=True)
    if there.empty:
        raise InvalidInput("no cell has a printed number and an interval of ours: compute two seeds or more.")
    there = there.sort_values([*by, *KIND, "dataset", "explainer"], ignore_index=True)
    rng = np.random.default_rng(seed)
    lines = []
    for names, part in there.groupby(list(by), sort=False) if by else [((), there)]:
        names = names if isinstance(names, tuple) else (names,)
        part = part.reset_index(drop=True)
        plan = _Plan(part, runs)
        found = plan.measure(plan.ours[None], plan.published[None], plan.half[None])
        null = plan.measure(plan.ours[None], plan.shuffle(rng, draws), plan.half[None])
        copy = plan.measure(*plan.copies(rng, draws))
        for name in MEASURES:
            value, shuffled = float(found[name][0]), null[name]
            better = np.abs(shuffled) <= abs(value) if name in ("bias", "distance") else shuffled >= value
            low, high = np.nanquantile(shuffled, [0.025, 0.975]) if np.isfinite(value) else (np.nan, np.nan)
            lines.append(
                dict(zip(by, names, strict=True))
                | {"measure": name, "cells": len(part), "value": value, "shuffled": float(np.mean(shuffled))}
                | {"from": low, "to": high, "p": float((1 + better.sum()) / (1 + draws))}
                | {"copy": float(np.mean(copy[name]))}
            )
    return pd.DataFrame(lines)


class _Plan:
    """Holds the arrays of one group of cells, and which cells make an order and an effect."""

    def __init__(self, part: pd.DataFrame, runs: float) -> None:
        self.ours, self.published = (part[c].to_numpy(dtype=float) for c in ("mean", "published"))
        n = part["n"].to_numpy(dtype=float)
        low, high = (part[c].to_numpy(dtype=float) for c in ("low", "high"))
        self.half = predicted(low, high, n, runs)
        deviation = (high - low) / 2 * np.sqrt(n) / stats.t.ppf(0.975, n - 1)
        self.error, self.their_error = deviation / np.sqrt(n), deviation / np.sqrt(runs)
        self.df = n - 1
        self.kinds = list(part.groupby(list(KIND)).indices.values())
        layouts = part.groupby([*KIND, "dataset"]).indices.values()
        most = max(map(len, layouts))
        self.blocks = _stack([np.asarray(at) for at in layouts if len(at) == most and most > 2])
        pairs = part.groupby(["model", "quantity", "dataset", "explainer"]).indices.values()
        way = part["training"].map(dict(zip(WAYS, (0, 1), strict=True))).to_numpy()
        self.pairs = _stack([np.asarray(at)[np.argsort(way[at])] for at in pairs if len(at) == 2])

    def shuffle(self, rng: np.random.Generator, draws: int) -> Float[np.ndarray, "draws cells"]:
        """Return the printed numbers, permuted within their kind."""
        found = np.empty((draws, len(self.published)))
        for at in self.kinds:
            found[:, at] = rng.permuted(np.tile(self.published[at], (draws, 1)), axis=1)
        return found

    def copies(self, rng: np.random.Generator, draws: int) -> list[Float[np.ndarray, "draws cells"]]:
        """Return two experiments around the same truths, ours again and theirs, and half the width of ours, drawn
        too.
        """
        shape = (draws, len(self.ours))
        found = [self.ours + e * rng.standard_normal(shape) for e in (self.error, self.their_error)]
        return [*found, self.half * np.sqrt(rng.chisquare(self.df, shape) / self.df)]

    def measure(
        self,
        ours: Float[np.ndarray, "#draws cells"],
        theirs: Float[np.ndarray, "#draws cells"],
        half: Float[np.ndarray, "#draws cells"],
    ) -> dict[str, Float[np.ndarray, "_"]]:
        """Return every measure, for many tables at once."""
        gap = ours - theirs
        none = np.full(len(theirs), np.nan)
        found = {"bias": gap.mean(axis=1), "distance": np.abs(gap).mean(axis=1)}
        found["inside"] = (np.abs(gap) <= half + 5e-4).mean(axis=1)
        found |= {"order": none, "effect_r": none, "effect_sign": none}
        if len(self.blocks):
            a, b = (stats.rankdata(v[:, self.blocks], axis=-1) for v in (ours, theirs))
            found["order"] = np.nan_to_num(_correlation(a, b)).mean(axis=1)
        if len(self.pairs) > 2:
            a, b = (v[:, self.pairs[:, 1]] - v[:, self.pairs[:, 0]] for v in (ours, theirs))
            found["effect_r"] = _correlation(a, b)
            found["effect_sign"] = ((a > 0) == (b > 0)).mean(axis=1)
        return found


def _stack(groups: list[Int[np.ndarray, "k"]]) -> Int[np.ndarray, "groups k"]:
    return np.stack(groups) if groups else np.empty((0, 0), dtype=int)


def _correlation(a: Float[np.ndarray, "*#b k"], b: Float[np.ndarray, "*#b k"]) -> Float[np.ndarray, "..."]:
    """Pearson's correlation along the last axis; NaN where one of the two is constant."""
    a, b = (v - v.mean(axis=-1, keepdims=True) for v in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1)))
