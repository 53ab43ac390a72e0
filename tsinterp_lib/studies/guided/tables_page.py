"""Tables 2 and 7 to 11 of Ismail et al., NeurIPS 2021, in their layout: ours, its interval, the published value.

The published values are those in ``results/papers``: a network that is added there is shown beside ours from then
on. Ours are means over seeds, areas by the count cut minus those of the random map of the same model.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.statistics.means import difference_from, summarise
from tsinterp_lib.statistics.outcome import FEWEST, confirms, narrow, predicted
from tsinterp_lib.studies.guided import printed
from tsinterp_lib.studies.guided.plan import EXPLAINED, MASKED, PROTOCOL, TRADITIONAL
from tsinterp_lib.studies.guided.printed import RUNS
from tsinterp_lib.studies.planted import NETWORKS
from tsinterp_lib.tables import papers, select, words
from tsinterp_lib.tables.words import Prose

QUANTITIES = words.metrics("diff_aup", "diff_aur")
TRAININGS = {"traditional": "trad.", "saliency_guided": "guided"}
COLUMNS = ["metric", "dataset", "model", "explainer", "training"]
VALUES = ["mean", "low", "high", "published"]
_AXES = ["protocol", "profile", "metric", "dataset", "model", "training", "explainer"]


def cells(rows: pd.DataFrame, trainer: str = "guided") -> pd.DataFrame:
    """Return a row per cell of Tables 8 to 11: ours (mean, low, high, n) and ``published``, each NaN where there is
    none.
    """
    both = _areas(rows, trainer)
    ours = summarise(both, _AXES) if len(both) else pd.DataFrame(columns=[*_AXES, "mean", "low", "high", "n"])
    return _beside(ours, papers.table("ismail2021_tables8_to_11"), COLUMNS)


def means(rows: pd.DataFrame, trainer: str = "guided") -> pd.DataFrame:
    """Return a row per cell of Table 2: the mean over layouts, with ``layouts``, how many of the ten ours stands on.

    Ours is the number of the scoreboard (:func:`tsinterp_lib.studies.guided.printed.over_layouts`): NaN with fewer.
    """
    both, keys = _areas(rows, trainer), ["metric", "model", "explainer", "training"]
    named = _named(rows[rows["protocol"] == PROTOCOL], trainer)
    ours = printed.over_layouts(named).rename(columns={"quantity": "metric"})
    layouts = both.groupby(keys)["dataset"].nunique().rename("layouts").reset_index()
    return _beside(layouts.merge(ours, on=keys, how="left"), papers.table("ismail2021_table2"), keys)


def accuracies(rows: pd.DataFrame, trainer: str = "guided") -> pd.DataFrame:
    """Return a row per cell of Table 7: test accuracy."""
    part = select.pick(_named(rows, trainer), "test_accuracy", PROTOCOL)
    theirs = papers.table("ismail2021_table7").rename(columns={"test_accuracy": "value"})
    keys = ["dataset", "model", "training"]
    return _beside(summarise(part, ["protocol", "profile", "metric", *keys]), theirs, keys)


def layout_table(found: pd.DataFrame, network: str, metric: str) -> pd.DataFrame:
    """Return Table 8, 9, 10 or 11: layouts (with k) × (method, training); a cell is ours ± half its interval
    (published).

    A star marks a published value that ours reproduces by the rule of the scoreboard.
    """
    part = found[(found["model"] == network) & (found["metric"] == metric)]
    part = part.assign(text=_texts(part))
    part["training"] = pd.Categorical(part["training"].map(TRAININGS), list(TRAININGS.values()))
    part["explainer"] = pd.Categorical(part["explainer"], list(EXPLAINED))
    grid = part.pivot_table(
        index="dataset", columns=["explainer", "training"], values="text", aggfunc="first", observed=True
    )
    place = NETWORKS.index(network)
    grid = grid.reindex(index=list(LAYOUTS), columns=pd.MultiIndex.from_product([EXPLAINED, TRAININGS.values()]))
    grid = grid.rename(index=lambda name: f"{words.layout(name)}, k = {MASKED[name][place]} %")
    return grid.rename(columns={e: words.method(e) for e in EXPLAINED}).astype(object).fillna("–")


def accuracy_table(found: pd.DataFrame) -> pd.DataFrame:
    """Return Table 7: layouts × (network, training)."""
    part = found.assign(text=_texts(found, False))
    part["training"] = pd.Categorical(part["training"].map(TRAININGS), list(TRAININGS.values()))
    part["model"] = pd.Categorical(part["model"], list(NETWORKS))
    grid = part.pivot_table(
        index="dataset", columns=["model", "training"], values="text", aggfunc="first", observed=True
    )
    grid = grid.reindex(index=[name for name in LAYOUTS if name in grid.index])
    return grid.rename(index=words.layout, columns=words.network).astype(object).fillna("–")


def mean_table(found: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return Table 2 of one quantity: methods × (network, training); a network is named with the layouts ours stands
    on.
    """
    part = found[found["metric"] == metric]
    counts = part.groupby("model")["layouts"].min()
    part = part.assign(text=_texts(part))
    part["training"] = pd.Categorical(part["training"].map(TRAININGS), list(TRAININGS.values()))
    part["model"] = pd.Categorical(part["model"], list(NETWORKS))
    grid = part.pivot_table(
        index="explainer", columns=["model", "training"], values="text", aggfunc="first", observed=True
    )
    grid = grid.reindex([e for e in EXPLAINED if e in grid.index]).rename(index=lambda e: words.method(e))
    names = {m: f"{words.network(str(m))}{'' if np.isnan(k) else f', {k:.0f} layouts'}" for m, k in counts.items()}
    return grid.rename(columns=names).astype(object).fillna("–")


def agreement(found: pd.DataFrame) -> pd.DataFrame:
    """Say how ours agrees with the published cells, by network, quantity and training.

    ``same sign`` and ``inside`` are counts of cells, the latter of those whose interval is as narrow as the scoreboard
    asks; ``rank`` is Spearman's correlation of the methods within a layout, averaged over layouts; ``gap`` is the
    mean of ours minus theirs.
    """
    both = found.dropna(subset=["mean", "published"])
    lines = []
    for network in select.in_order(both["model"].unique()):
        for metric in (m for m in QUANTITIES if m in set(both["metric"])):
            for training, way in TRAININGS.items():
                keep = (both["model"] == network) & (both["metric"] == metric) & (both["training"] == training)
                part = both[keep]
                if part.empty:
                    continue
                held, sure = inside(part)
                lines.append(
                    {
                        "network": words.network(network),
                        "quantity": QUANTITIES[metric],
                        "training": way,
                        "same sign": f"{int(((part['mean'] > 0) == (part['published'] > 0)).sum())} of {len(part)}",
                        "rank": round(_rank(part), 2),
                        "inside": f"{held} of {sure}",
                        "gap": round(float((part["mean"] - part["published"]).mean()), 3),
                    }
                )
    return pd.DataFrame(lines)


def say(found: pd.DataFrame) -> Prose:
    """Say in how many cells ours and the published value agree in sign, and in how many theirs lies in our interval."""
    both = found.dropna(subset=["mean", "published"])
    if both.empty:
        return words.not_computed("guided", "printed cells that ours has")
    sign = int(((both["mean"] > 0) == (both["published"] > 0)).sum())
    held, sure = inside(both)
    absent = [words.network(n) for n in NETWORKS if n not in set(found.dropna(subset=["published"])["model"])]
    said = (
        f"Of {int(found['published'].notna().sum())} published cells at hand, ours has {len(both)}: {sign} have the "
        f"same sign. {sure} have an interval narrow enough to tell a number from others of its kind; {held} of these "
        "hold the published value."
    )
    return Prose(said + (f" Published values are not at hand for: {', '.join(absent)}." if absent else ""))


def _areas(rows: pd.DataFrame, trainer: str) -> pd.DataFrame:
    """Return areas by the count cut minus those of the random map, named as the paper names them."""
    part = _named(rows, trainer)
    part = part[part["metric"].isin(("aup_count", "aur_count")) & part["explainer"].isin((*EXPLAINED, "random"))]
    part = difference_from(part[part["protocol"] == PROTOCOL])
    return part.assign(metric="diff_" + part["metric"].str.removesuffix("_count"))


def _named(rows: pd.DataFrame, trainer: str) -> pd.DataFrame:
    names = {TRADITIONAL: "traditional", trainer: "saliency_guided"}
    rows = rows[rows["trainer"].isin(names)]
    return rows.assign(training=rows["trainer"].map(names), dataset=select.layout(rows["dataset"]))


def _beside(ours: pd.DataFrame, theirs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return ours and theirs by ``keys``, all of both, with the ``spread`` of the printed numbers of each kind."""
    theirs = theirs.rename(columns={"value": "published"})[[*keys, "published"]]
    kind = [key for key in keys if key in ("metric", "model", "training")]
    theirs = theirs.assign(spread=theirs.groupby(kind)["published"].transform("std") if "metric" in keys else np.inf)
    return ours.merge(theirs, on=keys, how="outer")


def _texts(part: pd.DataFrame, signed: bool = True) -> list[str]:
    stars = reproduced(part, 3 if signed else 2, 0.0 if signed else None)
    return [_cell(c, star, signed) for c, star in zip(part[VALUES].to_numpy(dtype=float), stars, strict=True)]


def _cell(values: Float[np.ndarray, "4"], star: bool, signed: bool = True) -> str:
    mean, low, high, published = values
    form = "{:+.2f}" if signed else "{:.2f}"
    ours = "–" if np.isnan(mean) else form.format(mean)
    ours += f" ± {(high - low) / 2:.2f}" if np.isfinite(high - low) else ""
    if np.isnan(published):
        return ours
    return f"{ours} ({form.format(published)}{'*' if star else ''})"


def reproduced(part: pd.DataFrame, decimals: int = 3, zero: float | None = 0.0) -> list[bool]:
    """Say which published values of ``part`` ours reproduce, by the rule of :mod:`tsinterp_lib.statistics.outcome`."""
    values = part[["published", "low", "high", "n", "spread"]].to_numpy(dtype=float)
    return [
        bool(np.isfinite(p + b)) and bool(confirms(p, decimals, a, b, n, zero, spread, RUNS))
        for p, a, b, n, spread in values
    ]


def inside(part: pd.DataFrame) -> tuple[int, int]:
    """Say in how many cells ours reproduces the published value, and how many intervals are narrow enough to say."""
    values = part[["published", "low", "high", "n", "spread"]].to_numpy(dtype=float)
    sure = [bool(narrow(predicted(a, b, n, RUNS), p, 0.0, spread)) for p, a, b, n, spread in values if n >= FEWEST]
    return sum(reproduced(part)), sum(sure)


def _rank(part: pd.DataFrame) -> float:
    """Spearman's correlation over methods within a layout, mean over layouts with at least three methods."""
    found = [
        stats.spearmanr(cells["mean"], cells["published"]).statistic
        for _, cells in part.groupby("dataset")
        if len(cells) > 2 and cells["mean"].nunique() > 1 and cells["published"].nunique() > 1
    ]
    return float(np.mean(found)) if found else np.nan
