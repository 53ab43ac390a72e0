"""What guided training adds, network by network and method by method, over layouts; and what of it a control adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd
from IPython.display import Markdown

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.experiments import report
from tsinterp_lib.experiments.comparison import paired
from tsinterp_lib.experiments.guided import EXPLAINED, PROTOCOL, TRADITIONAL
from tsinterp_lib.figures import style

SCORES = {
    "auroc": "AUROC",
    "aup_count": "AUP (count)",
    "aur_count": "AUR (count)",
    "average_precision": "average precision",
}

PRINTED = {
    "standard": "traditional",
    "guided": "guided, signed, published k",
    "guided_absolute": "guided, absolute, published k",
    "guided_fixed": "guided, signed, k = 50 %",
    "random_masked": "random mask of the same size",
    "consistency": "KL term without a mask",
    "equal_epochs": "traditional, as many epochs",
}
"""Trainers as a reader sees them."""


def over_layouts(
    rows: pd.DataFrame, trainer: str, minus: str = TRADITIONAL, metrics: Mapping[str, str] = SCORES
) -> pd.DataFrame:
    """One training minus another, per network, method and metric, paired over layouts: the fields of ``Paired``.

    ``rows`` are those of :func:`tsinterp_lib.experiments.guided.joined`. Raises :class:`InvalidInput` where a trainer
    has no rows, or fewer than two layouts have both.
    """
    present = set(rows["trainer"])
    if not {trainer, minus} <= present:
        raise InvalidInput(
            f"no rows of {', '.join({trainer, minus} - present)}; there are {', '.join(sorted(present))}."
        )
    rows = rows[rows["trainer"].isin((trainer, minus)) & rows["explainer"].isin(EXPLAINED)]
    found = []
    for metric, printed in metrics.items():
        for (network, method), part in report.pick(rows, metric, PROTOCOL).groupby(["model", "explainer"], sort=False):
            difference = asdict(paired(part, trainer, minus, "trainer", leave_out_undefined=True))
            row = f"{style.network(str(network))}: {style.look(str(method)).name}"
            found.append(difference | {"network": network, "method": method, "quantity": printed, "row": row})
    return pd.DataFrame(found)


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """Models past their gate, of models fitted, by trainer and network."""
    gate = report.pick(rows, "passed_gate", PROTOCOL)
    counts = gate.groupby(["trainer", "model"], sort=False)["value"].agg(["sum", "size"]).astype(int)
    text = counts["sum"].astype(str) + " of " + counts["size"].astype(str)
    grid = pd.DataFrame(text.unstack("model"))
    return grid.reindex(index=[t for t in PRINTED if t in set(gate["trainer"])]).rename(index=PRINTED).fillna("–")


def training(rows: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy, epochs and seconds of training: the mean over models that every trainer of a network has."""
    parts = [report.pick(rows, m, PROTOCOL).assign(metric=m) for m in ("test_accuracy", "epochs")]
    models = pd.concat(parts)
    grid = models.pivot_table(index=["trainer", "model"], columns="metric", values=["value", "seconds"]).astype(float)
    table = pd.DataFrame(grid["value"]).assign(seconds=grid["seconds"]["epochs"])
    order = [t for t in PRINTED if t in set(models["trainer"])]
    return table.reindex(order, level="trainer").rename(index=PRINTED, level="trainer").round(3)


def say(rows: pd.DataFrame, trainer: str = "guided") -> Markdown:
    """In how many combinations a trainer helps, with the whole interval, and where most."""
    gains = over_layouts(rows, trainer, metrics={"auroc": "AUROC"})
    better, worse = int((gains["low"] > 0).sum()), int((gains["high"] < 0).sum())
    least, *_, best = gains.sort_values("effect").to_dict("records")
    return Markdown(
        f"*{PRINTED[trainer]}*: AUROC rises, with the whole interval over layouts, in {better} of {len(gains)} "
        f"combinations of network and method, and falls in {worse}. The largest gain is {best['effect']:+.3f} "
        f"({best['row']}), the least {least['effect']:+.3f} ({least['row']})."
    )
