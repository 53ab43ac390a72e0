"""The claims of the 2020 benchmark, each with an effect, an interval over seeds and layouts, and a verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tsinterp_lib.figures.spread import TIME_ONLY
from tsinterp_lib.statistics.effects import effect, judged
from tsinterp_lib.statistics.means import CONTROLS, difference_from
from tsinterp_lib.statistics.verdict import CONFIRMED, NEGLIGIBLE, REFUTED, UNDECIDED, Verdict
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.papers import from_rows
from tsinterp_lib.tables.rivals import FAIR, fair


def of_benchmark(rows: pd.DataFrame, protocol: str) -> list[Verdict]:
    """Return the claims that planted data can decide, under one protocol."""
    rows = rows[(rows["protocol"] == protocol) & (rows["explainer"] != "")]
    return [
        nobody_beats_chance_everywhere(rows, "aup_count"),
        *(time_over_features(rows, network) for network in _networks(rows)),
        *(
            better_network(rows, better, worse)
            for better in ("tcn", "lstm_input_cell")
            for worse in ("lstm", "transformer")
        ),
    ]


def nobody_beats_chance_everywhere(rows: pd.DataFrame, metric: str) -> Verdict:
    """No network and method is above chance on every layout.

    A pair beats chance everywhere if its lowest layout does, so each pair is judged by that layout alone; its interval
    takes the spread between seeds, pooled over layouts, at a level corrected for the number of pairs (Bonferroni). The
    claim is refuted where the interval of at least one pair lies above zero and its value above what matters, confirmed
    where those of all pairs lie below zero, else undecided: all intervals hold at once. The effect is the lowest
    difference of the best pair, the one whose interval begins highest.
    """
    part = rows[(rows["metric"] == metric) & ~rows["explainer"].isin(("permuted_features", "position_only", "oracle"))]
    cells = difference_from(part).groupby(["model", "explainer", "dataset"])["value"].agg(["mean", "var", "size"])
    cells = cells[cells["size"] > 1]
    pairs = cells.groupby(level=["model", "explainer"])
    df = (cells["size"] - 1).groupby(level=["model", "explainer"]).sum()
    sd = np.sqrt((cells["var"] * (cells["size"] - 1)).groupby(level=["model", "explainer"]).sum() / df)
    lowest = cells.loc[pairs["mean"].idxmin()].reset_index("dataset")
    half = stats.t.ppf(1 - 0.05 / len(df) / 2, df) * sd / np.sqrt(lowest["size"])
    low, high = lowest["mean"] - half, lowest["mean"] + half
    best = low.idxmax()
    found, (network, method) = lowest.loc[best], best
    beaten = ((low > 0) & (lowest["mean"] > NEGLIGIBLE)).any()
    word = REFUTED if beaten else CONFIRMED if high.max() < 0 else UNDECIDED
    return Verdict(
        claim="no network and method finds the planted cells better than chance on every layout",
        verdict=word,
        effect=float(found["mean"]),
        low=float(low[best]),
        high=float(high[best]),
        n=int(found["size"]),
        why=f"of {len(df)} pairs the best is {words.network(network)} with {words.marked(method)}, whose lowest "
        f"layout is {words.layout(found['dataset'])}",
    )


def time_over_features(rows: pd.DataFrame, network: str) -> Verdict:
    """Time steps are found better than features, by the methods that could see both."""
    part = rows[(rows["model"] == network) & ~rows["explainer"].isin(("position_only", "oracle", "permuted_features"))]
    part = part[~part["explainer"].isin(TIME_ONLY)]
    time, feature = (difference_from(part[part["metric"] == f"aup_count_{d}"]) for d in ("time", "feature"))
    found = effect("domain", "time", "AUP", time, feature)
    return judged(f"{words.network(network)}: time steps are found better than features", found)


def better_network(rows: pd.DataFrame, better: str, worse: str) -> Verdict:
    """Maps of one network are better than those of another, by AUROC over the methods and layouts both have."""
    part = rows[(rows["metric"] == "auroc") & ~rows["explainer"].isin(CONTROLS)]
    ours, theirs = (part[part["model"] == name] for name in (better, worse))
    claim = f"maps of the {words.network(better)} are better than those of the {words.network(worse)}"
    found = effect("network", better, "AUROC", ours, theirs, on=("dataset", "seed", "explainer"))
    scores = rows[(rows["metric"] == "auroc") & (rows["model"] == better)]
    scores = scores.assign(explainer=scores["explainer"].where(scores["explainer"].isin(CONTROLS), "maps"))
    wide = scores.pivot_table(index=["dataset", "seed"], columns="explainer", values="value")
    return fair(judged(claim, found), wide["maps"], {e: wide[e] for e in FAIR if e in wide})


def _networks(rows: pd.DataFrame) -> list[str]:
    return select.in_order(rows["model"].unique())


def _as_released(rows: pd.DataFrame) -> list[Verdict]:
    return of_benchmark(rows, "as_released")


VARIED = {
    "corrected protocol": lambda p: of_benchmark(select.rows("benchmark", p), "corrected"),
    "mass cut": lambda p: _as_released(select.by_mass(select.rows("benchmark", p))),
    "no gate": lambda p: _as_released(select.rows("benchmark", p, gated=False)),
}
"""The same claims with one setting changed: the protocol, the dialect of the areas, the gate."""

CLAIMS = (
    from_rows(
        "ismail2020",
        "audit",
        lambda p: select.rows("benchmark", p),
        _as_released,
        VARIED,
        about="the benchmark",
        note="As released; the audit has the same under the corrected protocol, and each released choice by itself.",
    ),
)
