"""What of a study is computed, what is missing, and about how long that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tsinterp_lib import paths
from tsinterp_lib.experiments import store
from tsinterp_lib.experiments.cells import Profile, Study
from tsinterp_lib.experiments.runner import pending


def table(study: Study, profile: Profile, only: Mapping[str, Sequence[str]] | None = None) -> pd.DataFrame:
    """Units done and missing by protocol and network, with measured and estimated minutes on one core."""
    todo, _ = pending(study, profile, only)
    cells = [c for c in study.cells(profile, only) if c.explainer is None]
    missing = {group[0].unit().key() for group, _ in todo}
    frame = pd.DataFrame(
        {
            "protocol": [c.protocol for c in cells],
            "model": [c.model.label for c in cells],
            "missing": [c.unit().key() in missing for c in cells],
        }
    )
    counts = frame.groupby(["protocol", "model"], sort=False)["missing"].agg(units="size", missing="sum").reset_index()
    counts["done"] = counts["units"] - counts["missing"]
    per_unit = unit_minutes(study, profile)
    typical = [per_unit.get((p, m)) for p, m in zip(counts["protocol"], counts["model"], strict=True)]
    counts["minutes per unit"] = pd.Series(typical, dtype="float64").round(2)
    counts["minutes left, one core"] = (counts["minutes per unit"] * counts["missing"]).round(1)
    return counts.drop(columns=["missing"])


def unit_minutes(study: Study, profile: Profile) -> dict[tuple[str, str], float]:
    """Mean minutes to train and explain one model, by protocol and network, from the rows there are."""
    frames = [pd.DataFrame(store.read_unit(p)) for p in paths.units(study.name, profile.name).glob("*.csv")]
    if store.published(study.name).exists():
        published = store.read(study.name)
        frames.append(published[published["profile"] == profile.name])
    if not frames:
        return {}
    cells = pd.concat(frames).drop_duplicates("cell")
    seconds = cells.groupby(["protocol", "model", "dataset", "seed"])["seconds"].sum()
    mean = (seconds.groupby(["protocol", "model"]).mean() / 60).reset_index()
    return {(p, m): float(v) for p, m, v in mean.itertuples(index=False)}
