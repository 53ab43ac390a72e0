"""Lays out what every metric means as a table."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib.metrics import CARDS


def cards_table() -> pd.DataFrame:
    """Return one row per metric: formula, range, direction, dialect, and what a random and a perfect map score."""
    rows = [
        {
            "metric": name,
            "name": card.name,
            "formula": f"${card.formula}$",
            "low": card.low,
            "high": card.high,
            "better": card.direction,
            "dialect": card.dialect,
            "random map": card.null.text,
            "perfect map": card.perfect.text,
            "source": card.source,
            "note": card.note,
        }
        for name, card in CARDS.items()
    ]
    return pd.DataFrame(rows).set_index("metric")
