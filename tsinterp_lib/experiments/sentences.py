"""Sentences of the chapters that carry numbers: each is made from rows, so that no number in prose is typed."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from tsinterp_lib.experiments import across, effects, report, rescaled
from tsinterp_lib.experiments.audit import SWITCHES
from tsinterp_lib.experiments.statistics import CONTROLS
from tsinterp_lib.figures import style
from tsinterp_lib.figures.spread import TIME_ONLY


def say_benchmark(rows: pd.DataFrame) -> Markdown:
    """The answer of the benchmark in a few sentences."""
    parts = []
    for protocol, printed in style.PROTOCOLS.items():
        if protocol not in set(rows["protocol"]):
            continue
        shared, layouts = report.on_shared_layouts(rows, protocol)
        s = report.by_explainer(shared, "auroc", protocol)
        grid = s[~s["explainer"].isin(CONTROLS)].pivot_table(index="explainer", columns="model", values="mean").dropna()
        by_network = grid.mean(axis=0).sort_values(ascending=False)
        by_method = grid.mean(axis=1).sort_values(ascending=False)
        best, worst = by_network.index[0], by_network.index[-1]
        parts.append(
            f"**{printed.capitalize()}**: on the {layouts} layouts and with the {len(grid)} methods that every network "
            f"has, AUROC is {by_network.iloc[0]:.2f} on the {style.network(best)} and {by_network.iloc[-1]:.2f} on the "
            f"{style.network(worst)}; averaged over networks, it is {by_method.iloc[0]:.2f} for the best method "
            f"({style.look(by_method.index[0]).name}) and {by_method.iloc[-1]:.2f} for the worst "
            f"({style.look(by_method.index[-1]).name})."
        )
    beats = report.beats(rows, "aup_count", "as_released")
    beats = beats[~beats["explainer"].isin(CONTROLS)]
    parts.append(
        f"As released, precision is above chance, with its whole interval, in {int(beats['above'].sum())} of "
        f"{int(beats['layouts'].sum())} combinations of layout, network and method with at least two seeds, and below "
        f"chance in {int(beats['below'].sum())}."
    )
    return Markdown("\n\n".join(parts))


def say_accuracy(rows: pd.DataFrame) -> Markdown:
    """How many networks learned their task, and how far that is from the published accuracies."""
    gap = report.accuracy_gap(rows)
    counts = report.coverage(rows)
    lines = [
        f"{style.PROTOCOLS[str(p)].capitalize()}: {c['passed'].sum()} of {c['models'].sum()} models pass the gate."
        for p, c in counts.groupby("protocol", sort=False)
    ]
    long = gap.reset_index().melt("dataset", var_name="model", value_name="gap").dropna()
    worst = long.sort_values("gap").iloc[0]
    lines.append(
        f"The largest shortfall against the published accuracies is {worst['gap']:+.2f} "
        f"({style.network(str(worst['model']))}, {style.layout(str(worst['dataset']))}); "
        f"the mean difference over all cells is {long['gap'].mean():+.3f}."
    )
    return Markdown(" ".join(lines))


def say_agreement(rows: pd.DataFrame) -> Markdown:
    """In how many published cells ours agree: sign, interval, gap."""
    lines = []
    for metric, name in (("diff_aup", "AUP"), ("diff_aur", "AUR")):
        a = report.agreement_of(rows, metric)
        lines.append(
            f"{name}: {int(a['same_sign'].sum())} of {len(a)} signs agree, {int(a['inside'].sum())} of {len(a)} "
            f"published values lie inside our interval, the median absolute gap is {a['gap'].abs().median():.3f}."
        )
    return Markdown("Against Table 2 of the 2021 paper. " + " ".join(lines))


def say_digits(scores: pd.DataFrame) -> Markdown:
    """Which methods beat the random row on real digits, by network."""
    lines = []
    for network, part in scores.groupby("model", sort=False):
        part = part.set_index("explainer")
        chance = part.loc["random"]
        better = [style.look(str(e)).name for e in part.index[part["high"] < chance["low"]]]
        best = str(part.drop(index="random")["mean"].idxmin())
        lines.append(
            f"On the {style.network(str(network))}, {', '.join(better) or 'no method'} "
            f"{'find' if len(better) != 1 else 'finds'} cells that matter more than random ones; the steepest fall is "
            f"that of {style.look(best).name} ({part['mean'][best]:.2f} against {chance['mean']:.2f})."
        )
    return Markdown(" ".join(lines))


def say_processes(rows: pd.DataFrame, protocol: str = "as_released") -> Markdown:
    """How far the background process moves the answer, and whether it changes the order of methods."""
    lines = [_range_of_processes(rows, protocol)]
    for network, layouts in across.alone(rows, protocol).items():
        own = rows[(rows["model"] == network) & report.layout(rows["dataset"]).isin(layouts)]
        lines.append(_range_of_processes(own, protocol))
    order = across.same_order(rows, "auroc", protocol)
    close = order.index[(order["tau"] > 0) & (order["p"] < 0.05)]
    lines.append(
        f"Kendall's τ between the order of methods under plain Gaussian noise and under another process lies between "
        f"{order['tau'].min():.2f} and {order['tau'].max():.2f}; it differs from zero at p < 0.05 for {len(close)} of "
        f"{len(order)} processes."
    )
    return Markdown(" ".join(lines))


def _range_of_processes(rows: pd.DataFrame, protocol: str) -> str:
    """The processes with the lowest and the highest mean AUROC on each network."""
    grid = across.by_process(rows, "auroc", protocol)
    layouts = [style.layout(name) for name in across.on_shared_layouts(rows, protocol)[1]]
    ranges = []
    for network in grid.columns:
        part = grid[network].dropna().sort_values()
        if len(part) > 1:
            low, high = (f"{part.iloc[i]:.2f} ({style.layout(str(part.index[i]))})" for i in (0, -1))
            ranges.append(f"from {low} to {high} on the **{style.network(str(network))}**")
    return f"On the layouts that all processes have ({', '.join(layouts)}), mean AUROC goes {', '.join(ranges)}."


def say_domains(rows: pd.DataFrame, protocol: str) -> Markdown:
    """For how many methods that could see features the time steps are found better."""
    found = across.domains(rows, protocol)
    found = found[~found["explainer"].isin((*CONTROLS, *TIME_ONLY))]
    lines = []
    for network, part in found.groupby("model", sort=False):
        wide = part.pivot_table(index="explainer", columns="domain", values="mean")
        better = int((wide["time"] > wide["features"]).sum())
        lines.append(
            f"{style.network(str(network))}: time is found better than features by {better} of {len(wide)} methods "
            f"that could see both (mean gain over chance {wide['time'].mean():+.2f} against "
            f"{wide['features'].mean():+.2f})."
        )
    return Markdown(" ".join(lines))


def say_audit(rows: pd.DataFrame) -> Markdown:
    """Which switches move the scores, and the largest effect."""
    table = effects.table([*effects.of_switches(rows), *effects.of_variants(rows)])
    scores = table[table["quantity"] == "AUROC"]
    clear = scores[scores["moves"] == "yes"].sort_values("effect", key=abs, ascending=False)
    lines = [
        f"Of {len(scores)} choices that can be switched in data, training or method, {len(clear)} move AUROC by more "
        f"than their interval."
    ]
    if len(clear):
        first = clear.iloc[0]
        lines.append(
            f"The largest effect is that of {printed_choice(first)}: {first['effect']:+.3f} "
            f"[{first['low']:+.3f}, {first['high']:+.3f}]."
        )
    return Markdown(" ".join(lines))


def printed_choice(row: pd.Series) -> str:
    """A switch by its name, a variant of a method by its label."""
    switch = str(row["choice"]) in SWITCHES
    return style.printed(row["choice"]) if switch else str(row["changed_to"]).replace("_", " ")


def say_rescaling(rows: pd.DataFrame, protocol: str = "as_released") -> Markdown:
    """How many combinations of network and method rescaling improves, and at what price."""
    gains = rescaled.gains(rows, protocol, {"auroc": "AUROC"})
    better, worse = int((gains["low"] > 0).sum()), int((gains["high"] < 0).sum())
    first, last = gains.sort_values("effect").iloc[[-1, 0]].to_dict("records")
    times = rescaled.price(rows, protocol)["times"]
    return Markdown(
        f"Over layouts, rescaling improves AUROC in {better} of {len(gains)} combinations of network and method and "
        f"worsens it in {worse}, with the whole interval. It helps most for {first['row']} ({first['effect']:+.3f}) "
        f"and least for {last['row']} ({last['effect']:+.3f}), and takes {times.min():.0f} to {times.max():.0f} times "
        f"as long as the plain map."
    )
