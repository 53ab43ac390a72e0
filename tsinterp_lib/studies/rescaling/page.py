"""What rescaling does to a map: paired gains by network and method, by layout, and their price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import CORRECTED
from tsinterp_lib.explainers.tsr import TemporalSaliencyRescaling
from tsinterp_lib.registry import Choice, known
from tsinterp_lib.statistics.paired import paired
from tsinterp_lib.studies.rescaling.plan import rescaled
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

GAINS = words.metrics("auroc", "aup_count", "aur_count", "average_precision")
DOMAINS = words.metrics("aup_count_time", "aup_count_feature")


def live_choices(bases: Sequence[str]) -> dict[str, Choice]:
    """Return the first of some methods as it is, and all of them rescaled with the settings of the code, for a live
    look.

    Raises :class:`tsinterp_lib.errors.UnknownName` for a method that is not there, :class:`InvalidInput` for none.
    """
    if not bases:
        raise InvalidInput("`bases` is empty: name at least one method to rescale, e.g. gradient.")
    chosen = [CORRECTED[known(name, CORRECTED, "explainer")] for name in bases]
    return {choice.label: choice for choice in (*chosen[:1], *map(rescaled, chosen))}


def pairs(rows: pd.DataFrame, protocol: str) -> list[tuple[str, str]]:
    """Return (rescaled, plain) labels that a protocol has, in the order of the plan."""
    labels = list(dict.fromkeys(rows[rows["protocol"] == protocol]["explainer"]))
    base = {label: label.removeprefix("tsr[").removesuffix("]").split(", ")[0] for label in labels if "tsr[" in label}
    return [(after, before) for after, before in base.items() if before in labels]


def gains(rows: pd.DataFrame, protocol: str, metrics: dict[str, str] | None = None) -> pd.DataFrame:
    """Return rescaled minus plain, per network, method and metric, over layouts: the fields of ``Paired``, one row
    each.

    Raises :class:`InvalidInput` where the rows hold no rescaled method.
    """
    found = []
    for after, before in pairs(rows, protocol):
        for metric, printed in (metrics or GAINS).items():
            for network, part in select.pick(rows, metric, protocol).groupby("model", sort=False):
                difference = asdict(paired(part, after, before))
                found.append(difference | {"quantity": printed, "method": after, "network": network})
    if not found:
        raise InvalidInput(f"no rescaled method in the rows of {protocol!r}: run `tsinterp run rescaling`.")
    table = pd.DataFrame(found)
    return table.assign(
        row=[f"{words.network(n)}: {words.method(m)}" for n, m in table[["network", "method"]].to_numpy()]
    )


def by_layout(rows: pd.DataFrame, protocol: str, metric: str, network: str) -> pd.DataFrame:
    """Return layouts × methods: the gain of a metric on one network, seeds averaged."""
    part = select.pick(rows, metric, protocol)
    part = part[part["model"] == network]
    grid = part.pivot_table(index="dataset", columns="explainer", values="value")
    shown = {after: grid[after] - grid[before] for after, before in pairs(rows, protocol)}
    table = pd.DataFrame(shown)
    return table.loc[[d for d in rows["dataset"].unique() if d in table.index]]


def price(rows: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Seconds to explain one sample, before and after, and their ratio; maps of the method per rescaled map."""
    part = rows[(rows["protocol"] == protocol) & (rows["metric"] == "auroc")]
    part = part.assign(seconds=part["seconds"] / part["n"])
    cost = part.pivot_table(index="model", columns="explainer", values="seconds", aggfunc="median")
    found = [
        {
            "network": words.network(str(network)),
            "method": words.method(before),
            "maps": TemporalSaliencyRescaling().budget(50, 50),
            "seconds before": cost[before][network],
            "seconds after": cost[after][network],
        }
        for network in cost.index
        for after, before in pairs(rows, protocol)
    ]
    table = pd.DataFrame(found)
    return table.assign(times=(table["seconds after"] / table["seconds before"].replace(0, np.nan)).round()).round(4)


def say_rescaling(rows: pd.DataFrame, protocol: str = "as_released") -> Prose:
    """Say how many combinations of network and method rescaling improves, and at what price."""
    found = gains(rows, protocol, {"auroc": "AUROC"})
    better, worse = int((found["low"] > 0).sum()), int((found["high"] < 0).sum())
    first, last = found.sort_values("effect").iloc[[-1, 0]].to_dict("records")
    times = price(rows, protocol)["times"]
    return Prose(
        f"Over layouts, rescaling improves AUROC in {better} of {len(found)} combinations of network and method and "
        f"worsens it in {worse}, with the whole interval. It helps most for {first['row']} ({first['effect']:+.3f}) "
        f"and least for {last['row']} ({last['effect']:+.3f}), and takes {times.min():.0f} to {times.max():.0f} times "
        f"as long as the plain map."
    )
