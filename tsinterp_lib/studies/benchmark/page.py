"""Tables and sentences of the benchmark and its networks: each is made from rows, no number in prose is typed."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib import figures
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.studies.guided import printed
from tsinterp_lib.tables import papers, select, summaries, words
from tsinterp_lib.tables.papers import Picture
from tsinterp_lib.tables.words import Prose
from tsinterp_lib.types import DatasetSource, Sizes


def say_benchmark(rows: pd.DataFrame) -> Prose:
    """Return the answer of the benchmark in a few sentences."""
    parts, named = [], []
    for protocol, name in words.PROTOCOLS.items():
        if protocol not in set(rows["protocol"]):
            continue
        shared, layouts = select.on_shared_layouts(rows, protocol)
        s = summaries.by_explainer(shared, "auroc", protocol)
        grid = s[~s["explainer"].isin(CONTROLS)].pivot_table(index="explainer", columns="model", values="mean").dropna()
        by_network = grid.mean(axis=0).sort_values(ascending=False)
        by_method = grid.mean(axis=1).sort_values(ascending=False)
        best, worst = by_network.index[0], by_network.index[-1]
        parts.append(
            f"**{name.capitalize()}**: on the {layouts} layouts and with the {len(grid)} methods that every network "
            f"has, AUROC is {by_network.iloc[0]:.2f} on the {words.network(best)} and {by_network.iloc[-1]:.2f} on the "
            f"{words.network(worst)}; averaged over networks, it is {by_method.iloc[0]:.2f} for the best method "
            f"({words.marked(by_method.index[0])}) and {by_method.iloc[-1]:.2f} for the worst "
            f"({words.marked(by_method.index[-1])})."
        )
        named += [by_method.index[0], by_method.index[-1]]
    beats = summaries.beats(rows, "aup_count", "as_released")
    beats = beats[~beats["explainer"].isin(CONTROLS)]
    parts.append(
        f"As released, precision is above chance, with its whole interval, in {int(beats['above'].sum())} of "
        f"{int(beats['layouts'].sum())} combinations of layout, network and method with at least two seeds, and below "
        f"chance in {int(beats['below'].sum())}."
    )
    return Prose("\n\n".join(parts) + words.below(*named))


def say_layouts(rows: pd.DataFrame, protocol: str = "corrected") -> Prose:
    """Say how far mean AUROC moves between layouts, and how far between networks, on what every network has."""
    grid = layouts_by_network(rows, protocol)
    places, networks = grid.mean(axis=1).sort_values(), grid.mean(axis=0).sort_values()
    spread = {"layouts": _ptp(places), "networks": _ptp(networks)}
    less, more = sorted(spread, key=lambda axis: spread[axis])
    near = spread[less] >= ABOUT * spread[more]
    lead = (
        "**Results differ about as much over layouts as over networks**"
        if near
        else (f"**Results differ more over {more} than over {less}**")
    )
    low = int(grid.to_numpy().argmin())
    place, network = grid.index[low // grid.shape[1]], grid.columns[low % grid.shape[1]]
    least = float(grid.to_numpy().min())
    return Prose(
        f"{lead}: mean AUROC ({words.PROTOCOLS[protocol]}) moves by {spread['layouts']:.2f} between layouts, from "
        f"{places.iloc[0]:.2f} ({words.layout(str(places.index[0]))}) to {places.iloc[-1]:.2f} "
        f"({words.layout(str(places.index[-1]))}), and by {spread['networks']:.2f} between networks, from "
        f"{networks.iloc[0]:.2f} ({words.network(str(networks.index[0]))}) to {networks.iloc[-1]:.2f} "
        f"({words.network(str(networks.index[-1]))}). The lowest pair is {words.layout(str(place))} on the "
        f"{words.network(str(network))}, with {least:.2f}: a mean over layouts is a mean over unlike things."
    )


ABOUT = 0.8
"""Two spreads are about equal where the smaller is at least this share of the larger."""


def layouts_by_network(rows: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Return mean AUROC over methods and seeds, layouts × networks, of the layouts and methods that every network
    has.
    """
    shared, _ = select.on_shared_layouts(rows, protocol)
    found = select.pick(shared[~shared["explainer"].isin(CONTROLS)], "auroc", protocol)
    cells = found.groupby(["explainer", "dataset", "model"])["value"].mean().unstack(["dataset", "model"])
    return cells.dropna().mean().unstack("model")


def say_position(rows: pd.DataFrame, protocol: str = "corrected") -> Prose:
    """Say on which layouts a map of position alone is the truth itself, and what it scores there and elsewhere."""
    shared, _ = select.on_shared_layouts(rows, protocol)
    found = select.pick(shared[shared["explainer"] == "position_only"], "auroc", protocol)
    score = found.groupby(select.layout(found["dataset"]))["value"].mean()
    fixed = [name for name in never_moving(protocol) if name in score.index]
    if not fixed:
        return Prose("On every layout here the planted block moves.")
    text = (
        f"*Position only* is the truth itself on the {len(fixed)} layouts whose block never moves "
        f"({', '.join(words.layout(name) for name in fixed)}): its AUROC is {score[fixed].mean():.2f} there by "
        "construction, and no method can exceed it"
    )
    rest = score.drop(index=fixed)
    return Prose(f"{text}; on the other {len(rest)} it is {rest.mean():.2f}." if len(rest) else f"{text}.")


def never_moving(protocol: str) -> list[str]:
    """Return the layouts in which the same cells are important in every sample, as their data sets say."""
    return [name for name in LAYOUTS if _never_moves(build("dataset", Choice(name, {"protocol": protocol})))]


def _never_moves(source: DatasetSource) -> bool:
    importance = source.load(Sizes(train=2, validation=1, test=FEW), seed=0).test.importance
    return importance is not None and bool((importance == importance[:1]).all())


FEW = 20
"""Samples that are looked at: that a block drawn anew for each lies in the same place in all is out of the question."""


def _ptp(values: pd.Series) -> float:
    return float(values.max() - values.min())


def say_accuracy(rows: pd.DataFrame) -> Prose:
    """Say how many networks learned their task, and how far that is from the published accuracies."""
    gap = accuracy_gap(rows)
    counts = summaries.coverage(rows)
    lines = [
        f"{words.PROTOCOLS[str(p)].capitalize()}: {c['passed'].sum()} of {c['models'].sum()} models pass the gate."
        for p, c in counts.groupby("protocol", sort=False)
    ]
    long = gap.reset_index().melt("dataset", var_name="model", value_name="gap").dropna()
    worst = long.sort_values("gap").iloc[0]
    lines.append(
        f"The largest shortfall against the published accuracies is {worst['gap']:+.2f} "
        f"({words.network(str(worst['model']))}, {words.layout(str(worst['dataset']))}); "
        f"the mean difference over all cells is {long['gap'].mean():+.3f}."
    )
    return Prose(" ".join(lines))


def say_agreement(rows: pd.DataFrame) -> Prose:
    """Say in how many published cells ours agree: sign, interval, gap."""
    lines = []
    for metric, name in (("diff_aup", "AUP"), ("diff_aur", "AUR")):
        a = agreement_of(rows, metric)
        lines.append(
            f"{name}: {int(a['same_sign'].sum())} of {len(a)} signs agree, {int(a['inside'].sum())} of {len(a)} "
            f"published values lie inside our interval, the median absolute gap is {a['gap'].abs().median():.3f}."
        )
    return Prose("Against Table 2 of the 2021 paper. " + " ".join(lines))


def agreement(summary: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Return ours beside the published value: the gap, whether it lies in our interval, whether the sign agrees."""
    both = summary.merge(reference.rename(columns={"value": "published"}), on=["model", "explainer"], how="inner")
    both = both.assign(
        gap=both["mean"] - both["published"],
        inside=(both["low"] <= both["published"]) & (both["published"] <= both["high"]),
        same_sign=(both["mean"] > 0) == (both["published"] > 0),
    )
    return both[["model", "explainer", "mean", "low", "high", "n", "published", "gap", "inside", "same_sign"]]


def reference(metric: str, training: str = "traditional") -> pd.DataFrame:
    """Published means of Table 2 of :cite:t:`ismail2021`: columns model, explainer, value."""
    table = papers.table("ismail2021_table2")
    return table[(table["metric"] == metric) & (table["training"] == training)][["model", "explainer", "value"]]


def agreement_of(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return ours (as released, count cut) beside Table 2 for ``diff_aup`` or ``diff_aur``: the numbers of the
    scoreboard.
    """
    ours = printed.over_layouts(printed.trained(table[table["protocol"] == "as_released"]))
    ours = ours[(ours["quantity"] == metric) & (ours["training"] == "traditional")]
    return agreement(ours, reference(metric))


def agreement_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return both differences of Table 2, printed: ours with its interval, the published value, agreement."""
    frames = [agreement_of(table, m).assign(quantity=name) for m, name in _QUANTITIES.items()]
    both = pd.concat(frames, ignore_index=True)
    ours = [words.interval(m, a, b, sign=True) for m, a, b in both[["mean", "low", "high"]].itertuples(index=False)]
    shown = both[["quantity", "model", "explainer", "published", "gap", "inside", "same_sign"]].round(3)
    shown.insert(3, "ours [95 %]", ours)
    return shown


_QUANTITIES = {"diff_aup": "AUP − random", "diff_aur": "AUR − random"}


def accuracy_gap(table: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy as released minus Table 7 of :cite:t:`ismail2021`: layouts × networks."""
    theirs = papers.table("ismail2021_table7")
    theirs = theirs[theirs["training"] == "traditional"]
    grid = theirs.pivot_table(index="dataset", columns="model", values="test_accuracy")
    ours = summaries.accuracy(table, "as_released")
    return ours - grid.reindex(index=ours.index, columns=ours.columns)


def time_minus_feature(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Return AUP (count) of time steps minus that of features, networks × explainers, averaged over layouts and
    seeds.
    """
    time = summaries.by_explainer(table, "aup_count_time", protocol).set_index(["explainer", "model"])["mean"]
    feature = summaries.by_explainer(table, "aup_count_feature", protocol).set_index(["explainer", "model"])["mean"]
    grid = (time - feature).unstack("model")
    return grid[select.in_order(grid.columns)]


def controls(table: pd.DataFrame) -> pd.DataFrame:
    """Return recall area of the oracle and the random control under both cuts, by protocol."""
    shown = {}
    for protocol in dict.fromkeys(table["protocol"]):
        for metric in ("aup_mass", "aur_mass", "aup_count", "aur_count"):
            s = select.pick(table, metric, protocol)
            s = s[s["explainer"].isin(("oracle", "random"))]
            shown[(protocol, metric)] = s.groupby("explainer")["value"].mean()
    return pd.DataFrame(shown).T.round(3)


def answer() -> Figure:
    """Draw AUROC per explainer and network (corrected, profile paper), on the layouts that every network has."""
    rows, layouts = select.on_shared_layouts(select.rows("benchmark", "paper"), "corrected")
    label = f"AUROC against the planted cells, mean of {layouts} layouts (0.5 is chance)"
    return figures.by_network(summaries.by_explainer(rows, "auroc", "corrected"), label, 0.5)


PICTURES = (Picture("answer", ("benchmark",), answer),)
