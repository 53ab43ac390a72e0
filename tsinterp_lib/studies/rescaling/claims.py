"""TODO say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.figures import style
from tsinterp_lib.statistics.verdict import UNDECIDED, Verdict, verdict
from tsinterp_lib.studies.rescaling.page import NEGLIGIBLE, gains


def verdicts(rows: pd.DataFrame, protocol: str = "as_released") -> list[Verdict]:
    """The claim that rescaling improves the map, for each network and method, by AUROC over layouts."""
    found = []
    for row in gains(rows, protocol, {"auroc": "AUROC"}).to_dict("records"):
        claim = f"{style.network(row['network'])}: rescaling improves {style.look(row['b']).name}"
        effect, low, high, n = row["effect"], row["low"], row["high"], row["n"]
        if np.isfinite(low) and np.isfinite(high):
            found.append(verdict(claim, effect, low, high, n, negligible=NEGLIGIBLE))
        else:
            found.append(Verdict(claim, UNDECIDED, effect, np.nan, np.nan, n, f"{n} layouts: too few for an interval"))
    return found
