"""Tables 2, 7 and 8 to 11 of Ismail et al., NeurIPS 2021: every printed number beside ours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.errors import MissingRows
from tsinterp_lib.registry import known
from tsinterp_lib.statistics.means import difference_from
from tsinterp_lib.studies.guided import narma_plan, standardised_plan
from tsinterp_lib.studies.guided.plan import PROTOCOL
from tsinterp_lib.tables import papers, printed, select

RUNS = 5.0
"""How many runs a printed number is the mean of."""

MEAN_KEYS = ["quantity", "model", "explainer", "training"]
LAYOUT_KEYS = ["dataset", *MEAN_KEYS]

GAUSSIAN, STANDARDISED, RAW_NARMA = "Gaussian, [0, 1]", "Gaussian, standardised", "NARMA, raw"
"""The three readings of the data; the first is that of the released code of 2020, the paper of 2021 names none."""

STUDIES_OF = {
    GAUSSIAN: (("benchmark", "guided"), PROTOCOL),
    STANDARDISED: (("guided_standardised",), standardised_plan.STANDARDISED),
    RAW_NARMA: (("guided_narma",), narma_plan.RAW_NARMA),
}
"""The studies of each reading and their protocol."""

TRAININGS = {"standard": "traditional", "guided": "saliency_guided"}


def ours(profile: str = "paper", reading: str = GAUSSIAN, gated: bool = True) -> pd.DataFrame:
    """Return rows as released of both trainings on one reading of the data, as far as computed, with a column
    ``training``.

    ``gated`` leaves out the maps of models that failed their accuracy gate.
    """
    studies, protocol = STUDIES_OF[known(reading, STUDIES_OF, "reading of the data")]
    found = []
    for study in studies:
        try:
            table = select.rows(study, profile, gated=gated)
        except MissingRows:  # a study that is not computed yet makes its cells untestable, not the page
            continue
        found.append(table[table["protocol"] == protocol])
    if not found:
        raise MissingRows(f"none of {', '.join(studies)} has rows at profile {profile!r}: run one of them first.")
    return trained(pd.concat(found, ignore_index=True))


def trained(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the two trainings of the paper, which the column ``training`` names, with layouts as data sets."""
    rows = rows[rows["trainer"].isin(TRAININGS)]
    return rows.assign(training=rows["trainer"].map(TRAININGS), dataset=select.layout(rows["dataset"]))


def cause(quantity: str, dataset: str, published: float, ours: float, standardised: float = np.nan) -> str:
    """Return a known difference between the two experiments that bears on a number, or nothing.

    ``standardised`` is our number on standardised inputs: the scaling of the paper's series is not printed.
    """
    if quantity == "test accuracy" and 0.97 <= ours < published:
        return "the released rule stops training at 0.99"
    if dataset == "small_middle" and quantity.startswith("diff_"):
        return "the released box has 14 × 14 cells, the printed one 15 × 15"
    if abs(standardised - published) <= abs(ours - published) / 2:
        return f"{standardised:+.3f} on standardised inputs, at most half as far"
    return ""


def accuracies(profile: str, reading: str = GAUSSIAN) -> pd.DataFrame:
    """Return Table 7 of :cite:t:`ismail2021`: test accuracy."""
    rows = ours(profile, reading)
    rows = rows[(rows["metric"] == "test_accuracy") & (rows["explainer"] == "")]
    theirs = papers.table("ismail2021_table7").rename(columns={"test_accuracy": "published"})
    keys = ["dataset", "model", "training"]
    found = theirs.merge(printed.over_seeds(rows, keys), on=keys, how="left")
    found = found.assign(quantity="test accuracy", explainer="")
    return _read(printed.scored(found, "models", 2, None, cause, RUNS, ceiling=1.0), reading)


def means(profile: str, reading: str = GAUSSIAN) -> pd.DataFrame:
    """Return Table 2 of :cite:t:`ismail2021`: areas above a random map, averaged over the ten layouts
    (:func:`over_layouts`).

    Fewer layouts of ours (models that failed the gate, layouts not computed) are another quantity: ours is then left
    out and the outcome is *not testable*.
    """
    theirs = papers.table("ismail2021_table2").rename(columns={"metric": "quantity", "value": "published"})
    found = theirs.merge(over_layouts(ours(profile, reading)), on=MEAN_KEYS, how="left")
    if reading == GAUSSIAN:
        found = _with_other_scaling(found, profile, MEAN_KEYS, over_layouts)
    return _read(printed.scored(found.assign(dataset=printed.ALL), _chapter(reading), 3, 0.0, cause, RUNS), reading)


def over_layouts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ours for Table 2, on every page that shows it: mean, low, high and n by ``MEAN_KEYS``; empty where none.

    ``rows`` have a column ``training`` (:func:`ours`). Only of a network, method and training that has all ten layouts;
    each layout's mean over its seeds counts once, the interval is over seeds with layouts fixed
    (:func:`tsinterp_lib.statistics.means.summarise`). A training stands on its own seeds: both have the same layouts
    then, and where one lacks a seed of a layout the layout keeps its weight.
    """
    found = differences(rows)
    layouts = found.groupby(MEAN_KEYS)["dataset"].transform("nunique")
    found = found[layouts == len(LAYOUTS)]
    return printed.over_seeds(found, MEAN_KEYS) if len(found) else pd.DataFrame(columns=[*MEAN_KEYS, *printed.OURS])


def per_layout(profile: str, reading: str = GAUSSIAN) -> pd.DataFrame:
    """Return Tables 8 to 11 of :cite:t:`ismail2021`: the same per layout."""
    theirs = papers.table("ismail2021_tables8_to_11").rename(columns={"metric": "quantity", "value": "published"})
    found = theirs.merge(by_layout(ours(profile, reading)), on=LAYOUT_KEYS, how="left")
    if reading == GAUSSIAN:
        found = _with_other_scaling(found, profile, LAYOUT_KEYS, by_layout)
    return _read(printed.scored(found, _chapter(reading), 3, 0.0, cause, RUNS), reading)


def by_layout(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ours for Tables 8 to 11, on every page that shows them: over the seeds that each training has on a
    layout.
    """
    found = differences(rows)
    return printed.over_seeds(found, LAYOUT_KEYS) if len(found) else pd.DataFrame(columns=[*LAYOUT_KEYS, *printed.OURS])


def differences(rows: pd.DataFrame) -> pd.DataFrame:
    """Return areas by the count cut minus those of the random map of the same model, named as the paper names them."""
    part = rows[rows["metric"].isin(("aup_count", "aur_count")) & (rows["explainer"] != "")]
    names = {"aup_count": "diff_aup", "aur_count": "diff_aur"}
    found = difference_from(part)
    return found.assign(quantity=found["metric"].map(names))


def _with_other_scaling(
    found: pd.DataFrame, profile: str, keys: list[str], estimate: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """With ``standardised``: the mean of the same number on standardised inputs, NaN where there is none."""
    try:
        over = estimate(ours(profile, STANDARDISED))
    except MissingRows:
        return found.assign(standardised=np.nan)
    return found.merge(over.rename(columns={"mean": "standardised"})[[*keys, "standardised"]], on=keys, how="left")


def _chapter(reading: str) -> str:
    return "benchmark" if reading == GAUSSIAN else "which_data"


def _read(board: pd.DataFrame, reading: str) -> pd.DataFrame:
    """Return numbers with their reading of the data; a second judgement of the same numbers where it is not the first
    one.
    """
    return board.assign(reading=reading, again=reading != GAUSSIAN)
