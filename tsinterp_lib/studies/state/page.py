"""Sentences of the chapter on the hidden state, each made from the rows there are."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.datasets._per_step import PerStep
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.figures import results
from tsinterp_lib.registry import build, find
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.tables import select, summaries, words
from tsinterp_lib.tables.words import Prose

HIGH = 0.9
"""An AUROC from which on a method is said to rank the active feature first nearly everywhere."""


def say(rows: pd.DataFrame, masks: pd.DataFrame) -> Prose:
    """Return the answer, in a sentence per protocol and one on the masks."""
    lines: list[str] = []
    for protocol, printed in words.PROTOCOLS.items():
        mean = _means(rows, protocol)
        if mean.empty:
            lines.append(words.not_computed("state", printed))
            continue
        high = [words.method(str(e)) for e in mean.index[mean >= HIGH]]
        lines.append(
            f"{printed.capitalize()}, {len(high)} of {len(mean)} methods rank the active feature with an AUROC of at "
            f"least {HIGH:g}{_listed(high)}; the best is "
            f"{words.method(str(mean.index[0]))} with {mean.iloc[0]:.2f}, the worst "
            f"{words.method(str(mean.index[-1]))} with {mean.iloc[-1]:.2f}."
        )
    lines.append(_say_masks(masks))
    return Prose(f"**In one paragraph** (profile {_profile(rows)}). " + " ".join(lines))


def _listed(names: list[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _say_masks(masks: pd.DataFrame) -> str:
    released, corrected = (_means(masks, p, ()) for p in words.PROTOCOLS)
    if not {"dynamask", "dynamask_right_axes"} <= set(released.index):
        return words.not_computed("state_masks", "masks")
    text = (
        f"Dynamask as released has an AUROC of {released['dynamask']:.2f}, and {released['dynamask_right_axes']:.2f} "
        "where nothing is changed but that the outputs have the right axes"
    )
    if {"dynamask", "dynamask_hard_target"} <= set(corrected.index):
        text += (
            f"; corrected it has {corrected['dynamask']:.2f} with a soft target and "
            f"{corrected['dynamask_hard_target']:.2f} with the hard one"
        )
    return text + "."


def limits(rows: pd.DataFrame, masks: pd.DataFrame) -> Prose:
    """Say how large the experiment behind the rows is, and how many seeds and series stand behind each table."""
    lines = []
    for study, table in (("state", rows), ("state_masks", masks)):
        if table.empty:
            lines.append(f"* {words.not_computed(study, study)}")
            continue
        lines.append(f"* {_size(study, table)}")
    return Prose("\n".join(lines))


def _size(study: str, table: pd.DataFrame) -> str:
    profile = PROFILES[_profile(table)]
    plan = find("study", study).plan(profile.name)["corrected"]
    source, sizes = build("dataset", plan.datasets[0]), profile.sizes
    assert isinstance(source, PerStep)
    n_test = plan.samples or source.n_test or sizes.test
    seeds = table[table["explainer"] != ""].groupby("protocol")["seed"].nunique()
    counted = ", ".join(f"{n} seed{'s' * (n > 1)} {words.PROTOCOLS.get(str(p), str(p))}" for p, n in seeds.items())
    alone = " A single seed is a value without an interval, and no verdict." if (seeds < 2).any() else ""
    return (
        f"`{study}` at profile `{profile.name}`: {n_test} series of {source.n_steps} steps are explained, on a GRU of "
        f"{plan.models[0].params['hidden_size']} units trained on {source.n_train or sizes.train} others; {counted}."
        f"{alone}"
    )


def dots(rows: pd.DataFrame, metric: str, protocol: str, label: str) -> Figure | Prose:
    """Return mean and interval over seeds of every method; a sentence where nothing is computed."""
    if select.pick(rows, metric, protocol).empty:
        return words.not_computed("state", words.PROTOCOLS[protocol])
    return results.dots(summaries.by_explainer(rows, metric, protocol), label, blind=())  # LIME scores features here


def means(rows: pd.DataFrame, metric: str, protocol: str, of: str = "") -> pd.DataFrame | Prose:
    """Return the same as a table, of methods whose name begins with ``of``."""
    part = rows[rows["explainer"].astype(str).str.startswith(of) & (rows["explainer"] != "")]
    if select.pick(part, metric, protocol).empty:
        return words.not_computed("state", words.PROTOCOLS[protocol])
    found = summaries.by_explainer(part, metric, protocol)[["explainer", "mean", "low", "high", "n"]].round(3)
    found[["low", "high"]] = found[["low", "high"]].astype(object).where(found["n"] > 1, "–")
    return found.assign(explainer=found["explainer"].map(words.printed), n=found["n"].astype(int)).set_index(
        "explainer"
    )


def training_mode(rows: pd.DataFrame) -> pd.DataFrame | Prose:
    """Return AUROC of the released methods in training mode, and with that alone switched off: same networks, same
    draws.
    """
    part = select.pick(rows, "auroc", "as_released")
    found = part.pivot_table(index="explainer", columns="seed", values="value").mean(axis=1)
    pairs = {e.split("[")[0]: e for e in found.index if "evaluation mode" in e}
    table = {
        words.printed(base): {"training mode, as released": found[base], "evaluation mode": found[other]}
        for base, other in pairs.items()
        if base in found.index
    }
    if not table:
        return words.not_computed("state", words.PROTOCOLS["as_released"])
    return pd.DataFrame(table).T.round(3)


def _means(rows: pd.DataFrame, protocol: str, left_out: tuple[str, ...] = CONTROLS) -> pd.Series:
    part = select.pick(rows, "auroc", protocol)
    part = part[~part["explainer"].isin(("", *left_out)) & ~part["explainer"].str.contains("[", regex=False)]
    return part.groupby("explainer")["value"].mean().sort_values(ascending=False)


def _profile(rows: pd.DataFrame) -> str:
    return str(rows["profile"].iloc[0]) if len(rows) else "none"
