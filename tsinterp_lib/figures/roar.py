"""Draw accuracy after removing and retraining, and how it agrees with the planted truth."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.figures import style
from tsinterp_lib.tables import words

KINDS = ("#332288", "#CC6677", "#88AADD", "#117733", "#DDAA33")
GREYS = (("#000000", ":"), ("#888888", "--"), ("#888888", "-."))


def by_base(
    found: pd.DataFrame,
    bases: Mapping[str, str],
    kinds: Mapping[str, str],
    controls: Mapping[str, str],
    chance: float,
    x: str = "removed, %",
    y: str = "accuracy after retraining, %",
) -> Figure:
    """Draw mean accuracy with its interval by share removed: a panel per base, a line per kind, the controls in each.

    ``found`` has explainer, at, mean, low and high, in percent; ``bases`` and ``controls`` map labels to printed names,
    ``kinds`` what a label adds to its base to a printed name.
    """
    figure, grid = plt.subplots(1, len(bases), figsize=(style.WIDTH, 3.4), sharex=True, sharey=True, squeeze=False)
    for axes, (base, title) in zip(grid[0], bases.items(), strict=True):
        lines = [(c, printed, *GREYS[i % 3]) for i, (c, printed) in enumerate(controls.items())]
        lines += [(f"{base}{k}", p, KINDS[i % 5], "-") for i, (k, p) in enumerate(kinds.items())]
        for label, printed, colour, dash in lines:
            part = found[found["explainer"] == label].sort_values("at")
            if part.empty:
                continue
            axes.plot(100 * part["at"], part["mean"], dash, color=colour, marker="o", ms=2.5, lw=1.3, label=printed)
            axes.fill_between(100 * part["at"], part["low"], part["high"], color=colour, alpha=0.15, lw=0)
        axes.axhline(chance, color="#BBBBBB", lw=0.8)
        axes.set_title(title)
        axes.set_xlabel(x)
        axes.set_ylim(0, 102)
    grid[0][0].set_ylabel(y)
    handles, names = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4)
    return style.finish(figure)


def against_truth(found: pd.DataFrame, x: str, y: str) -> Figure:
    """Draw two scores of each explainer, a panel per network: columns model, explainer, auroc and gain; chance is
    dotted.
    """
    networks = [n for n in words.NETWORKS if n in set(found["model"])]
    figure, grid = plt.subplots(1, len(networks), figsize=(style.WIDTH, 3.4), sharey=True, squeeze=False)
    for axes, network in zip(grid[0], networks, strict=True):
        part = found[found["model"] == network]
        for i, (explainer, group) in enumerate(part.groupby("explainer", sort=False)):
            look = style.look(str(explainer))
            marker = "osD^vPX*"[i % 8]
            axes.plot(group["auroc"], group["gain"], marker, ms=5, color=look.colour, alpha=0.8, label=look.name)
        axes.axhline(0.0, color="#999999", lw=0.8, ls=":")
        axes.axvline(0.5, color="#999999", lw=0.8, ls=":")
        axes.set_title(words.network(network))
        axes.set_xlabel(x)
    grid[0][0].set_ylabel(y)
    handles, names = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    return style.finish(figure)
