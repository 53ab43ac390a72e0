"""Image against series: tables and sentences of the studies *mnist_series* and *mnist_views*, made from rows."""

from __future__ import annotations

import pandas as pd
from scipy import stats

from tsinterp_lib.experiments.mnist_series import RESCALED, rescaled
from tsinterp_lib.figures import style

SHARE = "saliency_share_"


def over_samples(rows: pd.DataFrame, metric: str, level: float = 0.95) -> pd.DataFrame:
    """Mean and interval over test images of one fitted model: columns dataset, model, explainer, mean, low, high, n.

    Rows of several seeds are averaged, and so are their standard errors: the interval stays one over images.
    """
    part = rows[(rows["metric"] == metric) & (rows["explainer"] != "")]
    found = part.groupby(["dataset", "model", "explainer"], sort=False).agg(
        mean=("value", "mean"), sem=("sem", "mean"), n=("n", "min")
    )
    half = stats.t.ppf((1 + level) / 2, found["n"] - 1) * found["sem"]
    return found.assign(low=found["mean"] - half, high=found["mean"] + half).drop(columns="sem").reset_index()


def shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of mass in each group of cells, by data set, network and explainer; controls last."""
    groups = sorted({str(m) for m in rows["metric"] if str(m).startswith(SHARE)})
    table = pd.concat([over_samples(rows, m).assign(group=m.removeprefix(SHARE)) for m in groups], ignore_index=True)
    control = table["explainer"] == "random"
    return pd.concat([table[~control], table[control]], ignore_index=True)


def accuracy_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy, epochs and whether the gate was passed: a row per data set and network."""
    part = rows[rows["metric"].isin(("test_accuracy", "validation_accuracy", "epochs", "passed_gate"))]
    grid = part.pivot_table(index=["dataset", "model"], columns="metric", values="value", sort=False)
    return grid[["test_accuracy", "validation_accuracy", "epochs", "passed_gate"]].round(3)


def enrichment(rows: pd.DataFrame, group: str = "cells") -> pd.DataFrame:
    """Share of mass in a group divided by that of random maps: 1 is no preference; explainers × networks."""
    table = over_samples(rows, SHARE + group)
    grid = table.pivot_table(index="explainer", columns=["dataset", "model"], values="mean", sort=False)
    grid = grid / grid.loc["random"]
    return grid.droplevel("dataset", axis=1) if table["dataset"].nunique() == 1 else grid


def before_and_after(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per network and rescaled method: the share on the ink and the area under masked accuracy, before and after.

    ``gain`` is the share after minus before, ``apart`` whether the two intervals do not overlap; images are the same,
    so that this is a strict test.
    """
    ink, area = (over_samples(rows, m) for m in (f"{SHARE}cells", "masked_accuracy_area_count"))
    found = []
    for base in RESCALED:
        for key in ("dataset", "model"):
            ink[key] = ink[key].astype(str)
        for (dataset, model), part in ink.groupby(["dataset", "model"], sort=False):
            s = part.set_index("explainer")
            m = area[(area["dataset"] == dataset) & (area["model"] == model)].set_index("explainer")
            if base not in s.index or rescaled(base) not in s.index:
                continue
            a, b = s.loc[base], s.loc[rescaled(base)]
            found.append(
                {
                    "dataset": dataset,
                    "network": style.network(str(model)),
                    "method": style.look(base).name,
                    "ink before": a["mean"],
                    "ink after": b["mean"],
                    "gain": b["mean"] - a["mean"],
                    "apart": bool(a["high"] < b["low"] or b["high"] < a["low"]),
                    "area before": m["mean"].get(base),
                    "area after": m["mean"].get(rescaled(base)),
                    "area random": m["mean"].get("random"),
                }
            )
    return pd.DataFrame(found)
