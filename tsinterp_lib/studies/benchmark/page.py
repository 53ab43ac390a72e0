"""Tables and sentences of the benchmark and its networks: each is made from rows, no number in prose is typed."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib import figures
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.tables import papers, select, summaries, words
from tsinterp_lib.tables.papers import Picture
from tsinterp_lib.tables.words import Prose


def say_benchmark(rows: pd.DataFrame) -> Prose:
    """The answer of the benchmark in a few sentences."""
    parts = []
    for protocol, printed in words.PROTOCOLS.items():
        if protocol not in set(rows["protocol"]):
            continue
        shared, layouts = select.on_shared_layouts(rows, protocol)
        s = summaries.by_explainer(shared, "auroc", protocol)
        grid = s[~s["explainer"].isin(CONTROLS)].pivot_table(index="explainer", columns="model", values="mean").dropna()
        by_network = grid.mean(axis=0).sort_values(ascending=False)
        by_method = grid.mean(axis=1).sort_values(ascending=False)
        best, worst = by_network.index[0], by_network.index[-1]
        parts.append(
            f"**{printed.capitalize()}**: on the {layouts} layouts and with the {len(grid)} methods that every network "
            f"has, AUROC is {by_network.iloc[0]:.2f} on the {words.network(best)} and {by_network.iloc[-1]:.2f} on the "
            f"{words.network(worst)}; averaged over networks, it is {by_method.iloc[0]:.2f} for the best method "
            f"({words.method(by_method.index[0])}) and {by_method.iloc[-1]:.2f} for the worst "
            f"({words.method(by_method.index[-1])})."
        )
    beats = summaries.beats(rows, "aup_count", "as_released")
    beats = beats[~beats["explainer"].isin(CONTROLS)]
    parts.append(
        f"As released, precision is above chance, with its whole interval, in {int(beats['above'].sum())} of "
        f"{int(beats['layouts'].sum())} combinations of layout, network and method with at least two seeds, and below "
        f"chance in {int(beats['below'].sum())}."
    )
    return Prose("\n\n".join(parts))


def say_accuracy(rows: pd.DataFrame) -> Prose:
    """How many networks learned their task, and how far that is from the published accuracies."""
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
    """In how many published cells ours agree: sign, interval, gap."""
    lines = []
    for metric, name in (("diff_aup", "AUP"), ("diff_aur", "AUR")):
        a = agreement_of(rows, metric)
        lines.append(
            f"{name}: {int(a['same_sign'].sum())} of {len(a)} signs agree, {int(a['inside'].sum())} of {len(a)} "
            f"published values lie inside our interval, the median absolute gap is {a['gap'].abs().median():.3f}."
        )
    return Prose("Against Table 2 of the 2021 paper. " + " ".join(lines))


def agreement(summary: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Ours beside the published value: the gap, whether it lies in our interval, whether the sign agrees."""
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
    """Ours (as released, count cut) beside Table 2 for ``diff_aup`` or ``diff_aur``."""
    ours = summaries.by_explainer(table, metric.replace("diff_", "") + "_count", "as_released", minus="random")
    return agreement(ours, reference(metric))


def agreement_table(table: pd.DataFrame) -> pd.DataFrame:
    """Both differences of Table 2, printed: ours with its interval, the published value, agreement."""
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
    """AUP (count) of time steps minus that of features, networks × explainers, averaged over layouts and seeds."""
    time = summaries.by_explainer(table, "aup_count_time", protocol).set_index(["explainer", "model"])["mean"]
    feature = summaries.by_explainer(table, "aup_count_feature", protocol).set_index(["explainer", "model"])["mean"]
    grid = (time - feature).unstack("model")
    return grid[select.in_order(grid.columns)]


def controls(table: pd.DataFrame) -> pd.DataFrame:
    """Recall area of the oracle and the random control under both cuts, by protocol."""
    shown = {}
    for protocol in dict.fromkeys(table["protocol"]):
        for metric in ("aup_mass", "aur_mass", "aup_count", "aur_count"):
            s = select.pick(table, metric, protocol)
            s = s[s["explainer"].isin(("oracle", "random"))]
            shown[(protocol, metric)] = s.groupby("explainer")["value"].mean()
    return pd.DataFrame(shown).T.round(3)


def answer() -> Figure:
    """AUROC per explainer and network (corrected, profile paper), on the layouts that every network has."""
    rows, layouts = select.on_shared_layouts(select.rows("benchmark", "paper"), "corrected")
    label = f"AUROC against the planted cells, mean of {layouts} layouts (0.5 is chance)"
    return figures.by_network(summaries.by_explainer(rows, "auroc", "corrected"), label, 0.5)


PICTURES = (Picture("answer", ("benchmark",), answer),)
