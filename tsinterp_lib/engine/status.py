"""What of a study is computed, what is missing, and about how long that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tsinterp_lib import paths
from tsinterp_lib.engine import store
from tsinterp_lib.engine.grid import Profile, Study, by_unit
from tsinterp_lib.engine.runner import pending


def table(study: Study, profile: Profile, only: Mapping[str, Sequence[str]] | None = None) -> pd.DataFrame:
    """Return units done, begun and missing by protocol and network, with measured and estimated minutes on one core.

    A unit is one fitted model with all its maps; of a begun one some are there, and it counts for the share that is
    missing. Minutes are NaN where no unit of the network is timed.
    """
    todo, _ = pending(study, profile, only)
    missing = {cells[0].unit().key(): len(cells) for cells, _, _ in todo}
    frame = pd.DataFrame(
        [
            (cells[0].protocol, cells[0].model.label, missing.get(key, 0) / len(cells))
            for key, cells in by_unit(study.cells(profile, only)).items()
        ],
        columns=["protocol", "model", "missing"],
    )
    frame = frame.assign(done=frame["missing"] == 0, begun=frame["missing"].between(0, 1, inclusive="neither"))
    grouped = frame.groupby(["protocol", "model"], sort=False)
    counts = grouped.agg(units=("done", "size"), done=("done", "sum"), begun=("begun", "sum"), left=("missing", "sum"))
    counts = counts.reset_index()
    per_unit = unit_minutes(study, profile)
    typical = [per_unit.get((p, m)) for p, m in zip(counts["protocol"], counts["model"], strict=True)]
    counts["minutes per unit"] = pd.Series(typical, dtype="float64").round(2)
    counts["minutes left, one core"] = (counts["minutes per unit"] * counts["left"]).round(1)
    return counts.drop(columns="left")


def unit_minutes(study: Study, profile: Profile) -> dict[tuple[str, str], float]:
    """Return mean minutes to train and explain one model, by protocol and network, from the rows there are."""
    frames = [
        pd.DataFrame(store.read_unit(p), columns=list(store.COLUMNS))
        for p in paths.units(study.name, profile.name).glob("*.csv")
    ]
    if store.file_of(study.name).exists():
        stored = store.read(study.name)
        frames.append(stored[stored["profile"] == profile.name])
    if not frames:
        return {}
    cells = pd.concat(frames).drop_duplicates("cell")
    seconds = cells.groupby(["protocol", "model", "dataset", "trainer", "seed"])["seconds"].sum()
    mean = (seconds.groupby(["protocol", "model"]).mean() / 60).reset_index()
    return {(p, m): float(v) for p, m, v in mean.itertuples(index=False)}
