"""The claims of Tonekaboni et al., NeurIPS 2020, on their simulated data."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.statistics.verdict import Verdict
from tsinterp_lib.tables import partial, words
from tsinterp_lib.tables.papers import from_rows
from tsinterp_lib.tables.rivals import GRADIENTS, gap


def of_fit(rows: pd.DataFrame) -> list[Verdict]:
    """Return Tonekaboni et al. on their simulated data: FIT finds what gradient methods and occlusion do not."""
    occlusion = ("feature_occlusion", "augmented_occlusion")
    return [
        gap(f"{words.layout(data)}, {words.PROTOCOLS[protocol]}: FIT has a higher average precision than any {kind}",
            rows[rows["dataset"] == data], "average_precision_pooled", protocol, "fit", names)
        for data in ("state", "switch_feature", "spike", "spike_delay_2")
        for protocol in words.PROTOCOLS
        for kind, names in (("gradient method", GRADIENTS), ("occlusion", occlusion))
    ]  # fmt: skip


CLAIMS = (
    from_rows(
        "tonekaboni2020",
        "fit_simulated",
        lambda _: partial.rows("fit_simulated"),
        of_fit,
        about="FIT",
        note="FIT is judged on switches and spikes.",
    ),
)
