"""What the chapter on remove and retrain shows of the digits: tables, figures and sentences from rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.figures.roar import by_base
from tsinterp_lib.statistics.means import interval
from tsinterp_lib.studies.roar_mnist.plan import BASES, CONTROLS, WRAPPERS
from tsinterp_lib.tables import papers, select, words
from tsinterp_lib.tables.words import Prose

COLUMNS = ("study", "explainer", "metric", "at", "seed", "value", "profile", "protocol")
PREFIXES = {"plain": "", "smoothgrad": "SG-", "smoothgrad squared": "SG-SQ-", "vargrad": "VAR-"}
NAMES = {
    "random": "Random",
    "sobel": "Sobel",
    **{
        f"{base}{'' if kind == 'plain' else f'[{kind}]'}": f"{prefix}{short}"
        for kind, prefix in PREFIXES.items()
        for base, short in (("gradient", "GRAD"), ("integrated_gradients", "IG"), ("guided_backprop", "GB"))
    },
}
"""The fourteen rows of the published table in its order: our label, its name."""

OURS_ALONE = {"random[blurred]": "Random, blurred"} | {f"{b}[squared]": f"SQ-{NAMES[b]}" for b in BASES}
"""Rows that the published table does not print."""

NOTHING = words.not_computed("roar_mnist")


def rows(profile: str = "paper", compute: bool = False, study: str = "roar_mnist") -> pd.DataFrame:
    """Return the rows of a study at a profile; an empty table where there are none."""
    try:
        return select.rows(study, profile, compute, gated=False)
    except MissingRows:
        return pd.DataFrame(columns=list(COLUMNS))


def curves(table: pd.DataFrame, metric: str = "roar") -> pd.DataFrame:
    """Return mean accuracy in percent with its interval over seeds, cut to [0, 100]: explainer, at, mean, low, high,
    n.
    """
    part = table[(table["metric"] == metric) & table["value"].notna()]
    found = [
        {"explainer": e, "at": at, **interval(100 * group["value"])}
        for (e, at), group in part.groupby(["explainer", "at"], sort=False)
    ]
    shown = pd.DataFrame(found, columns=["explainer", "at", "mean", "low", "high", "n"])
    return shown.assign(low=shown["low"].clip(lower=0.0), high=shown["high"].clip(upper=100.0))


def against(table: pd.DataFrame, control: str = "random", metric: str = "roar") -> pd.DataFrame:
    """Return the accuracy of a control minus an explainer's, in points, on the same model, seed and level: a column of
    it.

    Columns explainer, at, seed and gain; level 0, which all share, is left out.
    """
    part = table[(table["metric"] == metric) & (table["at"] > 0)]
    wide = part.pivot_table(index=["seed", "at"], columns="explainer", values="value")
    if control not in wide:
        return pd.DataFrame(columns=["explainer", "at", "seed", "gain"])
    gain = 100 * wide.drop(columns=control).rsub(wide[control], axis=0)
    long = gain.reset_index().melt(["seed", "at"], var_name="explainer", value_name="gain")
    return long.dropna()[["explainer", "at", "seed", "gain"]].reset_index(drop=True)


def advantage(table: pd.DataFrame, control: str = "random") -> pd.DataFrame:
    """Return mean advantage over a control from the lowest to the highest level, in points: the area between the
    curves.

    Trapezoid over the levels, divided by their range; a row per explainer with mean, low, high, n over seeds, the best
    first.
    """
    gains = against(table, control)
    areas = [
        {"explainer": e, "seed": s, "value": _area(g.sort_values("at"))}
        for (e, s), g in gains.groupby(["explainer", "seed"])
        if len(g) > 1
    ]
    if not areas:
        return pd.DataFrame(columns=["explainer", "mean", "low", "high", "n"])
    found = pd.DataFrame(areas).groupby("explainer")["value"].apply(interval).unstack().reset_index()
    return found.sort_values("mean", ascending=False, ignore_index=True)


def _area(gains: pd.DataFrame) -> float:
    at = gains["at"].to_numpy(dtype=float)
    return float(np.trapezoid(gains["gain"], at) / (at[-1] - at[0]))


def labels(table: pd.DataFrame) -> list[str]:
    """Return the explainers that the rows have, in the order of the published table, ours alone after them."""
    there = set(table["explainer"])
    return [e for e in (*NAMES, *OURS_ALONE) if e in there]


def name(explainer: str) -> str:
    """Return the name of an explainer as the published table prints it."""
    return NAMES.get(explainer) or OURS_ALONE.get(explainer) or words.method(explainer)


def accuracies(table: pd.DataFrame, metric: str = "roar") -> pd.DataFrame | Prose:
    """Return accuracy in percent after retraining in the published layout: estimators by share removed, with
    intervals.
    """
    found = curves(table, metric)
    if found.empty:
        return NOTHING
    cells = {
        (name(str(r.explainer)), f"{100 * float(str(r.at)):.0f} %"): words.interval(
            float(str(r.mean)), float(str(r.low)), float(str(r.high)), 1
        )
        for r in found[["explainer", "at", "mean", "low", "high"]].itertuples(index=False)
    }
    wide = pd.Series(cells).unstack()
    return wide.reindex([name(e) for e in labels(table)])


def published(dataset: str = "ImageNet", protocol: str = "roar") -> pd.DataFrame:
    """Return the published accuracies of one data set in their layout: estimators by share removed, in percent."""
    table = papers.table("hooker2019_table2")
    part = table[(table["dataset"] == dataset) & (table["protocol"] == protocol)]
    wide = part.pivot_table(index="estimator", columns="percent", values="value")
    wide.columns = [f"{int(c)} %" for c in wide.columns]
    return wide.reindex([n for n in NAMES.values() if n in wide.index])


def beside(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean advantage over the random control in points: ours on digits, and published on three sets of
    photographs.
    """
    ours = advantage(table).set_index("explainer")
    found = pd.DataFrame({"digits (ours)": {
        name(str(e)): words.interval(float(r["mean"]), float(r["low"]), float(r["high"]), 1, sign=True)
        for e, r in ours.iterrows()
    }}, dtype=object)  # fmt: skip
    for dataset in ("ImageNet", "Food101", "Birdsnap"):
        theirs = published(dataset)
        at = np.array([int(c.split()[0]) for c in theirs.columns], dtype=float)
        area = np.trapezoid(theirs.loc["Random"] - theirs, at, axis=1) / (at[-1] - at[0])
        found[dataset] = pd.Series(area, index=theirs.index).drop("Random").map("{:+.1f}".format)
    order = [name(e) for e in (*NAMES, *OURS_ALONE) if e != "random"]
    return found.reindex([n for n in order if n in found.index or n in NAMES.values()]).fillna("–")


def figure(table: pd.DataFrame) -> Figure | Prose:
    """Return accuracy after retraining by share removed, a panel per base, the controls in each."""
    found = curves(table)
    if found.empty:
        return NOTHING
    kinds = {"": "plain, signed", "[squared]": "squared", **{f"[{k}]": k for k in WRAPPERS}}
    return by_base(found, {b: words.method(b) for b in BASES}, kinds, {c: name(c) for c in CONTROLS}, chance=10.0)


def say(table: pd.DataFrame) -> Prose:
    """Return the answer: how many estimators exceed a random ranking, signed and squared, and the best of them."""
    found = advantage(table).set_index("explainer")
    if found.empty:
        return NOTHING
    n = int(found["n"].max())

    def counted(kinds: Sequence[str]) -> str:
        part = [found.loc[e] for b in BASES for k in kinds if (e := f"{b}{k}") in found.index]
        return f"{sum(r['low'] > 0 for r in part)} of {len(part)}"

    blurred = found.loc[["random[blurred]"]] if "random[blurred]" in found.index else found.iloc[:0]
    found = found.drop(index=[e for e in (*CONTROLS, "random[blurred]") if e in found.index])
    best = found.iloc[0]
    beside = "".join(f" A blurred random map has {words.interval_of(r, 1, True)}." for _, r in blurred.iterrows())
    return Prose(
        f"On digits, {counted(['', '[smoothgrad]'])} signed estimators remove more than a random ranking does, with "
        f"their whole interval, {counted(['[squared]'])} squared ones, and "
        f"{counted(['[smoothgrad squared]', '[vargrad]'])} of "
        f"SmoothGrad-squared and VarGrad; the best is {name(str(found.index[0]))} with "
        f"{words.interval_of(best, 1, True)} points "
        f"over {n} seed{'s' * (n > 1)}.{beside}"
    )
