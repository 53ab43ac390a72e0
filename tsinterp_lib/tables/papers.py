"""TODO say."""

from __future__ import annotations

import pandas as pd

from tsinterp_lib import paths
from tsinterp_lib.registry import known


def table(table: str) -> pd.DataFrame:
    """Numbers of a paper, as printed there, from ``results/published``."""
    folder = paths.results() / "published"
    if not folder.exists():
        folder = paths.root() / "results" / "published"
    return pd.read_csv(folder / f"{known(table, [p.stem for p in folder.glob('*.csv')], 'published table')}.csv")
