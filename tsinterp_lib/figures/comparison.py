"""Pictures of comparisons: mean ranks with what is not told apart, differences with their intervals, all pairs."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures import style
from tsinterp_lib.statistics import friedman
from tsinterp_lib.tables import words

NARROW = 5.4
"""Width in inches of figures that are lists: their names stay legible on a page 390 pixels wide."""

_BAR_STEP = 0.034


def critical_difference(ranking: friedman.RankTest, title: str, alpha: float = 0.05) -> Figure:
    """Draw mean ranks after :cite:t:`demsar2006`, the best on top; bars on the right join explainers not told apart.

    A bar joins neighbours in rank of which no pair differs at ``alpha``. The ruler is Nemenyi's critical difference,
    drawn where the pairs come from that test.
    """
    order = [str(e) for e in ranking.ranks.index]
    nemenyi = ranking.posthoc == "nemenyi"
    groups = not_told_apart(ranking.pairwise.loc[order, order], alpha)
    figure, axes = plt.subplots(figsize=(NARROW, 0.27 * len(order) + 1.6))
    place = np.arange(len(order))[::-1]
    low = np.floor(ranking.ranks.min() * 2 - 0.5) / 2
    for y, name in zip(place, order, strict=True):
        look, rank = style.look(name), float(ranking.ranks[name])
        axes.hlines(y, low, rank, color="#E4E4E4", lw=1)
        axes.plot(rank, y, look.marker, color=look.colour, ms=7)
        axes.annotate(f"{rank:.1f}", (rank, y), (8, 0), textcoords="offset points", va="center", fontsize=8.5)
    columns: list[int] = []
    for first, last in groups:
        column = next((c for c, end in enumerate(columns) if end < first), len(columns))
        columns[column : column + 1] = [last]
        x = 1.02 + _BAR_STEP * column
        ends = [place[first] + 0.28, place[last] - 0.28]
        transform = axes.get_yaxis_transform()
        axes.plot([x, x], ends, color="#333333", lw=3, clip_on=False, transform=transform, solid_capstyle="butt")
    worst = float(ranking.ranks.max())
    high = worst + 0.12 * (worst - low)  # room for the number beside the last mark
    top = len(order) - 0.35
    if nemenyi:
        reach = friedman.critical_difference(len(order), ranking.blocks, alpha)
        start = low + 0.03 * (high - low)
        axes.plot([start, start + reach], [top, top], "|-", color="#333333", lw=1.4, ms=8, mew=1.4)
        axes.text(start, top + 0.3, f"critical difference {reach:.2f}", fontsize=8.5, va="bottom")
        high = max(high, start + reach + 0.2)
    axes.set_xlim(low, high)
    axes.set_ylim(-0.7, len(order) + (0.7 if nemenyi else -0.3))
    axes.set_yticks(place, [words.marked(e) for e in order], fontsize=9.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_bounds(-0.7, len(order) - 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("mean rank (1 is best)")
    how = "Nemenyi's test" if nemenyi else "signed-rank tests with Holm's correction"
    text = f"Bars join explainers that {how} at {alpha:g} do not tell apart."
    absent = [words.method(e) for e in ranking.left_out]
    text += f" Not ranked, missing in a block: {', '.join(absent)}." if absent else ""
    text += words.below(*order, start=" ")
    figure.supxlabel(textwrap.fill(text, 72), fontsize=8.5)
    head = f"{title}: {ranking.blocks} blocks, Friedman p = {ranking.p:.1g}"
    axes.set_title(textwrap.fill(head, 58), fontsize=9.5)
    return style.finish(figure)


def not_told_apart(p: pd.DataFrame, alpha: float = 0.05) -> list[tuple[int, int]]:
    """Longest runs of neighbours, as first and last place, of which no pair has p below ``alpha``.

    ``p`` is square and in the order of the ranks; runs of one are left out.
    """
    alike = p.to_numpy() >= alpha
    runs: list[tuple[int, int]] = []
    for first in range(len(alike)):
        last = first
        while last + 1 < len(alike) and alike[first : last + 1, last + 1].all():
            last += 1
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    return runs


def forest(pairs: pd.DataFrame, label: str, negligible: float = 0.0, alpha: float = 0.05) -> Figure:
    """Draw differences ``a − b`` with their intervals, the largest on top; filled where ``p_holm`` is below ``alpha``.

    ``pairs`` is a table of :func:`tsinterp_lib.statistics.paired.pairwise`; where all are against one name, only
    the other is written. The intervals are of each pair alone, the fill is of all together. Differences within
    ± ``negligible`` are shaded. An infinite interval (too few blocks) is drawn as a dotted line across the panel.
    """
    if pairs.empty:
        raise InvalidInput("no pairs to draw: give a table of `pairwise`.")
    pairs = pairs.sort_values("effect", kind="stable").reset_index(drop=True)
    one = str(pairs["b"].iloc[0]) if pairs["b"].nunique() == 1 and len(pairs) > 1 else None
    figure, axes = plt.subplots(figsize=(NARROW, 0.25 * len(pairs) + 1.6))
    if negligible > 0:
        axes.axvspan(-negligible, negligible, color="#EFEFEF", zorder=0)
    axes.axvline(0, color="#999999", lw=0.9, zorder=1)
    columns = ["a", "effect", "low", "high", "p_holm"]
    for y, (a, effect, low, high, p) in enumerate(pairs[columns].itertuples(index=False, name=None)):
        look = style.look(a)
        if np.isfinite([low, high]).all():
            axes.hlines(y, low, high, color=look.colour, lw=2)
        else:
            axes.axhline(y, color=look.colour, lw=1, ls=":")
        fill = look.colour if p < alpha else "white"
        axes.plot(effect, y, look.marker, color=look.colour, mfc=fill, ms=6.5, mew=1.4)
    names = [(words.marked(a), words.marked(b)) for a, b in zip(pairs["a"], pairs["b"], strict=True)]
    axes.set_yticks(range(len(pairs)), [a if one else f"{a} − {b}" for a, b in names], fontsize=9)
    axes.set_ylim(-0.7, len(pairs) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color="#F0F0F0", lw=0.7)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"{label}, minus that of {words.printed(one)}" if one else label)
    blocks = f"{pairs['n'].min()}" if pairs["n"].nunique() == 1 else f"{pairs['n'].min()} to {pairs['n'].max()}"
    text = f"Median difference with {100 * pairs['level'].iloc[0]:g} % interval over {blocks} blocks; "
    text += f"filled: p < {alpha:g} after Holm's correction."
    bounded = np.isfinite(pairs[["low", "high"]].to_numpy(dtype=float)).all()
    text += "" if bounded else " Dotted: too few blocks for a finite interval."
    text += words.below(*pairs["a"], *pairs["b"], start=" ")
    figure.supxlabel(textwrap.fill(text, 72), fontsize=8.5)
    return style.finish(figure)


def pair_matrix(pairs: pd.DataFrame, label: str, alpha: float = 0.05) -> Figure:
    """Draw all pairs in one square: the difference row minus column, a dot where ``p_holm`` is below ``alpha``.

    ``pairs`` is a table of :func:`tsinterp_lib.statistics.paired.pairwise` over all pairs.
    """
    if pairs.empty:
        raise InvalidInput("no pairs to draw: give a table of `pairwise`.")
    back = pairs.assign(a=pairs["b"], b=pairs["a"], effect=-pairs["effect"])
    both = pd.concat([pairs, back], ignore_index=True)
    effect = both.pivot(index="a", columns="b", values="effect")
    order = effect.mean(axis=1).sort_values(ascending=False, kind="stable").index
    effect = effect.loc[order, order]
    p = both.pivot(index="a", columns="b", values="p_holm").loc[order, order].to_numpy()
    top = float(np.nanmax(np.abs(effect.to_numpy()))) or 1.0
    side = min(style.WIDTH, 0.26 * len(order) + 2.2)
    figure, axes = plt.subplots(figsize=(side, side + 0.4))
    image = axes.imshow(effect.to_numpy(), cmap="RdBu", vmin=-top, vmax=top, aspect="auto")
    rows, columns = np.nonzero(np.nan_to_num(p, nan=1.0) < alpha)
    dark = np.abs(effect.to_numpy()[rows, columns]) > 0.65 * top
    axes.scatter(columns, rows, s=12, c=np.where(dark, "white", "black"))
    names = [words.marked(e) for e in order]
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=9)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.tick_params(length=0)
    for edge in axes.spines.values():
        edge.set_visible(False)
    ticks = MaxNLocator(5, symmetric=True)
    figure.colorbar(image, ax=axes, location="top", aspect=40, ticks=ticks, label=f"{label}: row minus column")
    text = f"Dots: p < {alpha:g} after Holm's correction over {len(pairs)} pairs."
    if not len(rows):
        text = f"No dot: none of {len(pairs)} pairs has p < {alpha:g} after Holm's correction."
    text += words.below(*order, start=" ")
    figure.supxlabel(textwrap.fill(text, 72), fontsize=8.5)
    return style.finish(figure)
