"""What guided training adds, network by network and method by method, over layouts; and what of it a control adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from tsinterp_lib.errors import MissingRows
from tsinterp_lib.statistics.paired import paired
from tsinterp_lib.studies.guided.joined import joined
from tsinterp_lib.studies.guided.plan import EXPLAINED, PROTOCOL, TRADITIONAL
from tsinterp_lib.studies.planted import NETWORKS
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

SCORES = words.metrics("auroc", "aup_count", "aur_count", "average_precision")

PRINTED = {
    "standard": "traditional",
    "guided": "guided, signed, published k",
    "guided_absolute": "guided, absolute, published k",
    "guided_fixed": "guided, signed, k = 50 %",
    "random_masked": "random mask of the same size",
    "consistency": "KL term without a mask",
    "equal_epochs": "traditional, as many epochs",
    "fine_tuned": "traditional, then guided",
    "trained_longer": "trained longer, as many extra epochs without guidance",
}
"""Trainers as a reader sees them."""


FIELDS = ("row", "quantity", "network", "method", "effect", "low", "high", "n")


def over_layouts(
    rows: pd.DataFrame,
    trainer: str,
    minus: str = TRADITIONAL,
    metrics: Mapping[str, str] = SCORES,
    protocol: str = PROTOCOL,
) -> pd.DataFrame:
    """Return one training minus another, per network, method and metric, paired over layouts: the fields of ``Paired``.

    ``rows`` are those of :func:`~tsinterp_lib.studies.guided.joined.joined`. Networks of which fewer than two
    layouts have both trainings are left out; where that is all of them, the table is empty: :func:`missing` names them.
    """
    rows = rows[rows["trainer"].isin((trainer, minus)) & rows["explainer"].isin(EXPLAINED)]
    networks = [n for n, k in _layouts_of_both(rows, trainer, minus, protocol).items() if k > 1]
    found = []
    for metric, printed in metrics.items():
        part = select.pick(rows, metric, protocol)
        for (network, method), cells in part[part["model"].isin(networks)].groupby(["model", "explainer"], sort=False):
            difference = asdict(paired(cells, trainer, minus, "trainer", leave_out_undefined=True))
            row = f"{words.network(str(network))}: {words.method(str(method))}"
            found.append(difference | {"network": network, "method": method, "quantity": printed, "row": row})
    return pd.DataFrame(found, columns=None if found else list(FIELDS))


def scalings(both: Mapping[str, pd.DataFrame], trainer: str, metric: str = "auroc") -> pd.DataFrame:
    """Return the gain of a trainer under several scalings, on the networks, layouts and seeds that all of them have.

    ``both`` maps a printed name to rows, each of one protocol.
    """
    parts = {name: rows[rows["metric"] == metric] for name, rows in both.items()}
    shared = shared_models(parts, trainer)
    found = [
        over_layouts(part.merge(shared), trainer, metrics={metric: name}, protocol=str(part["protocol"].iloc[0]))
        for name, part in parts.items()
        if len(part)
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(FIELDS))


def shared_models(both: Mapping[str, pd.DataFrame], trainer: str) -> pd.DataFrame:
    """Return the explained models (network, layout, training, seed) of two trainings that every scaling has."""
    where = ["model", "dataset", "seed", "trainer"]
    units = pd.concat(
        rows[(rows["explainer"] != "") & rows["trainer"].isin((trainer, TRADITIONAL))][where].drop_duplicates()
        for rows in both.values()
    )
    return units[units.groupby(where)["seed"].transform("size") == len(both)].drop_duplicates()


def both_scalings(profile: str = "paper", gated: bool = True) -> dict[str, pd.DataFrame]:
    """Return rows by scaling: min–max as released, and standardised as far as that study is computed."""
    found = {"min–max": joined(profile, gated)}
    try:
        found["standardised"] = select.rows("guided_standardised", profile, gated=gated)
    except MissingRows:  # a study that is not computed yet: the page says so
        found["standardised"] = found["min–max"].iloc[:0]
    return found


def levels(both: Mapping[str, pd.DataFrame], metric: str = "auroc") -> pd.DataFrame | Prose:
    """Return mean of a metric over methods, layouts and seeds that all scalings have, and how many models these are.

    Where no cell has all of them, the sentence that says so.
    """
    where = ["model", "trainer", "dataset", "seed", "explainer"]
    parts = [
        r[(r["metric"] == metric) & r["explainer"].isin(EXPLAINED)].assign(scaling=name) for name, r in both.items()
    ]
    cells = pd.concat(parts).pivot_table(index=where, columns="scaling", values="value").reindex(columns=list(both))
    cells = cells.dropna()
    if cells.empty:
        return words.not_computed("guided_standardised")
    grouped = cells.groupby(level=["model", "trainer"])
    units = cells.reset_index()[["model", "trainer", "dataset", "seed"]].drop_duplicates()
    models = units.groupby(["model", "trainer"]).size()
    grid = grouped.mean().round(3).assign(models=models)
    order = [(m, t) for m in NETWORKS for t in PRINTED if (m, t) in grid.index]
    return grid.loc[order].rename(index=words.network, level=0).rename(index=PRINTED, level=1)


def missing(rows: pd.DataFrame, trainer: str, minus: str = TRADITIONAL, protocol: str = PROTOCOL) -> Prose:
    """Say on how many layouts and seeds a comparison of two trainings stands, by network, and which networks lack
    it.
    """
    there = _layouts_of_both(rows, trainer, minus, protocol)
    part = rows[(rows["trainer"] == trainer) & (rows["protocol"] == protocol) & (rows["explainer"] != "")]
    have = [
        f"{words.network(n)} ({k} {'layout' if k == 1 else 'layouts'}, {s} {'seed' if s == 1 else 'seeds'})"
        for n, k in there.items()
        for s in [part[part["model"] == n]["seed"].nunique()]
        if k
    ]
    lack = [words.network(n) for n in NETWORKS if not there.get(n)]
    said = f"*{PRINTED[trainer]}* against *{PRINTED[minus]}*: " + (", ".join(have) or "nothing") + " computed"
    return Prose(said + (f"; not there: {', '.join(lack)}." if lack else "."))


def _layouts_of_both(rows: pd.DataFrame, trainer: str, minus: str, protocol: str) -> dict[str, int]:
    """Say how many layouts have explanations after both trainings on a seed they share, by network."""
    part = rows[(rows["protocol"] == protocol) & rows["explainer"].isin(EXPLAINED)]
    where = ["model", "dataset", "seed"]
    first, second = (part[part["trainer"] == t][where].drop_duplicates() for t in (trainer, minus))
    counts = first.merge(second).groupby("model")["dataset"].nunique()
    return {n: int(counts[n]) for n in NETWORKS if n in counts.index}


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """Return models past their gate, of models fitted, by trainer and network."""
    gate = select.pick(rows, "passed_gate", PROTOCOL)
    counts = gate.groupby(["trainer", "model"], sort=False)["value"].agg(["sum", "size"]).astype(int)
    text = counts["sum"].astype(str) + " of " + counts["size"].astype(str)
    grid = pd.DataFrame(text.unstack("model"))
    grid = grid.reindex(index=[t for t in PRINTED if t in set(gate["trainer"])], columns=select.in_order(grid.columns))
    return grid.rename(index=PRINTED, columns=words.network).fillna("–")


def training(rows: pd.DataFrame) -> pd.DataFrame:
    """Say what each training costs and reaches: means over the models that it and traditional training both have.

    ``× seconds`` and ``× epochs`` are ratios of means to those of traditional training of the same models; machines and
    their load differ between rows, so seconds are a rough guide and epochs are exact.
    """
    parts = [select.pick(rows, m, PROTOCOL).assign(metric=m) for m in ("test_accuracy", "epochs")]
    models = pd.concat(parts)
    where = ["model", "dataset", "seed"]
    base = models[models["trainer"] == TRADITIONAL]
    found = {}
    for network in select.in_order(models["model"].unique()):
        for trainer in (t for t in PRINTED if t in set(models["trainer"])):
            part = models[(models["trainer"] == trainer) & (models["model"] == network)]
            same = base.merge(part[where].drop_duplicates())
            if part.empty or same.empty:
                continue
            e, b = part[part["metric"] == "epochs"], same[same["metric"] == "epochs"]
            found[words.network(network), PRINTED[trainer]] = {
                "models": len(e),
                "test accuracy": round(float(part[part["metric"] == "test_accuracy"]["value"].mean()), 3),
                "epochs": round(float(e["value"].mean()), 1),
                "seconds": round(float(e["seconds"].mean()), 1),
                "s per epoch": round(float(e["seconds"].sum() / e["value"].sum()), 2),
                "× epochs": round(float(e["value"].mean() / b["value"].mean()), 1),
                "× seconds": round(float(e["seconds"].mean() / b["seconds"].mean()), 1),
            }
    return pd.DataFrame(found).T


def say(rows: pd.DataFrame, trainer: str = "guided", minus: str = TRADITIONAL) -> Prose:
    """By network: in how many methods a trainer helps with the whole interval, the median gain, and the best method."""
    gains = over_layouts(rows, trainer, minus, metrics={"auroc": "AUROC"})
    lead = f"*{PRINTED[trainer]}* minus *{PRINTED[minus]}*, AUROC"
    if gains.empty:
        return words.not_computed("guided", lead)
    parts = []
    for network, part in gains.groupby("network", sort=False):
        up, down = int((part["low"] > 0).sum()), int((part["high"] < 0).sum())
        best = part.sort_values("effect").iloc[-1]
        parts.append(
            f"**{words.network(str(network))}** rises in {up} and falls in {down} of {len(part)} methods, median "
            f"{part['effect'].median():+.3f}, most {best['effect']:+.3f} ({words.method(best['method'])})"
        )
    return Prose(f"{lead} (rise or fall: the whole interval over layouts): " + "; ".join(parts) + ".")
