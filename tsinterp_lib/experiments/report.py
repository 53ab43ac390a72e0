"""From published rows to what a chapter shows: tables and sentences; nothing here computes a new number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from tsinterp_lib import paths
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.errors import DataUnavailable, MissingRows
from tsinterp_lib.experiments import store
from tsinterp_lib.experiments.statistics import CONTROLS, difference_from, mean_ranks, summarise
from tsinterp_lib.models import MODELS
from tsinterp_lib.registry import known


def rows(
    study: str,
    profile: str = "paper",
    compute: bool = False,
    gated: bool = True,
    only: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """The rows of a study at a profile: published ones, or, with ``compute``, those and what is still missing.

    ``gated`` leaves out the explanations of models that failed their accuracy gate, as the 2020 paper does; the rows
    of the models themselves stay. Raises :class:`tsinterp_lib.errors.MissingRows` where nothing is published and
    ``compute`` is off, or where no model passed.
    """
    from tsinterp_lib.experiments import PROFILES, STUDIES, runner

    known(study, STUDIES, "study")
    known(profile, PROFILES, "profile")
    if not compute:
        return _past_the_gate(store.read(study, profile), gated)
    report = runner.run(STUDIES[study], PROFILES[profile], only=only, say=print)
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


def published(table: str) -> pd.DataFrame:
    """Numbers of a paper, as printed there, from ``results/published``."""
    folder = paths.results() / "published"
    if not folder.exists():
        folder = paths.root() / "results" / "published"
    return pd.read_csv(folder / f"{known(table, [p.stem for p in folder.glob('*.csv')], 'published table')}.csv")


def layout(datasets: pd.Series) -> pd.Series:
    """The layouts of labels such as ``middle/harmonic``."""
    return _piece(datasets, 0)


def process(datasets: pd.Series) -> pd.Series:
    """The processes of labels such as ``middle/harmonic``."""
    return _piece(datasets, 1)


def _piece(labels: pd.Series, at: int) -> pd.Series:
    # Each label is cut once: tables have a few dozen of them, in hundreds of thousands of rows.
    return labels.map({label: label.split("/")[at] for label in labels.unique()})


def pick(table: pd.DataFrame, metric: str, protocol: str) -> pd.DataFrame:
    """Rows of one metric and protocol."""
    return table[(table["metric"] == metric) & (table["protocol"] == protocol)]


def on_shared_layouts(table: pd.DataFrame, protocol: str) -> tuple[pd.DataFrame, int]:
    """The explanations of a protocol on the layouts that every network has, and how many layouts that is.

    Networks are compared on these alone: a network explained on fewer, easier layouts would look better.
    """
    part = table[(table["protocol"] == protocol) & (table["explainer"] != "")]
    networks = part.groupby("dataset")["model"].nunique()
    shared = networks.index[networks == part["model"].nunique()]
    return part[part["dataset"].isin(shared)], len(shared)


def by_explainer(table: pd.DataFrame, metric: str, protocol: str, minus: str | None = None) -> pd.DataFrame:
    """Mean and 95 % interval over seeds per network and explainer, layouts averaged; ``minus`` subtracts a control."""
    part = pick(table, metric, protocol)
    part = difference_from(part, minus) if minus else part
    return summarise(part, ["protocol", "profile", "metric", "model", "explainer"])


def curve(table: pd.DataFrame, metric: str, protocol: str) -> pd.DataFrame:
    """The same for a curve: a row per network, explainer and level ``at``."""
    return summarise(pick(table, metric, protocol), ["protocol", "profile", "metric", "model", "explainer", "at"])


def accuracy(table: pd.DataFrame, protocol: str, metric: str = "test_accuracy") -> pd.DataFrame:
    """Mean of a model-level metric over seeds: layouts × networks."""
    part = pick(table, metric, protocol)
    part = part.assign(dataset=layout(part["dataset"]))
    grid = part.pivot_table(index="dataset", columns="model", values="value")
    return grid.reindex(index=[name for name in LAYOUTS if name in grid.index], columns=in_order(grid.columns))


def in_order(models: Iterable[object]) -> list[str]:
    """Networks in the order every figure has them; others after them."""
    present = [str(m) for m in models]
    return [m for m in MODELS if m in present] + [m for m in present if m not in MODELS]


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """How many models stand behind the tables: fitted, and past the gate, by protocol and network."""
    gate = table[table["metric"] == "passed_gate"]
    counts = gate.groupby(["protocol", "model"], sort=False).agg(
        seeds=("seed", "nunique"), layouts=("dataset", "nunique"), models=("value", "size"), passed=("value", "sum")
    )
    return counts.astype(int).reset_index()


def agreement(summary: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Ours beside the published value: the gap, whether it lies in our interval, whether the sign agrees."""
    both = summary.merge(reference.rename(columns={"value": "published"}), on=["model", "explainer"], how="inner")
    both = both.assign(
        gap=both["mean"] - both["published"],
        inside=(both["low"] <= both["published"]) & (both["published"] <= both["high"]),
        same_sign=(both["mean"] > 0) == (both["published"] > 0),
    )
    return both[["model", "explainer", "mean", "low", "high", "n", "published", "gap", "inside", "same_sign"]]


def ranks(table: pd.DataFrame, metrics: Mapping[str, bool], protocol: str) -> pd.DataFrame:
    """Mean rank of each explainer (1 is best) by metric; ``metrics`` says whether higher is better."""
    found = {m: mean_ranks(pick(table, m, protocol), higher) for m, higher in metrics.items()}
    return pd.DataFrame(found).sort_values(next(iter(metrics)))


def cost(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Median seconds and series through the model to explain the test set: explainers × networks."""
    part = table[(table["protocol"] == protocol) & ~table["explainer"].isin(["", *CONTROLS])].drop_duplicates("cell")
    return part.pivot_table(index="explainer", columns="model", values=["seconds", "forward_calls"], aggfunc="median")


def beats(table: pd.DataFrame, metric: str, protocol: str, control: str = "random") -> pd.DataFrame:
    """In how many layouts the whole interval of an explainer's difference from a control lies above zero.

    Layouts with a single seed have no interval and are left out.
    """
    part = difference_from(pick(table, metric, protocol), control)
    cells = summarise(part, ["protocol", "profile", "metric", "dataset", "model", "explainer"])
    cells = cells.dropna(subset=["low"])
    above = cells.assign(above=cells["low"] > 0, below=cells["high"] < 0)
    counts = above.groupby(["model", "explainer"], sort=False).agg(
        layouts=("above", "size"), above=("above", "sum"), below=("below", "sum")
    )
    return counts.reset_index()


METHOD_RANKS = {
    "auroc": True,
    "average_precision": True,
    "aup_count": True,
    "aur_count": True,
    "aup_mass": True,
    "aur_mass": True,
    "aup_threshold": True,
    "aur_threshold": True,
    "masked_accuracy_area_count": False,
}
"""Metrics by which chapters rank methods, and whether higher is better."""


def reference(metric: str, training: str = "traditional") -> pd.DataFrame:
    """Published means of Table 2 of :cite:t:`ismail2021`: columns model, explainer, value."""
    table = published("ismail2021_table2")
    return table[(table["metric"] == metric) & (table["training"] == training)][["model", "explainer", "value"]]


def agreement_of(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Ours (as released, count cut) beside Table 2 for ``diff_aup`` or ``diff_aur``."""
    ours = by_explainer(table, metric.replace("diff_", "") + "_count", "as_released", minus="random")
    return agreement(ours, reference(metric))


def agreement_table(table: pd.DataFrame) -> pd.DataFrame:
    """Both differences of Table 2, printed: ours with its interval, the published value, agreement."""
    frames = [agreement_of(table, m).assign(quantity=name) for m, name in _QUANTITIES.items()]
    both = pd.concat(frames, ignore_index=True)
    ours = [
        f"{m:+.3f} [{a:+.3f}, {b:+.3f}]" if n > 1 else f"{m:+.3f} (one seed)"
        for m, a, b, n in both[["mean", "low", "high", "n"]].itertuples(index=False)
    ]
    shown = both[["quantity", "model", "explainer", "published", "gap", "inside", "same_sign"]].round(3)
    shown.insert(3, "ours [95 %]", ours)
    return shown


_QUANTITIES = {"diff_aup": "AUP − random", "diff_aur": "AUR − random"}


def accuracy_gap(table: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy as released minus Table 7 of :cite:t:`ismail2021`: layouts × networks."""
    theirs = published("ismail2021_table7")
    theirs = theirs[theirs["training"] == "traditional"]
    grid = theirs.pivot_table(index="dataset", columns="model", values="test_accuracy")
    ours = accuracy(table, "as_released")
    return ours - grid.reindex(index=ours.index, columns=ours.columns)


def time_minus_feature(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """AUP (count) of time steps minus that of features, networks × explainers, averaged over layouts and seeds."""
    time = by_explainer(table, "aup_count_time", protocol).set_index(["explainer", "model"])["mean"]
    feature = by_explainer(table, "aup_count_feature", protocol).set_index(["explainer", "model"])["mean"]
    grid = (time - feature).unstack("model")
    return grid[in_order(grid.columns)]


def controls(table: pd.DataFrame) -> pd.DataFrame:
    """Recall area of the oracle and the random control under both cuts, by protocol."""
    shown = {}
    for protocol in dict.fromkeys(table["protocol"]):
        for metric in ("aup_mass", "aur_mass", "aup_count", "aur_count"):
            s = pick(table, metric, protocol)
            s = s[s["explainer"].isin(("oracle", "random"))]
            shown[(protocol, metric)] = s.groupby("explainer")["value"].mean()
    return pd.DataFrame(shown).T.round(3)
