"""The claim that rescaling improves a map, for each network and method."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.verdict import NEGLIGIBLE, UNDECIDED, Verdict, verdict
from tsinterp_lib.studies.rescaling.page import gains
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.papers import from_rows


def verdicts(rows: pd.DataFrame, protocol: str = "as_released") -> list[Verdict]:
    """Return the claim that rescaling improves the map, for each network and method, by AUROC over layouts."""
    found = []
    for row in gains(rows, protocol, {"auroc": "AUROC"}).to_dict("records"):
        claim = f"{words.network(row['network'])}: rescaling improves {words.method(row['b'])}"
        effect, low, high, n = row["effect"], row["low"], row["high"], row["n"]
        if np.isfinite(low) and np.isfinite(high):
            found.append(verdict(claim, effect, low, high, n, negligible=NEGLIGIBLE, of="layouts"))
        else:
            why = f"{n} layouts: too few for an interval"
            found.append(Verdict(claim, UNDECIDED, effect, np.nan, np.nan, n, why, "layouts"))
    return found


def _released(profile: str) -> pd.DataFrame:
    rows = select.rows("rescaling", profile)
    return rows[rows["protocol"] == "as_released"]


CLAIMS = (from_rows("ismail2020", "temporal_saliency_rescaling", _released, verdicts, about="rescaling"),)
