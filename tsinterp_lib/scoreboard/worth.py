"""Says what a map is worth on each network: the best method, the worst, and one that has seen nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.tables import select, summaries, words
from tsinterp_lib.tables.rivals import TIED
from tsinterp_lib.tables.words import Prose


def worth(rows: pd.DataFrame, protocol: str = "corrected") -> pd.DataFrame:
    """Say what a map is worth by network: the best and the worst method's AUROC, and those of the controls."""
    shared, _ = select.on_shared_layouts(rows, protocol)
    found = summaries.by_explainer(shared, "auroc", protocol)
    table = {}
    for network in select.in_order(found["model"].unique()):
        own = found[found["model"] == network].set_index("explainer")
        methods = own.drop(index=[c for c in CONTROLS if c in own.index]).sort_values("mean", ascending=False)
        best, worst = methods.iloc[0], methods.iloc[-1]
        table[words.network(network)] = {
            "best method": words.marked(str(methods.index[0])),
            "its AUROC": _with_bounds(best),
            "worst method": words.marked(str(methods.index[-1])),
            "AUROC of that": _with_bounds(worst),
            "position only": ", ".join(_with_bounds(row) for _, row in own[own.index == "position_only"].iterrows()),
        }
    return pd.DataFrame(table).T


def say_worth(rows: pd.DataFrame, protocol: str = "corrected") -> Prose:
    """Say whether any method ranks the planted cells better than knowing where signals tend to be."""
    shared, layouts = select.on_shared_layouts(rows, protocol)
    found = summaries.by_explainer(shared, "auroc", protocol).pivot_table(
        index="explainer", columns="model", values="mean"
    )
    methods = found.drop(index=[c for c in CONTROLS if c in found.index]).dropna()
    position, top = found.loc["position_only"], methods.max()
    cells = _cells(shared, list(methods.index), protocol)
    spread = {"network": methods.mean(axis=0), "method": methods.mean(axis=1), "layout": cells.mean(axis=1)}
    spread["layout"] = spread["layout"].groupby(level="dataset").mean()
    first, second, last = sorted(spread, key=lambda axis: float(np.ptp(spread[axis])), reverse=True)
    best, worst = str(top.idxmax()), str(top.idxmin())
    moving, beyond = _beyond_position(shared, cells, protocol)
    return Prose(
        f"**It depends on the {first} and the {second} more than on the {last}**: mean AUROC differs by "
        + ", ".join(f"{np.ptp(spread[axis]):.2f} between {axis}s" for axis in (first, second, last))
        + f". On {layouts} planted layouts, with the "
        f"{len(methods)} methods that every network has, the best map reaches {top[best]:.2f} on the "
        f"{words.network(best)} ({words.marked(str(methods[best].idxmax()))}) and {top[worst]:.2f} on the "
        f"{words.network(worst)}. A map that knows only where signals tend to be, and has seen neither network nor "
        f"series, has {position.mean():.2f}. Where the planted block moves, the best method of a layout and network "
        f"(picked by the values shown) exceeds it in {beyond} of {moving} pairs; where it never moves, position is the "
        f"truth and nothing can.{words.below(str(methods[best].idxmax()))}"
    )


def _cells(shared: pd.DataFrame, methods: list[str], protocol: str) -> pd.DataFrame:
    """Return AUROC over seeds, (layout, network) × methods."""
    part = select.pick(shared[shared["explainer"].isin(methods)], "auroc", protocol)
    return part.pivot_table(index=["dataset", "model"], columns="explainer", values="value")


def _beyond_position(shared: pd.DataFrame, cells: pd.DataFrame, protocol: str) -> tuple[int, int]:
    """Of how many pairs of layout and network a block moves, and in how many the best method exceeds position only."""
    names = ["position_only", "oracle"]
    controls = _cells(shared, names, protocol).reindex(index=cells.index, columns=names)
    moves = ~(controls["position_only"] >= controls["oracle"] - TIED)
    return int(moves.sum()), int((cells.max(axis=1) > controls["position_only"])[moves].sum())


def _with_bounds(row: pd.Series) -> str:
    return words.interval(row["mean"], row["low"], row["high"], decimals=2)
