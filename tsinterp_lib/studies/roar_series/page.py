"""What the chapter on remove and retrain shows of planted series: does it rank methods as the truth does?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.figures.roar import against_truth
from tsinterp_lib.statistics.means import interval
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

COLUMNS = ("study", "dataset", "model", "explainer", "metric", "at", "seed", "value")
CONTROLS = ("random", "oracle")
NOTHING = words.not_computed("roar_series")


def rows(profile: str = "paper", compute: bool = False) -> pd.DataFrame:
    """Return the rows of networks past the gate; an empty table where there are none."""
    try:
        return select.rows("roar_series", profile, compute)
    except MissingRows:
        return pd.DataFrame(columns=list(COLUMNS))


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return both scores of each map: dataset, model, seed, explainer, auroc, and gain over a random ranking in points.

    The gain is the mean over levels of the random control's accuracy minus the explainer's, after retraining.
    """
    on = ["dataset", "model", "seed", "explainer"]
    roar = table[(table["metric"] == "roar") & (table["at"] > 0)]
    mean = roar.pivot_table(index=["dataset", "model", "seed"], columns="explainer", values="value")
    if "random" not in mean:
        return pd.DataFrame(columns=[*on, "auroc", "gain"])
    gain = 100 * mean.drop(columns="random").rsub(mean["random"], axis=0)
    gain = gain.reset_index().melt(["dataset", "model", "seed"], var_name="explainer", value_name="gain").dropna()
    auroc = table[table["metric"] == "auroc"][[*on, "value"]].rename(columns={"value": "auroc"})
    return auroc.merge(gain, on=on)


def agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Spearman's correlation of AUROC and gain over methods (controls apart), by network and layout.

    Columns network, layout, methods, correlation, and the best method by each.
    """
    found = scores(table)
    found = found[~found["explainer"].isin(CONTROLS)]
    lines = []
    for (model, dataset), part in found.groupby(["model", "dataset"], sort=False):
        mean = part.groupby("explainer")[["auroc", "gain"]].mean()
        if len(mean) < 3:  # two methods have one order or the other: no correlation
            continue
        rho = float(stats.spearmanr(mean["auroc"], mean["gain"]).statistic) if mean["gain"].nunique() > 1 else np.nan
        best = words.method(str(mean["gain"].idxmax()))
        top = mean.index[mean["auroc"] >= mean["auroc"].max() - 1e-9]  # a map and its square have one AUROC
        lines.append({"network": words.network(str(model)), "layout": words.layout(str(dataset)), "methods": len(mean),
                      "correlation": rho, "best by ROAR": best,
                      "best by AUROC": " = ".join(words.method(str(e)) for e in top)})  # fmt: skip
    return pd.DataFrame(lines, columns=["network", "layout", "methods", "correlation", "best by ROAR", "best by AUROC"])


def say(table: pd.DataFrame) -> Prose:
    """Say how ROAR and AUROC agree over pairs of network and layout; fewer than two pairs say so and no more."""
    found = agreement(table)
    if found.empty:
        return NOTHING
    rho = found["correlation"].dropna()
    named = zip(found["best by ROAR"], found["best by AUROC"], strict=True)
    same = sum(best in top.split(" = ") for best, top in named)
    both = scores(table)
    oracle = both[both["explainer"] == "oracle"]["gain"]
    if len(rho) < 2:
        return Prose(
            f"So far {len(rho)} of the pairs of network and layout are computed: too few to say whether ROAR orders "
            "the methods as the planted truth does."
        )
    return Prose(
        f"Over {len(found)} pairs of network and layout, ROAR and AUROC order the methods with a mean rank correlation "
        f"of {words.interval_of(interval(rho), 2, True)} ({int((rho > 0).sum())} of {len(rho)} above zero) and "
        f"name the same best method in {same}. Removing the planted cells themselves takes {oracle.mean():.0f} points "
        "more accuracy than removing random ones."
    )


def figure(table: pd.DataFrame) -> Figure | Prose:
    """Return AUROC against the gain over a random ranking: a dot per layout, a colour per method, a panel per
    network.
    """
    found = scores(table)
    if found.empty:
        return NOTHING
    mean = found.groupby(["model", "dataset", "explainer"], sort=False)[["auroc", "gain"]].mean().reset_index()
    return against_truth(mean, "AUROC (truth)", "gain over random (ROAR), points")


def signs(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean gain over a random ranking in points, signed and squared, by base and network."""
    found = scores(table)
    pairs = {b: (b, f"{b}[squared]") for b in ("gradient", "integrated_gradients")}
    lines = []
    for base, (signed, squared) in pairs.items():
        for model, part in found.groupby("model", sort=False):
            mean = part.groupby("explainer")["gain"].mean()
            if signed in mean and squared in mean:
                lines.append({"base": words.method(base), "network": words.network(str(model)),
                              "models": int(part[["dataset", "seed"]].drop_duplicates().shape[0]),
                              "signed": round(float(mean[signed]), 1),
                              "squared": round(float(mean[squared]), 1)})  # fmt: skip
    return pd.DataFrame(lines, columns=["base", "network", "models", "signed", "squared"])
