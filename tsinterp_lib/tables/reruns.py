"""Re-runs by others beside ours: numbers of third parties, labelled as such, and of no paper."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.statistics.means import summarise
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

ON = ["dataset", "explainer", "metric"]


PR_TRAPEZOID = "pr_trapezoid"
"""The trapezoid area under precision and recall. It lies above the average precision wherever scores take few values,
so it stands beside no number of ours: no metric here computes it."""


def with_reruns(
    rows: pd.DataFrame,
    theirs: pd.DataFrame,
    metrics: Mapping[str, str],
    explainers: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return ours under each protocol (mean, and interval where there are two seeds) beside a re-run's mean and
    deviation.

    ``metrics`` maps the name of a metric in the re-run to ours, and ``explainers`` that of a method to the one of ours
    that computes the same (default: the method of the same name); where the two differ, ours is named in brackets. Rows
    of theirs that we do not have are kept, with a dash, so that nothing is left out because it does not fit. Names are
    in words, intervals are cut to [0, 1]. Raises :class:`~tsinterp_lib.errors.InvalidInput` where ``metrics`` puts a
    trapezoid area under precision and recall beside another score.
    """
    if PR_TRAPEZOID in metrics:
        raise InvalidInput(
            f"`metrics` puts {PR_TRAPEZOID!r} beside {metrics[PR_TRAPEZOID]!r}: the trapezoid area is no average "
            "precision; show it with `alone`."
        )
    ours_of = explainers or {}
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
        keys = [(d, ours_of.get(e, e), metrics[m]) for d, e, m in found[ON].itertuples(index=False)]
        found[f"ours, {protocol.replace('_', ' ')}"] = [text.get(k, "–") for k in keys]
    columns = [*ON, *(str(c) for c in found if str(c).startswith("ours")), "re-run", "its deviation"]
    in_words = {name: found[name].map(words.printed) for name in ON}
    in_words["explainer"] = pd.Series([_pair(e, ours_of.get(e, e)) for e in found["explainer"]], index=found.index)
    return found[columns].assign(**in_words).set_index(ON).sort_index().round(3)


def alone(theirs: pd.DataFrame) -> pd.DataFrame:
    """A re-run's means and deviations without ours, data sets × methods: for scores that no metric here computes."""
    text = [f"{mean:.3f} ± {std:.3f}" for mean, std in theirs[["mean", "std"]].itertuples(index=False)]
    found = theirs.assign(text=text, dataset=theirs["dataset"].map(words.printed))
    grid = found.pivot_table(index="explainer", columns="dataset", values="text", aggfunc="first")
    kept = [*(e for e in words.METHODS if e in grid.index), *(e for e in grid.index if e not in words.METHODS)]
    return grid.reindex(index=kept).rename(index=words.printed).rename_axis(index=None, columns=None)


def sources(theirs: pd.DataFrame) -> Prose:
    """Who made the re-runs of a table, with author and title, once below it."""
    return Prose("Re-runs: " + "; ".join(dict.fromkeys(str(s) for s in theirs["source"])) + ".")


def _pair(theirs: str, ours: str) -> str:
    return words.printed(theirs) + (f" (ours: {words.printed(ours)})" if ours != theirs else "")


def _text(row: pd.Series) -> str:
    low, high = max(row["low"], 0.0), min(row["high"], 1.0)  # areas; an interval of two seeds may leave their range
    return words.interval(row["mean"], low, high)
