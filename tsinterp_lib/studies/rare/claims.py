"""The claims of Crabbé and van der Schaar, ICML 2021, on rare features and rare times."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.statistics.verdict import Verdict
from tsinterp_lib.tables import partial
from tsinterp_lib.tables.papers import from_rows
from tsinterp_lib.tables.rivals import gap, level, others

FAR = 0.2
"""By how much an area must exceed another to be called far higher."""


def of_rare(rows: pd.DataFrame) -> list[Verdict]:
    """Return Crabbé and van der Schaar on rare features and rare times, as released."""
    found = []
    for data in ("rare_feature", "rare_time"):
        part, where = rows[rows["dataset"] == data], data.replace("_", " ")
        recall = f"{where}: Dynamask's recall area is far higher than that of any other method (by {FAR} or more)"
        order = f"{where}: Dynamask ranks the important cells better than any other method"
        found += [
            gap(recall, part, "aur_threshold_pooled", "as_released", "dynamask", others(part), beyond=FAR),
            level(f"{where}: Dynamask's precision area is above 0.9", part, "aup_threshold_pooled", "dynamask", 0.9),
            gap(order, part, "auroc", "as_released", "dynamask", others(part)),
        ]
    return found


CLAIMS = (
    from_rows(
        "crabbe2021",
        "mask_audit",
        lambda _: partial.rows("rare"),
        of_rare,
        about="Dynamask",
        note="Masks are judged on rare features and rare times.",
    ),
)
