"""What holds across background processes, and in time against features: tables made from rows."""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats

from tsinterp_lib.datasets import LAYOUTS, PROCESSES
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.models import MODELS
from tsinterp_lib.statistics.means import CONTROLS, difference_from
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose


def all_rows(profile: str = "paper", compute: bool = False, gated: bool = True) -> pd.DataFrame:
    """Return the rows of ``benchmark`` (plain Gaussian noise) and ``processes`` (the other six), with a column
    ``process``.
    """
    both = pd.concat([select.rows(study, profile, compute, gated) for study in ("benchmark", "processes")])
    both["process"] = select.process(both["dataset"])
    return both.reset_index(drop=True)


def models(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Processes × networks: how many models passed their gate, of how many that were fitted."""
    gate = select.pick(table, "passed_gate", protocol)
    grid = gate.pivot_table(index="process", columns="model", values="value", aggfunc=["sum", "size"])
    passed, fitted = pd.DataFrame(grid["sum"]), pd.DataFrame(grid["size"])
    text = fitted.astype(object)
    for column in fitted:
        pairs = zip(passed[column], fitted[column], strict=True)
        text[column] = ["–" if pd.isna(n) else f"{p:.0f} of {n:.0f}" for p, n in pairs]
    return _ordered(text).rename(index=lambda name: name.replace("_", " "), columns=words.network)


def on_shared_layouts(table: pd.DataFrame, protocol: str) -> tuple[pd.DataFrame, list[str]]:
    """Return rows of the networks that every process has, on the layouts that all of them share, and these layouts.

    Processes are compared on these alone: one with fewer, easier layouts would look better. A network with fewer than
    half of the layouts under some process is left out (see :func:`alone`): it would take the others' layouts away.
    """
    rows = _explained(table, protocol)
    rows = rows[rows["model"].isin(_everywhere(rows, rows["layout"].nunique() / 2.0))]
    pairs = rows[["process", "model"]].drop_duplicates()
    counts = rows[["process", "model", "layout"]].drop_duplicates().groupby("layout").size()
    layouts = [name for name in LAYOUTS if counts.get(name, 0) == len(pairs)]
    return rows[rows["layout"].isin(layouts)], layouts


def alone(table: pd.DataFrame, protocol: str) -> dict[str, list[str]]:
    """Return networks that every process has, but on too few layouts to be averaged with others, and these layouts."""
    rows = _explained(table, protocol)
    many = _everywhere(rows, rows["layout"].nunique() / 2.0)
    found = {}
    for name in (n for n in _everywhere(rows, 0.0) if n not in many):
        own = rows[rows["model"] == name]
        there = own.groupby("layout")["process"].nunique()
        found[name] = [n for n in LAYOUTS if there.get(n, 0) == own["process"].nunique()]
    return {name: layouts for name, layouts in found.items() if layouts}


def _explained(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    rows = table[(table["protocol"] == protocol) & (table["explainer"] != "")]
    return rows.assign(layout=select.layout(rows["dataset"]))


def _everywhere(rows: pd.DataFrame, fewest: float) -> list[str]:
    """Return networks that every process has, on at least ``fewest`` layouts under each."""
    layouts = rows.groupby(["model", "process"])["layout"].nunique().unstack(fill_value=0)
    least = layouts.min(axis=1)
    return [str(name) for name in layouts.index if least[name] >= max(fewest, 1)]


def by_process(table: pd.DataFrame, metric: str, protocol: str, minus: str | None = None) -> pd.DataFrame:
    """Processes × networks: a metric averaged over shared layouts, seeds and every method that is no control.

    ``minus`` subtracts a control's value on the same model first.
    """
    part = _methods(select.pick(on_shared_layouts(table, protocol)[0], metric, protocol), minus)
    return _ordered(part.pivot_table(index="process", columns="model", values="value"))


def by_method(table: pd.DataFrame, metric: str, protocol: str, minus: str | None = None) -> pd.DataFrame:
    """Return methods × processes: a metric averaged over shared layouts and networks, and over seeds."""
    part = _methods(select.pick(on_shared_layouts(table, protocol)[0], metric, protocol), minus)
    grid = part.pivot_table(index="explainer", columns="process", values="value")
    return grid[[p for p in PROCESSES if p in grid.columns]].sort_values(next(iter(grid.columns)), ascending=False)


def same_order(table: pd.DataFrame, metric: str, protocol: str) -> pd.DataFrame:
    """Kendall's τ between the order of methods under plain Gaussian noise and under each other process, with its p.

    p is rounded up, so that a small one does not read as zero.
    Raises :class:`InvalidInput` where fewer than two processes are there.
    """
    grid = by_method(table, metric, protocol).dropna()
    if grid.shape[1] < 2:
        raise InvalidInput(f"rows of {grid.shape[1]} process: comparing orders needs at least two.")
    first, *others = grid.columns
    found = {name: stats.kendalltau(grid[first], grid[name]) for name in others}
    rows = [
        {
            "process": words.printed(name),
            "tau": round(t.statistic, 3),
            "p": math.ceil(1000 * t.pvalue) / 1000,
            "methods": len(grid),
        }
        for name, t in found.items()
    ]
    return pd.DataFrame(rows).set_index("process")


def _methods(part: pd.DataFrame, minus: str | None) -> pd.DataFrame:
    part = difference_from(part, minus).assign(process=lambda t: select.process(t["dataset"])) if minus else part
    return part[~part["explainer"].isin((*CONTROLS, ""))]


def _ordered(grid: pd.DataFrame) -> pd.DataFrame:
    rows = [p for p in PROCESSES if p in grid.index]
    return grid.reindex(index=rows, columns=[m for m in MODELS if m in grid.columns])


def say_processes(rows: pd.DataFrame, protocol: str = "as_released") -> Prose:
    """Say how far the background process moves the answer, and whether it changes the order of methods."""
    lines = [_range_of_processes(rows, protocol)]
    for network, layouts in alone(rows, protocol).items():
        own = rows[(rows["model"] == network) & select.layout(rows["dataset"]).isin(layouts)]
        lines.append(_range_of_processes(own, protocol))
    order = same_order(rows, "auroc", protocol)
    close = order.index[(order["tau"] > 0) & (order["p"] < 0.05)]
    lines.append(
        f"Kendall's τ between the order of methods under plain Gaussian noise and under another process lies between "
        f"{order['tau'].min():.2f} and {order['tau'].max():.2f}; it differs from zero at p < 0.05 for {len(close)} of "
        f"{len(order)} processes."
    )
    return Prose(" ".join(lines))


def _range_of_processes(rows: pd.DataFrame, protocol: str) -> str:
    """Return the processes with the lowest and the highest mean AUROC on each network."""
    grid = by_process(rows, "auroc", protocol)
    layouts = [words.layout(name) for name in on_shared_layouts(rows, protocol)[1]]
    ranges = []
    for network in grid.columns:
        part = grid[network].dropna().sort_values()
        if len(part) > 1:
            low, high = (f"{part.iloc[i]:.2f} ({words.layout(str(part.index[i]))})" for i in (0, -1))
            ranges.append(f"from {low} to {high} on the **{words.network(str(network))}**")
    return f"On the layouts that all processes have ({', '.join(layouts)}), mean AUROC goes {', '.join(ranges)}."
