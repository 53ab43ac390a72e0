"""Re-runs by others beside ours: numbers of third parties, labelled as such, and of no paper."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.statistics.means import summarise
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

ON = ["dataset", "explainer", "metric"]


def with_reruns(rows: pd.DataFrame, theirs: pd.DataFrame, metrics: dict[str, str]) -> pd.DataFrame:
    """Ours under each protocol (mean, and interval where there are two seeds) beside a re-run's mean and deviation.

    ``metrics`` maps the name of a metric in the re-run to ours. Rows of theirs that we do not have are kept, with a
    dash, so that nothing is left out because it does not fit. Names are in words, intervals are cut to [0, 1].
    """
    found = theirs.loc[theirs["metric"].isin(metrics), [*ON, "mean", "std"]]
    found = found.rename(columns={"mean": "re-run", "std": "its deviation"})
    part = rows[rows["metric"].isin(metrics.values()) & (rows["explainer"] != "")]
    for protocol in ("as_released", "corrected"):
        found[f"ours, {protocol.replace('_', ' ')}"] = "–"
        own = part[part["protocol"] == protocol]
        if own.empty:
            continue
        own = summarise(own, ["protocol", "profile", *ON])
        text = {(r.dataset, r.explainer, r.metric): _text(r) for _, r in own.iterrows()}
        keys = [(d, e, metrics[m]) for d, e, m in found[ON].itertuples(index=False)]
        found[f"ours, {protocol.replace('_', ' ')}"] = [text.get(k, "–") for k in keys]
    columns = [*ON, *(str(c) for c in found if str(c).startswith("ours")), "re-run", "its deviation"]
    in_words = {name: found[name].map(words.printed) for name in ON}
    return found[columns].assign(**in_words).set_index(ON).sort_index().round(3)


def sources(theirs: pd.DataFrame) -> Prose:
    """Who made the re-runs of a table, once below it."""
    return Prose("Re-runs: " + "; ".join(dict.fromkeys(str(s) for s in theirs["source"])) + ".")


def _text(row: pd.Series) -> str:
    low, high = max(row["low"], 0.0), min(row["high"], 1.0)  # areas; an interval of two seeds may leave their range
    return words.interval(row["mean"], low, high)
