"""Reads the rows of a study and chooses among them: by metric, protocol, layout, or what all networks share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from tsinterp_lib.engine import runner, store
from tsinterp_lib.errors import DataUnavailable, MissingRows
from tsinterp_lib.models import MODELS
from tsinterp_lib.registry import find


def rows(
    study: str,
    profile: str = "paper",
    compute: bool = False,
    gated: bool = True,
    only: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Return the rows of a study at a profile: those in results/, or, with ``compute``, those and what is still
    missing.

    ``gated`` leaves out the explanations of models that failed their accuracy gate, as the 2020 paper does; the rows
    of the models themselves stay. Raises :class:`tsinterp_lib.errors.MissingRows` where there are none and
    ``compute`` is off, or where no model passed.
    """
    chosen, size = find("study", study), find("profile", profile)
    if not compute:
        return _past_the_gate(store.read(study, profile), gated)
    report = runner.run(chosen, size, only=only, say=print)
    if report.failed:
        raise DataUnavailable("; ".join(f"{name}: {error}" for name, error in report.failed.items()))
    return _past_the_gate(store.read_all(study, profile), gated)


def _past_the_gate(table: pd.DataFrame, gated: bool) -> pd.DataFrame:
    if not gated:
        return table
    on = ["protocol", "dataset", "model", "trainer", "seed"]
    passed = table[(table["metric"] == "passed_gate") & (table["value"] == 1)][on]
    kept = table[table["explainer"] != ""].merge(passed, on=on, how="inner")
    if kept.empty:
        raise MissingRows("no model passed its accuracy gate: train longer (a larger profile), or ask for gated=False.")
    return pd.concat([table[table["explainer"] == ""], kept], ignore_index=True)


def layout(datasets: pd.Series) -> pd.Series:
    """Return the layouts of labels such as ``middle/harmonic``."""
    return _piece(datasets, 0)


def process(datasets: pd.Series) -> pd.Series:
    """Return the processes of labels such as ``middle/harmonic``."""
    return _piece(datasets, 1)


def _piece(labels: pd.Series, at: int) -> pd.Series:
    # Each label is cut once: tables have a few dozen of them, in hundreds of thousands of rows.
    return labels.map({label: label.split("/")[at] for label in labels.unique()})


def pick(table: pd.DataFrame, metric: str, protocol: str) -> pd.DataFrame:
    """Return rows of one metric and protocol."""
    return table[(table["metric"] == metric) & (table["protocol"] == protocol)]


def on_shared_layouts(table: pd.DataFrame, protocol: str) -> tuple[pd.DataFrame, int]:
    """Return the explanations of a protocol on the layouts that every network has, and how many layouts that is.

    Networks are compared on these alone: a network explained on fewer, easier layouts would look better.
    """
    part = table[(table["protocol"] == protocol) & (table["explainer"] != "")]
    networks = part.groupby("dataset")["model"].nunique()
    shared = networks.index[networks == part["model"].nunique()]
    return part[part["dataset"].isin(shared)], len(shared)


def by_mass(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with areas of the mass cut under the names of the count cut, which are left out: another
    dialect.
    """
    names = {"aup_mass": "aup_count", "aur_mass": "aur_count"}
    rest = table[~table["metric"].isin(names.values())]
    return rest.assign(metric=rest["metric"].replace(names))


def in_order(models: Iterable[object]) -> list[str]:
    """Networks in the order every figure has them; others after them."""
    present = [str(m) for m in models]
    return [m for m in MODELS if m in present] + [m for m in present if m not in MODELS]
