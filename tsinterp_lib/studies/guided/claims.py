"""The claims of Ismail et al., NeurIPS 2021, about guided training on series: ours, an interval and a verdict each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from tsinterp_lib.statistics import effects
from tsinterp_lib.statistics.means import difference_from
from tsinterp_lib.statistics.verdict import CONFIRMED, NEGLIGIBLE, REFUTED, UNDECIDED, Verdict, verdict
from tsinterp_lib.studies.guided import printed
from tsinterp_lib.studies.guided.joined import differs, joined
from tsinterp_lib.studies.guided.plan import EXPLAINED, PROTOCOL, TRADITIONAL
from tsinterp_lib.studies.planted import NETWORKS
from tsinterp_lib.tables import papers, select, words
from tsinterp_lib.tables.papers import Printed, from_rows
from tsinterp_lib.tables.rivals import FAIR, fair

AREAS = {"diff_aup": ("aup_count", "precision"), "diff_aur": ("aur_count", "recall")}
PAIRED_ON = ("dataset", "model", "seed", "explainer")


def of_paper(rows: pd.DataFrame, trainer: str = "guided") -> list[Verdict]:
    """Say what the paper says: guided training against traditional, by network; the best method; the LSTM below chance.

    ``rows`` are those of :func:`tsinterp_lib.studies.guided.joined.joined`. A claim without rows is undecided.
    """
    found = [raises(rows, network, quantity, trainer) for network in NETWORKS for quantity in AREAS]
    found += [best_method(rows, "lstm_input_cell", "deep_shap", quantity, trainer) for quantity in AREAS]
    return found + [below_chance(rows, "lstm", name) for name in (TRADITIONAL, trainer)]


def of_ours(rows: pd.DataFrame) -> list[Verdict]:
    """Say what the paper leaves open, by AUROC: is it the gradient, which ranking, and does one k for all do as
    well.
    """
    claims = [
        ("the gradient, signed, adds to a random mask", "guided", "random_masked"),
        ("the gradient, absolute, adds to a random mask", "guided_absolute", "random_masked"),
        ("absolute ranking is better than signed", "guided_absolute", "guided"),
        ("the published k is better than k = 50 %, where they differ", "guided", "guided_fixed"),
    ]
    rows = rows[differs(rows) | (rows["trainer"] != "guided_fixed")]
    return [
        _against(rows[rows["model"] == n], f"{words.network(n)}: {text}", "auroc", a, b)
        for text, a, b in claims
        for n in NETWORKS
    ]


def raises(rows: pd.DataFrame, network: str, quantity: str, trainer: str = "guided") -> Verdict:
    """Guided training raises precision or recall on a network; as printed, not the Transformer's precision.

    That is confirmed where the whole interval lies below the smallest gain that matters, refuted where it lies above
    zero and the gain matters. The reason counts the cells (layout × method, seeds averaged) in which guided is better,
    beside the count in the paper's own tables.
    """
    metric, word = AREAS[quantity]
    part = rows[rows["model"] == network]
    no_gain = (network, quantity) == ("transformer", "diff_aup")
    text = f"{words.network(network)}: guided training {'does not raise' if no_gain else 'raises'} {word}"
    found = _against(part, text, metric, trainer, TRADITIONAL, chance=True)
    found = _no_gain(found) if no_gain else found
    better, cells = _better(_differences(part, metric, True), trainer)
    theirs = papers.table("ismail2021_counts")
    counted = theirs[(theirs["model"] == network) & (theirs["metric"] == quantity)].iloc[0]
    ours = f"better in {better} of {cells} cells, " if cells else ""
    return replace(found, why=f"{found.why}; {ours}in the paper's tables in {counted['better']} of {counted['cells']}")


def best_method(rows: pd.DataFrame, network: str, method: str, quantity: str, trainer: str = "guided") -> Verdict:
    """After guided training a method has the best precision or recall on a network, against the best other one."""
    metric, word = AREAS[quantity]
    name = words.method(method)
    text = f"{words.network(network)}, guided: {name} has the best {word}"
    part = _differences(rows[(rows["model"] == network) & (rows["trainer"] == trainer)], metric, True)
    mean = part.groupby("explainer")["value"].mean()
    if method not in mean.index or len(mean) < 2:
        return _absent(text)
    other = str(mean.drop(method).idxmax())
    a, b = (part[part["explainer"] == m] for m in (method, other))
    found = _judged(text, a, b, on=("dataset", "model", "seed"))
    found = replace(found, why=f"{found.why}; the best other is {words.method(other)}")
    raw = select.pick(rows[(rows["model"] == network) & (rows["trainer"] == trainer)], metric, PROTOCOL)
    wide = raw.pivot_table(index=["dataset", "seed"], columns="explainer", values="value")
    return fair(found, wide[method], {e: wide[e] for e in FAIR if e in wide})


def below_chance(rows: pd.DataFrame, network: str, trainer: str) -> Verdict:
    """Mean precision over methods and layouts lies below that of a random map."""
    way = "traditional" if trainer == TRADITIONAL else "guided"
    text = f"{words.network(network)}, {way}: precision is below chance"
    part = _differences(rows[(rows["model"] == network) & (rows["trainer"] == trainer)], "aup_count", True)
    return _judged(text, part, part.assign(value=0.0), "below") if len(part) else _absent(text)


def _no_gain(found: Verdict) -> Verdict:
    """Return the verdict on no gain, from the effect and interval of a gain."""
    if found.high < NEGLIGIBLE:
        return replace(found, verdict=CONFIRMED, why=f"the whole interval lies below a gain of {NEGLIGIBLE:g}")
    if found.low > 0 and found.effect > NEGLIGIBLE:
        return replace(found, verdict=REFUTED, why="the whole interval lies above zero")
    return replace(found, verdict=UNDECIDED)


def _against(rows: pd.DataFrame, text: str, metric: str, a: str, b: str, chance: bool = False) -> Verdict:
    part = _differences(rows, metric, chance)
    one, other = (part[part["trainer"] == t] for t in (a, b))
    shared = one[list(PAIRED_ON)].merge(other[list(PAIRED_ON)])
    return _judged(text, one, other) if len(shared) else _absent(text)


def _differences(rows: pd.DataFrame, metric: str, chance: bool) -> pd.DataFrame:
    """Return rows of the six methods on one metric; with ``chance`` minus the random map of the same model."""
    part = select.pick(rows[rows["explainer"].isin((*EXPLAINED, "random"))], metric, PROTOCOL)
    part = difference_from(part) if chance else part[part["explainer"] != "random"]
    return part.dropna(subset=["value"])


def _better(part: pd.DataFrame, trainer: str) -> tuple[int, int]:
    """Say in how many cells (layout × method, over the seeds that both have) guided is better, and how many there
    are.
    """
    grid = part.pivot_table(index=list(PAIRED_ON), columns="trainer", values="value")
    if not {trainer, TRADITIONAL} <= set(grid.columns):
        return 0, 0
    gain = (grid[trainer] - grid[TRADITIONAL]).dropna().groupby(level=["dataset", "model", "explainer"]).mean()
    return int((gain > 0).sum()), len(gain)


def _judged(
    text: str, a: pd.DataFrame, b: pd.DataFrame, says: str = "above", on: tuple[str, ...] = PAIRED_ON
) -> Verdict:
    found = effects.effect(text, "", "", a, b, on)
    if not np.isfinite(found.low):
        why = "one seed: there is a value and no interval"
        return Verdict(text, UNDECIDED, found.effect, np.nan, np.nan, found.blocks, why, effects.BLOCKS)
    return verdict(text, found.effect, found.low, found.high, found.blocks, says, NEGLIGIBLE, effects.BLOCKS)


def _absent(text: str) -> Verdict:
    return Verdict(text, UNDECIDED, np.nan, np.nan, np.nan, 0, words.NOT_YET)


def read_as(reading: str, profile: str = "paper", gated: bool = True) -> pd.DataFrame:
    """Return rows of both trainings on one reading of the data, under the protocol name that claims look for."""
    if reading == printed.GAUSSIAN:
        return joined(profile, gated)
    (study,), protocol = printed.STUDIES_OF[reading]
    rows = select.rows(study, profile, gated=gated)
    return rows[rows["protocol"] == protocol].assign(protocol=PROTOCOL)


READING = printed.RAW_NARMA
"""The reading that comes closest to the traditional levels of print, the Transformer apart: verdicts are on it."""

VARIED = {
    printed.GAUSSIAN: lambda p: of_paper(read_as(printed.GAUSSIAN, p)),
    printed.STANDARDISED: lambda p: of_paper(read_as(printed.STANDARDISED, p)),
    "absolute ranking": lambda p: of_paper(read_as(READING, p), "guided_absolute"),
    "mass cut": lambda p: of_paper(select.by_mass(read_as(READING, p))),
    "no gate": lambda p: of_paper(read_as(READING, p, gated=False)),
}
"""The same claims with one setting changed: how the data are read, the ranking, the dialect of the areas, the gate."""

CLAIMS = (
    from_rows(
        "ismail2021",
        "which_data",
        lambda p: read_as(READING, p),
        of_paper,
        VARIED,
        about="saliency guided training",
        note="The paper does not name its data: the verdict is on the reading that comes closest to its traditional "
        "levels on three of four networks, those on the others stand beside it. On series alone: its images are shown "
        "in guided training on images and not judged, its texts are not re-run.",
    ),
)

SERIES = ("benchmark", "guided", "guided_standardised")
RAW = ("guided_narma",)
PRINTED = (
    Printed("ismail2021 Table 2", SERIES, printed.means),
    Printed("ismail2021 Table 7", SERIES, printed.accuracies),
    Printed("ismail2021 Tables 8 to 11", SERIES, printed.per_layout),
    Printed("ismail2021 Table 2", RAW, lambda p: printed.means(p, READING)),
    Printed("ismail2021 Table 7", RAW, lambda p: printed.accuracies(p, READING)),
    Printed("ismail2021 Tables 8 to 11", RAW, lambda p: printed.per_layout(p, READING)),
)
