"""The claims of Ismail et al., NeurIPS 2019, on an early box."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import interval
from tsinterp_lib.statistics.verdict import NEGLIGIBLE, UNDECIDED, Verdict, verdict
from tsinterp_lib.studies.vanishing import page
from tsinterp_lib.studies.vanishing.printed import boxes
from tsinterp_lib.tables.papers import Printed, from_rows
from tsinterp_lib.tables.rivals import FAIR, fair


def of_vanishing(table: pd.DataFrame) -> list[Verdict]:
    """Return Ismail et al. 2019, as in their table on networks whether they learned or not: an early box in 100
    steps.
    """
    boxed = table[(table["box"] == "early_box") & (table["side"] == 100) & (table["trainer"] == "standard")]
    early = boxed[boxed["explainer"] == "gradient"]
    late = early[(early["metric"] == "saliency_profile") & (early["at"] == 1.0) & (early["model"] == "lstm")]
    order = early[early["metric"] == "auroc"].pivot_table(index="seed", columns="model", values="value")
    found = [_mean("LSTM, early box: the map lies at the end, in the last tenth of the steps", late["value"] - 0.1)]
    if {"lstm", "lstm_input_cell"} <= set(order):
        better = "early box: input-cell attention ranks the planted cells better than an LSTM"
        own = boxed[(boxed["metric"] == "auroc") & (boxed["model"] == "lstm_input_cell")]
        wide = own.pivot_table(index="seed", columns="explainer", values="value")
        judged = _mean(better, (order["lstm_input_cell"] - order["lstm"]).dropna())
        found.append(fair(judged, wide["gradient"], {e: wide[e] for e in FAIR if e in wide}))
    return found


def _mean(claim: str, values: pd.Series) -> Verdict:
    found = interval(values)
    n = int(found["n"])
    if n < 2:
        why = "one seed, no interval" if n else "rows are missing"
        return Verdict(claim, UNDECIDED, float(found["mean"]), np.nan, np.nan, n, why)
    return verdict(claim, found["mean"], found["low"], found["high"], n, negligible=NEGLIGIBLE)


CLAIMS = (
    from_rows(
        "ismail2019",
        "vanishing_saliency",
        page.rows,
        of_vanishing,
        about="vanishing saliency",
        note="The paper's table prints networks whether they learned or not; so do these lines. The LSTM does not "
        "learn the early box.",
    ),
)
PRINTED = (Printed("ismail2019 Table 1", ("vanishing",), boxes),)
