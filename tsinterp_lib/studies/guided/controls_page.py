"""How much of the gain of guided training is its mask, its divergence, its noise, or its length."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.statistics import effects
from tsinterp_lib.studies.guided.page import PRINTED
from tsinterp_lib.studies.guided.plan import EXPLAINED, PROTOCOL, TRADITIONAL
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose

PARTS = {
    "all of it: guided − traditional": ("{guided}", TRADITIONAL),
    "divergence and dropout: no mask − traditional": ("consistency", TRADITIONAL),
    "noise: random mask − no mask": ("random_masked", "consistency"),
    "the gradient: guided − random mask": ("{guided}", "random_masked"),
    "beside it, length: as many epochs − traditional": ("equal_epochs", TRADITIONAL),
}
"""What is subtracted from what: the second, third and fourth add up to the first."""

WHOLE, CONSISTENCY, NOISE, GRADIENT, LENGTH = PARTS
QUANTITIES = words.metrics("auroc", "aup_count", "aur_count")
WHERE = ["model", "dataset", "seed", "explainer"]
FIELDS = ("row", "part", "network", "quantity", "effect", "low", "high", "blocks")


def parts(rows: pd.DataFrame, trainer: str = "guided") -> pd.DataFrame:
    """Return each part of the gain of ``trainer`` by network: mean over methods and layouts, interval over seeds.

    The first four compare on the layouts, seeds and methods that all their trainings have, so that they add up; the
    fifth on those that its own two have. Layouts are given and seeds are repetitions; one seed gives a value without an
    interval, and ``blocks`` is how many pairs of models there are. Networks that lack a training of the first four are
    left out: where all do, the table is empty. ``rows`` are those of
    :func:`tsinterp_lib.studies.guided.joined.joined`.
    """
    needed = [trainer, TRADITIONAL, "random_masked", "consistency"]
    found = []
    for metric, quantity in QUANTITIES.items():
        cells = select.pick(rows[rows["explainer"].isin(EXPLAINED)], metric, PROTOCOL)
        cells = cells.dropna(subset=["value"])
        summands = cells[cells["trainer"].isin(needed)]
        summands = summands[summands.groupby(WHERE)["trainer"].transform("nunique") == len(needed)]
        for network in select.in_order(summands["model"].unique()):
            for name, pair in PARTS.items():
                part = (cells if name == LENGTH else summands).query("model == @network")
                a, b = (part[part["trainer"] == t.format(guided=trainer)] for t in pair)
                if a[WHERE].merge(b[WHERE]).empty:
                    continue
                e = effects.effect(name, network, quantity, a, b)
                row = f"{words.network(network)}: {name.split(':')[0]}"
                values = (row, name, network, quantity, e.effect, e.low, e.high, e.blocks)
                found.append(dict(zip(FIELDS, values, strict=True)))
    return pd.DataFrame(found, columns=list(FIELDS))


LONGER = "trained_longer"


def fine_tuning(rows: pd.DataFrame) -> pd.DataFrame:
    """Return guided training after traditional training, minus traditional, minus the same training going on without
    guidance for as many epochs, and minus guided from the start, as :func:`parts`.

    Each pair compares on the layouts, seeds and methods that both have.
    """
    found = []
    for metric, quantity in QUANTITIES.items():
        cells = select.pick(rows[rows["explainer"].isin(EXPLAINED)], metric, PROTOCOL)
        for minus in (TRADITIONAL, LONGER, "guided"):
            for network in select.in_order(cells[cells["trainer"] == "fine_tuned"]["model"].unique()):
                own = cells[cells["model"] == network]
                a, b = (own[own["trainer"] == t] for t in ("fine_tuned", minus))
                if a[WHERE].merge(b[WHERE]).empty:
                    continue
                e = effects.effect("fine-tuned", network, quantity, a, b)
                row = f"{words.network(network)}: fine-tuned − {PRINTED[minus].split(',')[0]}"
                values = (row, minus, network, quantity, e.effect, e.low, e.high, e.blocks)
                found.append(dict(zip(FIELDS, values, strict=True)))
    return pd.DataFrame(found, columns=list(FIELDS))


def say_fine_tuning(found: pd.DataFrame) -> Prose:
    """Say what fine-tuning with guidance does to AUROC by network: against traditional training, and against the same
    training that goes on for as many epochs without guidance.
    """
    found = found[found["quantity"] == "AUROC"].sort_values("effect", ascending=False)
    if found[found["part"] == TRADITIONAL].empty:
        return words.not_computed("guided", "fine-tuning")
    whole, guidance = (_each(found[found["part"] == part]) for part in (TRADITIONAL, LONGER))
    if not guidance:
        rest = "No control has as many extra epochs without guidance, so that this is not the effect of guidance alone."
    else:
        rest = (
            f"Minus the same networks trained on for as many epochs without guidance: {guidance}. That part is what "
            "guidance adds."
        )
    return Prose(f"*Fine-tuned with guidance* minus traditional, AUROC: {whole}. {rest}")


def _each(part: pd.DataFrame) -> str:
    return ", ".join(
        f"on the {words.network(str(network))} {words.interval(effect, low, high, sign=True)}"
        for network, effect, low, high in part[["network", "effect", "low", "high"]].itertuples(index=False)
    )


def table(found: pd.DataFrame, quantity: str = "AUROC") -> pd.DataFrame | Prose:
    """Return the parts of one quantity as text, parts × networks, with n pairs of models; or that there are none."""
    if found.empty:
        return words.not_computed("guided")
    part = found[found["quantity"] == quantity]
    text = [_text(*row) for row in part[["effect", "low", "high", "blocks"]].itertuples(index=False)]
    grid = part.assign(text=text).pivot_table(index="part", columns="network", values="text", aggfunc="first")
    return grid.reindex(index=[p for p in PARTS if p in grid.index]).rename(columns=words.network)


def say(found: pd.DataFrame, trainer: str = "guided") -> Prose:
    """Say which part of the gain in AUROC is the largest, and whether the gradient's own is above zero, by network."""
    part = found[found["quantity"] == "AUROC"]
    lead = f"*{PRINTED[trainer]}*"
    if part.empty:
        return words.not_computed("guided", f"{lead}, with all controls")
    parts = []
    for network, own in part.groupby("network", sort=False):
        e = own.set_index("part")["effect"].astype(float)
        (low, high), *_ = own[own["part"] == GRADIENT][["low", "high"]].to_numpy()
        clear = "above zero" if low > 0 else "below zero" if high < 0 else "not clear of zero"
        parts.append(
            f"on the **{words.network(str(network))}** ({_models(own)}) AUROC changes by {e[WHOLE]:+.3f}; of this "
            f"{e[CONSISTENCY]:+.3f} come with the divergence alone, {e[NOISE]:+.3f} with "
            f"noise in random cells, and {e[GRADIENT]:+.3f} with the choice of cells by their gradient ({clear})"
        )
    return Prose(f"{lead}: " + "; ".join(parts) + ".")


def _models(own: pd.DataFrame) -> str:
    n = int(own[own["part"] == WHOLE]["blocks"].iloc[0])
    return f"{n} model{'s' * (n > 1)} of each training"


def _text(effect: float, low: float, high: float, blocks: int) -> str:
    return f"{words.interval(effect, low, high, sign=True)}, n = {blocks}"
