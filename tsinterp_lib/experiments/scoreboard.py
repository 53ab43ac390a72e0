"""Every published number beside ours, with one verdict each: what of the literature reproduces here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from IPython.display import Markdown

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.errors import InvalidInput, MissingRows
from tsinterp_lib.experiments import report
from tsinterp_lib.experiments.guided import PROTOCOL
from tsinterp_lib.experiments.guided_standardised import STANDARDISED
from tsinterp_lib.experiments.reasons import ALL, absent, cause
from tsinterp_lib.experiments.statistics import difference_from, summarise

REPRODUCED, DIRECTION, NOT_REPRODUCED, NOT_TESTABLE = VERDICTS = (
    "reproduced",
    "direction only",
    "not reproduced",
    "not testable",
)

WIDEST = 0.05
"""Half the width, in the units of an area or an accuracy, beyond which an interval reproduces nothing."""

COLUMNS = (
    "paper", "table", "quantity", "dataset", "model", "method", "training",
    "published", "ours", "low", "high", "n", "verdict", "reason", "chapter",
)  # fmt: skip

TRAININGS = {"standard": "traditional", "guided": "saliency_guided"}


def verdict(published: float, decimals: int, low: float, high: float, n: int, zero: float | None) -> tuple[str, str]:
    """The verdict on one published number and the reason for it.

    Ours is a 95 % interval [``low``, ``high``] over ``n`` seeds; the published number stands for all that round to its
    ``decimals``. In this order:

    * *not testable*: fewer than two seeds of ours. One run is a value without an interval, and whether a number lies
      near it says nothing about the next run.
    * *reproduced*: the interval holds a number that rounds to the published one, and is no wider than ±
      :data:`WIDEST`: an interval that would hold nearly any number confirms none, and is *not testable*.
    * *direction only*: it does not, but the whole interval lies on the side of ``zero`` (no effect) on which the
      published number lies. Quantities without such a point, as accuracies, have ``zero`` None and never get this.
    * *not reproduced*: anything else, an interval that holds ``zero`` included.

    Raises :class:`InvalidInput` where the
    interval is upside down or the published number is not finite.
    """
    if not np.isfinite(published) or low > high:
        raise InvalidInput(f"published {published} with interval [{low}, {high}]: give a number and an interval.")
    if n < 2:
        return NOT_TESTABLE, "one seed: no interval" if n == 1 else "not computed, or no model passed its gate"
    half = 0.5 * 10.0**-decimals + 1e-9
    if low - half <= published <= high + half:
        if high - low > 2 * WIDEST:
            return NOT_TESTABLE, f"{n} seeds: the interval of ± {(high - low) / 2:.2f} would hold nearly any number"
        return REPRODUCED, ""
    far = f"{max(low - published, published - high):.3f} outside our interval"
    if zero is not None and ((published > zero and low > zero) or (published < zero and high < zero)):
        return DIRECTION, far
    return NOT_REPRODUCED, far


def ours(profile: str = "paper", standardised: bool = False) -> pd.DataFrame:
    """Rows as released of both trainings, as far as they are published, with a column ``training``.

    ``standardised``: the same on inputs of mean 0 and deviation 1 instead of those scaled to [0, 1].
    """
    studies = ("guided_standardised",) if standardised else ("benchmark", "guided")
    found = []
    for study in studies:
        try:
            table = report.rows(study, profile)
        except MissingRows:  # a study that is not computed yet makes its cells untestable, not the page
            continue
        found.append(table[table["protocol"] == (STANDARDISED if standardised else PROTOCOL)])
    if not found:
        raise MissingRows(f"none of {', '.join(studies)} has rows at profile {profile!r}: run one of them first.")
    rows = pd.concat(found, ignore_index=True)
    rows = rows[rows["trainer"].isin(TRAININGS)]
    return rows.assign(training=rows["trainer"].map(TRAININGS), dataset=report.layout(rows["dataset"]))


def accuracies(profile: str) -> pd.DataFrame:
    """Table 7 of :cite:t:`ismail2021`: test accuracy."""
    rows = ours(profile)
    rows = rows[(rows["metric"] == "test_accuracy") & (rows["explainer"] == "")]
    theirs = report.published("ismail2021_table7").rename(columns={"test_accuracy": "published"})
    keys = ["dataset", "model", "training"]
    found = theirs.merge(_over_seeds(rows, keys), on=keys, how="left")
    return _scored(found.assign(quantity="test accuracy", explainer=""), "02_models", decimals=2, zero=None)


def means(profile: str) -> pd.DataFrame:
    """Table 2 of :cite:t:`ismail2021`: areas above a random map, averaged over the ten layouts.

    Fewer layouts of ours (models that failed the gate, layouts not computed) are another quantity: ours is then left
    out and the verdict is *not testable*.
    """
    keys = ["quantity", "model", "explainer", "training"]

    def complete(rows: pd.DataFrame) -> pd.DataFrame:
        layouts = rows.groupby([*keys, "seed"])["dataset"].transform("nunique")
        return rows[layouts == len(LAYOUTS)]

    theirs = report.published("ismail2021_table2").rename(columns={"metric": "quantity", "value": "published"})
    found = theirs.merge(_over_seeds(complete(_differences(ours(profile))), keys), on=keys, how="left")
    found = _with_other_scaling(found, profile, keys, complete)
    return _scored(found.assign(dataset=ALL), "05_benchmark", decimals=3, zero=0.0)


def per_layout(profile: str) -> pd.DataFrame:
    """Tables 8 to 11 of :cite:t:`ismail2021`: the same per layout."""
    keys = ["quantity", "dataset", "model", "explainer", "training"]
    theirs = report.published("ismail2021_tables8_to_11").rename(columns={"metric": "quantity", "value": "published"})
    found = theirs.merge(_over_seeds(_differences(ours(profile)), keys), on=keys, how="left")
    found = _with_other_scaling(found, profile, keys)
    return _scored(found, "05_benchmark", decimals=3, zero=0.0)


def boxes(profile: str) -> pd.DataFrame:
    """Table 1 of :cite:t:`ismail2019`: distances of gradient maps from the truth, and accuracies, at 100 steps.

    The printed table keeps networks that did not learn, so ours keeps those that failed the gate. No effect is a
    distance of 1, that of an empty map; the Jaccard index, which starts at 0, and accuracies have no such point.
    """
    theirs = report.published("ismail2019_table1").rename(columns={"metric": "quantity", "value": "published"})
    keys = ["quantity", "dataset", "model"]
    over = pd.DataFrame(columns=[*keys, "mean", "low", "high", "n"])
    try:
        rows = report.rows("vanishing", profile, gated=False)
    except MissingRows:  # as in `ours`
        rows = pd.DataFrame(columns=["trainer", "explainer", "dataset"], dtype=str)
    rows = rows[(rows["trainer"] == "standard") & rows["explainer"].isin(("", "gradient"))]
    rows = rows[rows["dataset"].str.endswith("/100")]
    if len(rows):
        over = _over_seeds(rows.assign(quantity=rows["metric"], dataset=report.layout(rows["dataset"])), keys)
    found = theirs.merge(over, on=keys, how="left").assign(training="traditional")
    found = found.assign(explainer=np.where(found["quantity"] == "test_accuracy", "", "gradient"))
    distances = found["quantity"] == "euclidean_distance"
    parts = ((found[distances], 1.0), (found[~distances], None))
    board = pd.concat([_scored(part, "17_vanishing_saliency", decimals=3, zero=zero) for part, zero in parts])
    return board.replace({"quantity": {"test_accuracy": "test accuracy"}})


SOURCES: dict[str, Callable[[str], pd.DataFrame]] = {
    "ismail2021 Table 2": means,
    "ismail2021 Table 7": accuracies,
    "ismail2021 Tables 8 to 11": per_layout,
    "ismail2019 Table 1": boxes,
}
"""What the scoreboard holds: a name and a function from a profile to rows with ``COLUMNS``; a study adds a line."""


def scoreboard(profile: str = "paper") -> pd.DataFrame:
    """Every published number that :data:`SOURCES` knows, one row each."""
    return pd.concat([make(profile) for make in SOURCES.values()], ignore_index=True)[list(COLUMNS)]


def counts(board: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each table got which verdict."""
    table = board.groupby(["paper", "table", "verdict"]).size().unstack(fill_value=0)
    return table.reindex(columns=list(VERDICTS), fill_value=0)


def say(board: pd.DataFrame) -> Markdown:
    """How many of the numbers that can be tested are reproduced, and how many in direction only."""
    n = board["verdict"].value_counts()
    tested = len(board) - n.get(NOT_TESTABLE, 0)
    return Markdown(
        f"Of {len(board)} published numbers {tested} can be tested so far: {n.get(REPRODUCED, 0)} are reproduced, "
        f"{n.get(DIRECTION, 0)} agree in direction only, {n.get(NOT_REPRODUCED, 0)} are not reproduced."
    )


def _differences(rows: pd.DataFrame) -> pd.DataFrame:
    """Areas by the count cut minus those of the random map of the same model, named as the paper names them."""
    part = rows[rows["metric"].isin(("aup_count", "aur_count")) & (rows["explainer"] != "")]
    names = {"aup_count": "diff_aup", "aur_count": "diff_aur"}
    found = difference_from(part)
    return found.assign(quantity=found["metric"].map(names))


def _over_seeds(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return summarise(rows.assign(metric="one"), ["metric", "protocol", "profile", *keys])[
        [*keys, "mean", "low", "high", "n"]
    ]


def _with_other_scaling(
    found: pd.DataFrame, profile: str, keys: list[str], keep: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows
) -> pd.DataFrame:
    """With ``standardised``: the mean of the same number on standardised inputs, NaN where there is none."""
    try:
        rows = keep(_differences(ours(profile, standardised=True)))
    except MissingRows:
        return found.assign(standardised=np.nan)
    over = _over_seeds(rows, keys).rename(columns={"mean": "standardised"})
    return found.merge(over[[*keys, "standardised"]], on=keys, how="left")


def _reason(word: str, why: str, known: str, lacking: str) -> str:
    if lacking:
        return lacking
    return f"{why}; {known}" if known and word in (DIRECTION, NOT_REPRODUCED) else why


def _scored(found: pd.DataFrame, chapter: str, decimals: int, zero: float | None) -> pd.DataFrame:
    found = found.assign(n=found["n"].fillna(0).astype(int))
    found = found if "standardised" in found else found.assign(standardised=np.nan)
    numbers = (found[c].tolist() for c in ("published", "low", "high", "n"))
    judged = [verdict(value, decimals, low, high, n, zero) for value, low, high, n in zip(*numbers, strict=True)]
    causes = [
        cause(*row)
        for row in found[["quantity", "dataset", "published", "mean", "standardised"]].itertuples(index=False)
    ]
    lacking = [absent(*row) for row in found[["dataset", "model"]].itertuples(index=False)]
    source = found["source"].str.split(" ", n=1)
    return found.assign(
        paper=source.str[0],
        table=source.str[1],
        method=found["explainer"],
        ours=found["mean"],
        verdict=[word for word, _ in judged],
        reason=[_reason(*why, *more) for why, *more in zip(judged, causes, lacking, strict=True)],
        chapter=chapter,
    )[list(COLUMNS)]
