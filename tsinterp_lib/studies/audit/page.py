"""What one choice of the released code does to the numbers: paired differences with an interval, as one table."""

from __future__ import annotations

from itertools import product

import pandas as pd

from tsinterp_lib.statistics import effects
from tsinterp_lib.statistics.effects import Effect, effect
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.studies.audit.plan import METHODS, SWITCHES
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

SCORES = words.metrics("aup_mass", "aup_count", "aur_count", "auroc")
OF_MODELS = {"test_accuracy": "test accuracy", "epochs": "epochs of training"}


def of_switches(rows: pd.DataFrame) -> list[Effect]:
    """Return every switch of data, network or training: scores of the methods, accuracy and epochs of the models."""
    found = []
    for name in (n for n in SWITCHES if n != "as_released" and n in set(rows["protocol"])):
        for metric, printed in (SCORES | OF_MODELS).items():
            part = rows[rows["metric"] == metric]
            part = part[~part["explainer"].isin(CONTROLS)]
            changed, released = (part[part["protocol"] == p] for p in (name, "as_released"))
            found.append(effect(name, SWITCHES[name].why, printed, changed, released))
    return found


def of_variants(rows: pd.DataFrame) -> list[Effect]:
    """Return every other setting of a method, against the released setting on the same models."""
    rows = rows[rows["protocol"] == "as_released"]
    found = []
    for label in (e for e in rows["explainer"].unique() if "[" in e and not e.startswith("permuted_features")):
        base = label.split("[")[0]
        for metric, printed in SCORES.items():
            part = rows[rows["metric"] == metric]
            changed = part[part["explainer"] == label].assign(explainer=base)
            found.append(effect(base, label, printed, changed, part[part["explainer"] == base]))
    return found


def of_random_rows(rows: pd.DataFrame) -> list[Effect]:
    """Return the released "random" row, one permutation of a method's features, against a uniform random map.

    By network and method, because the time profile that survives the permutation is that of a network's maps.
    """
    rows = rows[rows["protocol"] == "as_released"]
    found = []
    for network, part in rows[rows["explainer"] != ""].groupby("model", sort=False):
        for base in METHODS[:5]:
            for metric in ("aup_mass", "aup_count"):
                scores = part[part["metric"] == metric]
                changed = scores[scores["explainer"] == f"permuted_features[{base}]"].assign(explainer="random")
                if len(changed):
                    name = f"{words.network(str(network))}: {words.method(base)}"
                    null = scores[scores["explainer"] == "random"]
                    found.append(effect("random row", name, SCORES[metric], changed, null))
    return found


def of_noise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return masked accuracy with one noise series for all samples and with one each: mean, and spread between
    seeds.
    """
    rows = rows[(rows["protocol"] == "as_released") & ~rows["explainer"].isin(CONTROLS)]
    table = {}
    for noise in ("shared", "per_sample"):
        part = rows[rows["metric"] == f"masked_accuracy_area_count[{noise}]"]
        cells = part.groupby(["dataset", "model", "explainer"])["value"]
        table[noise.replace("_", " ")] = {"mean area": cells.mean().mean(), "spread between seeds": cells.std().mean()}
    return pd.DataFrame(table).T


def of_slip(rows: pd.DataFrame) -> list[Effect]:
    """Return time and feature scores with the weights that the formula means, against those of the released code."""
    rows = rows[(rows["protocol"] == "as_released") & ~rows["explainer"].isin((*CONTROLS, ""))]
    rows = rows[~rows["explainer"].str.contains("[", regex=False)]
    found = []
    for domain in ("time", "feature"):
        for layout, part in rows.groupby("dataset", sort=False):
            meant, released = (part[part["metric"] == f"aup_count_{domain}{s}"] for s in ("", "_as_released"))
            found.append(effect("box side", f"{domain}, {str(layout).split('/')[0]}", "AUP (count)", meant, released))
    return found


def of_rescaling(rows: pd.DataFrame) -> list[Effect]:
    """Return rescaled gradients under other settings, against those of the released code, on the same corrected models.

    Empty where the rows hold no such maps.
    """
    rows = rows[rows["protocol"] == "corrected"]
    base = "tsr[gradient]"
    labels = [e for e in rows["explainer"].unique() if e.startswith("tsr[gradient, ")]
    found = []
    for label, (metric, printed) in product(labels, SCORES.items()):
        part = rows[rows["metric"] == metric]
        changed, released = (part[part["explainer"] == e].assign(explainer=base) for e in (label, base))
        if len(changed) and len(released):
            name = label.removeprefix("tsr[gradient, ").removesuffix("]")
            found.append(effect("rescaling", name, printed, changed, released))
    return found


def of_cuts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return recall area of the perfect and the random map under both cuts: a metric should tell them apart."""
    rows = rows[(rows["protocol"] == "as_released") & rows["explainer"].isin(("oracle", "random"))]
    rows = rows[rows["metric"].isin(("aur_mass", "aur_count"))]
    return rows.pivot_table(index="metric", columns="explainer", values="value").round(3)


def say_audit(rows: pd.DataFrame) -> Prose:
    """Say which switches move the scores, and the largest effect."""
    table = effects.table([*of_switches(rows), *of_variants(rows)])
    scores = table[table["quantity"] == "AUROC"]
    clear = scores[scores["moves"] == "yes"].sort_values("effect", key=abs, ascending=False)
    lines = [
        f"Of {len(scores)} choices that can be switched in data, training or method, {len(clear)} move AUROC by more "
        f"than their interval."
    ]
    if len(clear):
        first = clear.iloc[0]
        lines.append(
            f"The largest effect is that of {printed_choice(first)}: "
            f"{words.interval(first['effect'], first['low'], first['high'], sign=True)}."
        )
    return Prose(" ".join(lines))


def printed_choice(row: pd.Series) -> str:
    """Return a switch by its name, a variant of a method by its label."""
    switch = str(row["choice"]) in SWITCHES
    return words.printed(row["choice"]) if switch else str(row["changed_to"]).replace("_", " ")
