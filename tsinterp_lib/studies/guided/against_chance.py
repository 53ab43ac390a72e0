"""Shows how ours agrees with Tables 8 to 11 of the 2021 paper, beside shuffled numbers and a perfect copy."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.statistics.agreement import agreement
from tsinterp_lib.studies.guided.printed import RUNS
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

PRINTED = {
    "bias": "bias (ours − printed)",
    "distance": "mean distance",
    "inside": "inside our interval",
    "order": "order of methods (Spearman)",
    "effect_r": "effects of guidance (Pearson)",
    "effect_sign": "effects with the same sign",
}
"""The printed name of every measure."""

TOTAL = "all networks"


def measured(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of :func:`tsinterp_lib.statistics.agreement.agreement` by network, and over all of them.

    ``cells`` are those of :func:`tsinterp_lib.studies.guided.tables_page.cells`.
    """
    named = cells.rename(columns={"metric": "quantity"})
    named = named.assign(n=named["n"].fillna(0))
    each, total = agreement(named, RUNS), agreement(named, RUNS, by=())
    found = pd.concat([each, total.assign(model=TOTAL)], ignore_index=True)
    order = [*select.in_order(each["model"].unique()), TOTAL]
    return found.sort_values("model", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)


def table(found: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`measured` as printed: a row per measure, per network ours, shuffled with its 95 % range, and a
    copy.
    """
    lines = [
        {
            "network": r["model"] if r["model"] == TOTAL else words.network(r["model"]),
            "measure": PRINTED[r["measure"]],
            "ours against print": f"{r['value']:.2f}" if abs(r["value"]) >= 0.1 else f"{r['value']:.3f}",
            "shuffled [95 %]": words.interval(r["shuffled"], r["from"], r["to"], decimals=2),
            "p": f"{r['p']:.3f}",
            "a copy": f"{r['copy']:.2f}",
        }
        for r in found.to_dict("records")
    ]
    return pd.DataFrame(lines)


def say(found: pd.DataFrame) -> Prose:
    """Say whether levels, order and effects agree better than chance, and how far they are from a copy."""
    all_of_them = found[found["model"] == TOTAL].set_index("measure")
    parts = [
        f"{what} {r['value']:.2f} (shuffled print {r['shuffled']:.2f}, p = {r['p']:.3f}; a copy {r['copy']:.2f})"
        for name, what in (
            ("inside", "of the printed numbers our intervals hold a share of"),
            ("order", "the order of the methods in a layout correlates by"),
            ("effect_r", "the effect of guided training, cell by cell, correlates by"),
            ("effect_sign", "and has the same sign in a share of"),
        )
        for r in [all_of_them.loc[name]]
    ]
    return Prose(f"Over {int(all_of_them['cells'].iloc[0])} cells: {'; '.join(parts)}.")
