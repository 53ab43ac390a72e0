"""Says how much of the spread between seeds is the data and how much the training, and what shared first weights do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.crossed import crossed
from tsinterp_lib.studies.guided.plan import EXPLAINED, TRADITIONAL
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

QUANTITIES = words.metrics("auroc", "aup_count", "aur_count")
TRAININGS = {TRADITIONAL: "traditional", "guided": "guided"}
GAIN = "gain of guidance"
CELL = ["model", "layout", "explainer", "metric"]


def tables(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per network, layout, method, metric and training (or the gain), data seed and training seed, without
    gaps.

    ``rows`` are those of *guided_draws*. A data set on which a training seed is missing, or below the gate, is left
    out of a table, and a table with fewer than two data sets altogether.
    """
    part = rows[rows["explainer"].isin(EXPLAINED) & rows["metric"].isin(QUANTITIES)]
    part = part.assign(layout=select.layout(part["dataset"]), data=part["dataset"].str.split("/").str[-1])
    wide = part.pivot_table(index=[*CELL, "data", "seed"], columns="trainer", values="value")
    if set(TRAININGS) <= set(wide):
        wide[GAIN] = wide["guided"] - wide[TRADITIONAL]
    found = wide.rename(columns=TRAININGS).reset_index().melt([*CELL, "data", "seed"], var_name="what").dropna()
    found = found[found.groupby([*CELL, "what", "data"])["value"].transform("size") == found["seed"].nunique()]
    return found[found.groupby([*CELL, "what"])["data"].transform("nunique") > 1]


def parts(rows: pd.DataFrame) -> pd.DataFrame:
    """By network, quantity and training (or gain): the deviation between models, and whose it is.

    ``deviation`` is that between models of other data and other training, the root of all three parts; ``data``,
    ``first weights`` and ``rest`` (shuffles, dropout, and what depends on both) are shares of its square, averaged
    over methods and layouts. A part that is estimated below zero is none.
    """
    lines = []
    for (model, metric, what), part in tables(rows).groupby(["model", "metric", "what"], sort=False):
        blocks = [p.pivot(index="data", columns="seed", values="value") for _, p in part.groupby(CELL)]
        each = [crossed(b.to_numpy(float)[None]) for b in blocks]
        found = np.clip(np.mean(each, axis=0), 0.0, None)
        total = float(found.sum())
        share = found / total if total else found * np.nan
        lines.append(
            {"network": str(model), "quantity": QUANTITIES[str(metric)], "of": str(what), "deviation": total**0.5}
            | dict(zip(("data", "first weights", "rest"), share, strict=True))
            | {"tables": len(blocks)}
        )
    return pd.DataFrame(lines, columns=["network", "quantity", "of", "deviation", "data", "first weights", "rest",
                                        "tables"])  # fmt: skip


def starts(rows: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame | Prose:
    """Return the deviation of the gain between models, by network and quantity: from shared first weights and from own
    ones.

    ``own`` are rows of trainings with first weights of their own, traditional and guided
    (:func:`~tsinterp_lib.studies.guided.joined.joined`), taken on the same layouts. Deviations are those of the gain
    of one method on one layout, pooled over methods and layouts; ``gain`` is its mean. A sentence where there is none.
    """
    mine = tables(rows)
    mine = mine[mine["what"] == GAIN].assign(start="shared")
    if mine.empty:
        return words.not_computed("guided_draws")
    other = own[own["explainer"].isin(EXPLAINED) & own["metric"].isin(QUANTITIES)]
    other = other.assign(layout=select.layout(other["dataset"]))
    other = other.merge(mine[["model", "layout"]].drop_duplicates())
    wide = other.pivot_table(index=[*CELL, "seed"], columns="trainer", values="value")
    gain = (wide["guided"] - wide[TRADITIONAL]).dropna().rename("value").reset_index().assign(start="own")
    both = pd.concat([mine, gain], ignore_index=True)
    spread = both.groupby(["model", "metric", "start", "layout", "explainer"])["value"].agg(["mean", "var", "size"])
    pooled = spread.groupby(level=["model", "metric", "start"]).agg(
        gain=("mean", "mean"), variance=("var", "mean"), pairs=("size", "min")
    )
    pooled["deviation"] = np.sqrt(pooled["variance"])
    grid = pooled[["gain", "deviation", "pairs"]].reset_index()
    grid["network"], grid["quantity"] = grid["model"].map(words.network), grid["metric"].map(QUANTITIES)
    return grid.drop(columns=["model", "metric"]).set_index(["network", "quantity", "start"]).round(3)


def say(found: pd.DataFrame) -> Prose:
    """Say how much of the variance of AUROC between models is the data, by network, from the table of :func:`parts`."""
    part = found[(found["quantity"] == QUANTITIES["auroc"]) & (found["of"] != GAIN)]
    if part.empty:
        return words.not_computed("guided_draws")
    each = [
        f"{words.network(r['network'])}, {r['of']}: data {r['data']:.0%}, first weights {r['first weights']:.0%}, the "
        f"rest {r['rest']:.0%}"
        for r in part.to_dict("records")
    ]
    return Prose("Of the variance of AUROC between models of another seed: " + "; ".join(each) + ".")
