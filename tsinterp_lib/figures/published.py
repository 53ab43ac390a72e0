"""Published numbers against ours."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures import style
from tsinterp_lib.tables import words

QUANTITIES = words.metrics("diff_aup", "diff_aur")
TRAININGS = {"traditional": ("#999999", "o", "traditional"), "saliency_guided": ("#004488", "D", "guided")}


def against_published(cells: pd.DataFrame) -> Figure:
    """Draw ours over published, a point per layout and method, a row of panels per network, a panel per quantity.

    ``cells`` is one of :func:`tsinterp_lib.studies.guided.tables_page.cells`; on the line the two agree. Raises
    :class:`InvalidInput` where no cell has both.
    """
    both = cells.dropna(subset=["mean", "published"])
    networks = [n for n in words.NETWORKS if n in set(both["model"])]
    if not networks:
        raise InvalidInput("no cell has both a value of ours and a published one: compute the study, or add the table.")
    figure, grid = plt.subplots(
        len(networks), 2, figsize=(style.WIDTH, 2.7 * len(networks) + 0.4), squeeze=False, sharex="col", sharey="col"
    )
    for line, network in zip(grid, networks, strict=True):
        for axes, (quantity, name) in zip(line, QUANTITIES.items(), strict=True):
            part = both[(both["model"] == network) & (both["metric"] == quantity)]
            for training, (colour, marker, _) in TRAININGS.items():
                one = part[part["training"] == training]
                axes.plot(one["published"], one["mean"], marker, color=colour, ms=4, alpha=0.75, mew=0)
            ends = both[both["metric"] == quantity][["mean", "published"]].to_numpy(dtype=float)
            axes.plot(*[[np.min(ends), np.max(ends)]] * 2, color="#BBBBBB", lw=0.8, zorder=0)
            axes.set_title(f"{words.network(network)}: {name}")
            axes.set_xlabel("published")
        line[0].set_ylabel("ours")
    handles = [Line2D([], [], ls="", marker=m, color=c, ms=5, label=text) for c, m, text in TRAININGS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return style.finish(figure)
