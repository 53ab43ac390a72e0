"""TODO say."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.figures import style
from tsinterp_lib.statistics.verdict import Verdict
from tsinterp_lib.tables.rivals import GRADIENTS, gap


def of_fit(rows: pd.DataFrame) -> list[Verdict]:
    """Tonekaboni et al. on their simulated data: FIT finds what gradient methods and occlusion do not."""
    occlusion = ("feature_occlusion", "augmented_occlusion")
    return [
        gap(f"{style.layout(data)}, {style.PROTOCOLS[protocol]}: FIT has a higher average precision than any {kind}",
            rows[rows["dataset"] == data], "average_precision_pooled", protocol, "fit", names)
        for data in ("state", "switch_feature", "spike", "spike_delay_2")
        for protocol in style.PROTOCOLS
        for kind, names in (("gradient method", GRADIENTS), ("occlusion", occlusion))
    ]  # fmt: skip
