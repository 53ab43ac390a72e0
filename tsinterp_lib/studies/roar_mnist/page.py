"""What the chapter on remove and retrain shows of the digits: tables, figures and sentences from rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

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

SWITCHES = {
    "roar": "as published",
    "roar_true_class": "maps for the true class",
    "roar_imputed": "imputed from neighbours",
    "roar_redrawn": "masks redrawn at each step",
    "roar_reprocessed": "processed twice",
    "roar_not_retrained": "not retrained",
    "roar_mask_alone": "the mask alone as input",
    "kar": "keep in place of remove",
}
"""The switches of the protocol, in words."""

NOTHING = words.not_computed("roar_mnist")


def rows(profile: str = "paper", compute: bool = False, study: str = "roar_mnist") -> pd.DataFrame:
    """Return the rows of a study at a profile; an empty table where there are none."""
    try:
        return select.rows(study, profile, compute, gated=False)
    except MissingRows:
        return pd.DataFrame(columns=list(COLUMNS))


def curves(table: pd.DataFrame, metric: str = "roar") -> pd.DataFrame:
    """Return mean accuracy in percent with its interval over seeds: explainer, at, mean, low, high, n."""
    part = table[(table["metric"] == metric) & table["value"].notna()]
    found = [
        {"explainer": e, "at": at, **interval(100 * group["value"])}
        for (e, at), group in part.groupby(["explainer", "at"], sort=False)
    ]
    return pd.DataFrame(found, columns=["explainer", "at", "mean", "low", "high", "n"])


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


def switches(controls: pd.DataFrame, published_rows: pd.DataFrame, at: float = 0.9) -> pd.DataFrame | Prose:
    """Return accuracy in percent at one level with one switch of the protocol turned at a time: estimators by
    switch.
    """
    found = pd.concat([published_rows[published_rows["metric"] == "roar"], controls], ignore_index=True)
    found = found[(found["at"] == at) & found["explainer"].isin(set(controls["explainer"]))]
    if controls.empty:
        return words.not_computed("roar_controls")
    cells = {
        (name(str(e)), SWITCHES[str(m)]): words.interval(*_three(100 * group["value"]), decimals=1)
        for (e, m), group in found.groupby(["explainer", "metric"])
        if m in SWITCHES
    }
    wide = pd.Series(cells).unstack()
    rows_of = [name(e) for e in (*CONTROLS, *NAMES, *OURS_ALONE) if name(e) in wide.index]
    return wide.reindex(index=list(dict.fromkeys(rows_of)), columns=[s for s in SWITCHES.values() if s in wide]).fillna(
        "–"
    )


def _three(values: pd.Series) -> tuple[float, float, float]:
    found = interval(values)
    return float(found["mean"]), float(found["low"]), float(found["high"])


def say(table: pd.DataFrame) -> Prose:
    """Return the answer in one sentence: which estimators a random ranking beats, signed and squared."""
    found = advantage(table).set_index("explainer")
    if found.empty:
        return NOTHING
    n = int(found["n"].max())

    def counted(kinds: Sequence[str]) -> str:
        part = [found.loc[e] for b in BASES for k in kinds if (e := f"{b}{k}") in found.index]
        return f"{sum(r['mean'] > 0 for r in part)} of {len(part)}"

    best = found.iloc[0]
    return Prose(
        f"On digits, {counted(['', '[smoothgrad]'])} signed estimators remove more than a random ranking does, "
        f"{counted(['[squared]'])} squared ones, and {counted(['[smoothgrad squared]', '[vargrad]'])} of "
        f"SmoothGrad-squared and VarGrad; the best is {name(str(found.index[0]))} with "
        f"{words.interval(float(best['mean']), float(best['low']), float(best['high']), 1, True)} points "
        f"over {n} seed{'s' * (n > 1)}."
    )


def say_kar(controls: pd.DataFrame, published_rows: pd.DataFrame) -> Prose:
    """Say whether keeping orders the estimators as removing does: Spearman's correlation at each level, seeds
    averaged.
    """
    kept, removed = curves(controls, "kar"), curves(published_rows, "roar")
    parts = []
    for at, part in kept.groupby("at"):
        both = part.merge(removed[removed["at"] == at], on="explainer", suffixes=("_kept", "_removed"))
        if len(both) > 2:
            rho = float(stats.spearmanr(both["mean_kept"], -both["mean_removed"]).statistic)
            parts.append(f"{rho:+.2f} at {100 * float(str(at)):.0f} %")
    if not parts:
        return words.not_computed("roar_controls")
    return Prose(
        f"Keeping and removing order the {len(set(kept['explainer']))} maps with a rank correlation of "
        f"{', '.join(parts)}; one that measured the same would have +1 throughout."
    )


def say_leak(controls: pd.DataFrame) -> Prose:
    """Say how well a network that sees nothing but the mask classifies digits, where it does best."""
    found = curves(controls, "roar_mask_alone")
    if found.empty:
        return words.not_computed("roar_controls")
    best = found.sort_values("mean").iloc[-1]
    chance = found[found["explainer"] == "random"]["mean"].mean()
    return Prose(
        f"A network that sees nothing but which pixels were removed is right on {best['mean']:.0f} % of the digits "
        f"({name(str(best['explainer']))}, {100 * best['at']:.0f} % removed); with random masks on {chance:.0f} %. "
        "What a map takes out of the image, the shape of the hole puts back."
    )
