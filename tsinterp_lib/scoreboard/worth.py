"""Says what a map is worth on each network: the best method, the worst, and one that has seen nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.tables import select, summaries, words
from tsinterp_lib.tables.words import Prose


def worth(rows: pd.DataFrame, protocol: str = "corrected") -> pd.DataFrame:
    """What a map is worth by network: the best and the worst method's AUROC, and those of the controls."""
    shared, _ = select.on_shared_layouts(rows, protocol)
    found = summaries.by_explainer(shared, "auroc", protocol)
    table = {}
    for network in select.in_order(found["model"].unique()):
        own = found[found["model"] == network].set_index("explainer")
        methods = own.drop(index=[c for c in CONTROLS if c in own.index]).sort_values("mean", ascending=False)
        best, worst = methods.iloc[0], methods.iloc[-1]
        table[words.network(network)] = {
            "best method": words.printed(str(methods.index[0])),
            "its AUROC": _with_bounds(best),
            "worst method": words.printed(str(methods.index[-1])),
            "AUROC of that": _with_bounds(worst),
            "position only": ", ".join(_with_bounds(row) for _, row in own[own.index == "position_only"].iterrows()),
        }
    return pd.DataFrame(table).T


def say_worth(rows: pd.DataFrame, protocol: str = "corrected") -> Prose:
    """Whether any method ranks the planted cells better than knowing where signals tend to be."""
    shared, layouts = select.on_shared_layouts(rows, protocol)
    found = summaries.by_explainer(shared, "auroc", protocol).pivot_table(
        index="explainer", columns="model", values="mean"
    )
    methods = found.drop(index=[c for c in CONTROLS if c in found.index]).dropna()
    position, top = found.loc["position_only"], methods.max()
    spread = {"network": methods.mean(axis=0), "method": methods.mean(axis=1)}
    more, less = sorted(spread, key=lambda axis: float(np.ptp(spread[axis])), reverse=True)
    best, worst = str(top.idxmax()), str(top.idxmin())
    beyond = [words.network(str(n)) for n in top.index[top > position.reindex(top.index)]]
    exceeds = f"a method exceeds it on the {' and the '.join(beyond)}" if beyond else "no method exceeds it anywhere"
    return Prose(
        f"**It depends on the {more} more than on the {less}**: mean AUROC differs by {np.ptp(spread[more]):.2f} "
        f"between {more}s and by {np.ptp(spread[less]):.2f} between {less}s. On {layouts} planted layouts, with the "
        f"{len(methods)} methods that every network has, the best map reaches {top[best]:.2f} on the "
        f"{words.network(best)} ({words.printed(methods[best].idxmax())}) and {top[worst]:.2f} on the "
        f"{words.network(worst)}. A map that knows only where signals tend to be, and has seen neither network nor "
        f"series, has {position.mean():.2f}: {exceeds}."
    )


def _with_bounds(row: pd.Series) -> str:
    return words.interval(row["mean"], row["low"], row["high"], decimals=2)
