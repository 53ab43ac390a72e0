"""Whether the printed numbers of Ismail et al., NeurIPS 2021, lie closer to ours on inputs scaled in another way.

The paper names no scaling for its series. Scaling is one named setting for all cells at once; none is chosen per cell.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.statistics.paired import paired
from tsinterp_lib.studies.guided import tables_page
from tsinterp_lib.studies.guided.page import shared_models
from tsinterp_lib.studies.guided.plan import PROTOCOL
from tsinterp_lib.studies.guided.tables_page import QUANTITIES
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

_AT = ["metric", "dataset", "model", "explainer", "training"]


def cells(both: Mapping[str, pd.DataFrame], trainer: str = "guided") -> pd.DataFrame:
    """Return a row per printed cell and scaling: ``scaling``, ``mean`` (ours), ``published``, ``n`` seeds.

    ``both`` maps a scaling's name to rows of one protocol (see ``page.both_scalings``). Only the models
    (network, layout, training, seed) that every scaling has are averaged. Empty where there are none.
    """
    shared = shared_models(both, trainer)
    if shared.empty:
        return pd.DataFrame(columns=[*_AT, "mean", "published", "n", "scaling"])
    found = [
        tables_page.cells(rows.merge(shared).assign(protocol=PROTOCOL), trainer).assign(scaling=name)
        for name, rows in both.items()
    ]
    table = pd.concat(found).dropna(subset=["mean", "published"])
    return table[table.groupby(_AT)["scaling"].transform("size") == len(both)].reset_index(drop=True)


def distances(found: pd.DataFrame) -> pd.DataFrame:
    """By network and quantity: the mean distance of ours from the printed value under each scaling, and the change.

    ``change`` with ``low`` and ``high`` is the last scaling minus the first, methods and trainings averaged, paired
    over ``n`` layouts; below zero the last one is closer. ``inside`` counts printed values in our interval, of those
    narrow enough to say. ``seeds`` is the least any cell stands on.
    """
    names = list(dict.fromkeys(found["scaling"]))
    lines = []
    for network in select.in_order(found["model"].unique()):
        for metric, printed in QUANTITIES.items():
            part = found[(found["model"] == network) & (found["metric"] == metric)]
            if part.empty:
                continue
            part = part.assign(value=(part["mean"] - part["published"]).abs(), protocol=part["scaling"])
            of = {name: part[part["scaling"] == name] for name in names}
            same = {n: int(((p["mean"] > 0) == (p["published"] > 0)).sum()) for n, p in of.items()}
            line: dict[str, object] = {"network": words.network(network), "quantity": printed}
            line |= {f"distance, {n}": float(p["value"].mean()) for n, p in of.items()}
            line |= {f"same sign, {n}": f"{same[n]} of {len(p)}" for n, p in of.items()}
            line |= {f"inside, {n}": "{} of {}".format(*tables_page.inside(p)) for n, p in of.items()}
            lines.append(line | _change(part, names) | {"seeds": int(part["n"].min())})
    return pd.DataFrame(lines)


def table(found: pd.DataFrame) -> pd.DataFrame | Prose:
    """:func:`distances` as printed, a column per network and quantity, or the sentence that says there are none."""
    lines = distances(found)
    if lines.empty:
        return words.not_computed("guided_standardised")
    bounds = lines[["change", "low", "high"]].to_numpy(dtype=float)
    lines["change"] = [words.interval(c, a, b, sign=True) for c, a, b in bounds]
    for column in (c for c in lines if str(c).startswith("distance")):
        lines[column] = lines[column].map("{:.3f}".format)
    return (
        lines.rename(columns={"n": "layouts", "seeds": "seeds, at least"})
        .drop(columns=["low", "high"])
        .set_index(["network", "quantity"])
        .T
    )


def say(found: pd.DataFrame) -> Prose:
    """Say for which networks and quantities the last scaling is closer to print, and for which the first."""
    lines = distances(found)
    if lines.empty:
        return words.not_computed("guided_standardised", "printed cells with both scalings")
    first, last = list(dict.fromkeys(found["scaling"]))[:2]
    closer = {last: lines[lines["high"] < 0], first: lines[lines["low"] > 0]}
    parts = [
        f"on {name} inputs for "
        + ", ".join(
            f"{r['quantity']} of the **{r['network']}** ({r[f'distance, {first}']:.3f} {first}, "
            f"{r[f'distance, {last}']:.3f} {last})"
            for _, r in part.iterrows()
        )
        for name, part in closer.items()
        if len(part)
    ]
    rest = len(lines) - sum(map(len, closer.values()))
    said = "Ours is closer to print " + "; ".join(parts) if parts else "Neither scaling is clearly closer to print"
    return Prose(f"{said}. {rest} of {len(lines)} comparisons stay undecided." if rest else f"{said}.")


def _change(part: pd.DataFrame, names: list[str]) -> dict[str, float]:
    """Return the distance under the last scaling minus that under the first, paired over layouts."""
    rows = part.groupby(["dataset", "model", "metric", "protocol"], as_index=False)["value"].mean()
    rows = rows.assign(seed=0, explainer="", trainer="", profile="", at=np.nan)
    try:
        p = paired(rows, names[-1], names[0], "protocol")
    except InvalidInput:  # one layout, or no difference at all: there is no interval
        wide = rows.pivot_table(index="dataset", columns="protocol", values="value")
        return {
            "change": float((wide[names[-1]] - wide[names[0]]).mean()),
            "low": np.nan,
            "high": np.nan,
            "n": len(wide),
        }
    return {"change": p.effect, "low": p.low, "high": p.high, "n": p.n}
