"""The claims of the papers on Dynamask and FIT on the hidden state."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.statistics.verdict import Verdict
from tsinterp_lib.tables import partial, words
from tsinterp_lib.tables.papers import from_rows
from tsinterp_lib.tables.rivals import GRADIENTS, gap, others


def of_state(rows: pd.DataFrame, masks: pd.DataFrame) -> list[Verdict]:
    """Return both papers on the hidden state: masks, the axes they were shown, and FIT against gradients."""
    return [*of_masks_on_state(masks), *of_fit_on_state(rows)]


def of_masks_on_state(masks: pd.DataFrame) -> list[Verdict]:
    """Return Crabbé and van der Schaar on the hidden state, and the axes that their masks were shown."""
    released, right = "as_released", "dynamask_right_axes"
    plain = others(masks)
    return [
        gap("masks, as released: higher recall area than any other method", masks, "aur_threshold", released,
            "dynamask", plain),
        gap("masks, as released: better ranking than any other method", masks, "auroc", released, "dynamask", plain),
        gap("masks, as released but on the right axes: better than chance", masks, "auroc", released, right,
            ["random"]),
        gap("masks, corrected: better ranking than any other method", masks, "auroc", "corrected", "dynamask", plain),
    ]  # fmt: skip


def of_fit_on_state(rows: pd.DataFrame) -> list[Verdict]:
    """Return Tonekaboni et al. on the hidden state: FIT against gradients."""
    return [
        gap(f"FIT, {printed}: better ranking than any gradient method", rows, "auroc", protocol, "fit", GRADIENTS)
        for protocol, printed in words.PROTOCOLS.items()
    ]


def _or_largest(profile: str) -> str:
    return partial.LARGEST if profile == "paper" else profile


CLAIMS = (
    from_rows(
        "crabbe2021",
        "state",
        lambda p: partial.rows("state_masks", _or_largest(p)),
        of_masks_on_state,
        about="Dynamask",
        note="Masks are judged on hidden states.",
    ),
    from_rows(
        "tonekaboni2020",
        "state",
        lambda p: partial.rows("state", _or_largest(p)),
        of_fit_on_state,
        about="FIT",
        note="FIT is judged on hidden states.",
    ),
)
