"""Compute stored rows again, apart from all that is kept, and say by how much they differ."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tsinterp_lib import paths
from tsinterp_lib.checks import check_device
from tsinterp_lib.engine import made_by, store
from tsinterp_lib.engine.grid import Cell, Profile, Study, by_unit
from tsinterp_lib.engine.rows import COLUMNS
from tsinterp_lib.engine.runner import Say
from tsinterp_lib.engine.unit import compute_unit
from tsinterp_lib.errors import InvalidInput, MissingRows

TOLERANCE = 0.02
"""Another processor rounds sums of 32-bit floats otherwise, and the path of a training and a map's ties feel it: scores
then move by up to a hundredth or so. On the machine that made the rows all of them are equal."""


@dataclass(frozen=True)
class Verified:
    """Says how the stored rows of a cell compare with those computed again.

    ``value`` and ``sem`` are the largest absolute differences, infinite where one of both is not defined, ``relative``
    is that of ``value`` as a share of the stored number; ``worst`` is the metric of the largest difference;
    ``missing`` counts rows that only one side has; ``within`` says whether all keep to the tolerance.
    """

    cell: str
    rows: int
    value: float
    sem: float
    relative: float
    worst: str
    missing: int
    within: bool

    def text(self) -> str:
        """Return the comparison in words."""
        if self.missing:
            return f"{self.missing} rows are on one side alone"
        if self.value == self.sem == 0:
            return f"equal, {self.rows} rows"
        much = f"value by at most {self.value:.3g} ({self.relative:.2%} of it), sem by {self.sem:.3g}"
        return f"{'differs within the tolerance' if self.within else 'DIFFERS'}: {much}, in {self.worst}"


def verify(
    study: Study,
    profile: Profile,
    only: Mapping[str, Sequence[str]] | None = None,
    *,
    sample: int | None = None,
    tolerance: float = TOLERANCE,
    device: str = "cpu",
    say: Say = print,
) -> list[Verified]:
    """Train, explain and score stored cells in a cache of their own, and compare with what is stored.

    ``sample`` draws so many of the chosen cells, the same ones each time. A row keeps to the ``tolerance`` where its
    value and its standard error differ by no more than that, as a share of the stored number where that is above 1.
    Nothing in ``results/`` or in the usual cache is touched. Raises :class:`MissingRows` where nothing that was chosen
    is stored, and :class:`InvalidInput` for a sample, a tolerance or a device that cannot be.
    """
    if sample is not None and sample < 1:
        raise InvalidInput(f"sample is {sample}; it must be at least 1: leave it out to verify everything.")
    chosen = stored(study, profile, only)
    if not chosen:
        raise MissingRows(f"nothing that was chosen of study {study.name!r} is stored at {profile.name!r}.")
    if sample is not None and sample < len(chosen):
        drawn = set(random.Random(0).sample(range(len(chosen)), sample))
        chosen = [cell for i, cell in enumerate(chosen) if i in drawn]
    return recomputed([(study, chosen)], tolerance=tolerance, device=device, say=say)


def stored(study: Study, profile: Profile, only: Mapping[str, Sequence[str]] | None = None) -> list[Cell]:
    """Return the cells of a study whose rows are stored at a profile, in the order of computing."""
    have = set(store.read(study.name, profile.name)["cell"])
    return [cell for cell in study.cells(profile, only) if cell.key() in have]


def drawn(
    studies: Iterable[Study], profiles: Mapping[str, Profile], sample: int, at_most: float = float("inf"), seed: int = 0
) -> tuple[list[tuple[Study, list[Cell]]], int, int]:
    """Draw stored cells over all studies, each as likely as another; the same ones for the same ``seed``.

    ``at_most`` leaves out cells whose model took more minutes to train than that when it was made. Returns the cells by
    study, how many were drawn from, and how many were left out as too slow. Raises :class:`InvalidInput` for fewer than
    one.
    """
    if sample < 1:
        raise InvalidInput(f"sample is {sample}; it must be at least 1.")
    if not at_most > 0:
        raise InvalidInput(f"at_most is {at_most} minutes; it must be above 0.")
    able: list[tuple[Study, Cell]] = []
    slow = 0
    for study in studies:
        for name in study.profiles:
            try:
                table = store.read(study.name, name)
            except MissingRows:
                continue
            training = table[table["explainer"] == ""].groupby("cell")["seconds"].max()
            for cell in stored(study, profiles[name]):
                if training.get(cell.unit().key(), 0.0) > 60 * at_most:
                    slow += 1
                else:
                    able.append((study, cell))
    found: dict[str, tuple[Study, list[Cell]]] = {}
    for i in sorted(random.Random(seed).sample(range(len(able)), min(sample, len(able)))):
        study, cell = able[i]
        found.setdefault(study.name, (study, []))[1].append(cell)
    return list(found.values()), len(able), slow


def recomputed(
    chosen: Sequence[tuple[Study, Sequence[Cell]]],
    *,
    tolerance: float = TOLERANCE,
    device: str = "cpu",
    say: Say = print,
) -> list[Verified]:
    """Compute stored cells of one or more studies again and compare each; see :func:`verify`."""
    check_device(device)
    if not 0 <= tolerance < float("inf"):
        raise InvalidInput(f"tolerance is {tolerance}; it must be a number, 0 or more: {TOLERANCE}, for example.")
    many = sum(len(cells) for _, cells in chosen)
    if not many:
        raise MissingRows("there is no stored row to verify: choose others, or allow slower ones.")
    say(f"here: {made_by.facts(device)}; tolerance {tolerance}")
    found: list[Verified] = []
    with _apart() as scratch:
        for study, of_study in chosen:
            table = store.read(study.name)
            for cells in by_unit(list(of_study)).values():
                plan = study.plan(cells[0].profile.name)[cells[0].protocol]
                compute_unit(cells, plan, scratch, timed=False, device=device)
                unit = pd.DataFrame(store.unit_rows(scratch, cells[0].unit().key()), columns=list(COLUMNS))
                for cell in cells:
                    there = table[table["cell"] == cell.key()]
                    found.append(_compared(cell, there, unit[unit["cell"] == cell.key()], tolerance))
                    say(f"[{len(found)}/{many}] {study.name}, {cell.text()}: {found[-1].text()}")
    outside = sum(not f.within for f in found)
    say(f"{len(found)} cells, {sum(f.value == f.sem == 0 and not f.missing for f in found)} equal, {outside} differ")
    return found


@contextmanager
def _apart() -> Iterator[Path]:
    """Give a folder, with an empty cache beside it; data that lie in the usual cache are read from there."""
    data = paths.downloads("any").parent
    before = {name: os.environ.get(name) for name in ("TSINTERP_CACHE", "TSINTERP_DATA")}
    with tempfile.TemporaryDirectory(prefix="tsinterp-verify-") as folder:
        os.environ["TSINTERP_CACHE"] = str(Path(folder) / "cache")
        if before["TSINTERP_DATA"] is None and data.is_dir():
            os.environ["TSINTERP_DATA"] = str(data)
        try:
            yield Path(folder) / "units"
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _compared(cell: Cell, there: pd.DataFrame, fresh: pd.DataFrame, tolerance: float) -> Verified:
    # A metric that was never stored is none of the rows to verify; one that the plan no longer has cannot be.
    fresh = fresh[fresh["metric"].isin(set(there["metric"]))]
    both = [t.assign(at=t["at"].astype("float32").fillna(-1)) for t in (there, fresh)]
    pairs = both[0].merge(both[1], on=["metric", "at"], how="outer", suffixes=("", "_again"), indicator=True)
    missing = int((pairs["_merge"] != "both").sum())
    pairs = pairs[pairs["_merge"] == "both"]
    gaps = {name: _gaps(pairs[name], pairs[f"{name}_again"]) for name in ("value", "sem")}
    scale = np.maximum(pairs[["value", "sem"]].abs().fillna(0).to_numpy(dtype=float), 1)
    both_gaps = np.stack([gaps["value"], gaps["sem"]], 1)
    relative = gaps["value"] / np.maximum(pairs["value"].abs().fillna(0).to_numpy(dtype=float), 1e-12)
    at = int(both_gaps.max(1).argmax()) if len(pairs) else 0
    return Verified(
        cell=cell.key(),
        rows=len(pairs),
        value=float(gaps["value"].max(initial=0)),
        sem=float(gaps["sem"].max(initial=0)),
        relative=float(relative[gaps["value"].argmax()]) if len(pairs) else 0.0,
        worst=str(pairs["metric"].iloc[at]) if len(pairs) else "",
        missing=missing,
        within=not missing and bool((both_gaps <= tolerance * scale).all()),
    )


def _gaps(stored: pd.Series, again: pd.Series) -> np.ndarray:
    a, b = (column.to_numpy(dtype=np.float32).astype(float) for column in (stored, again))
    gaps: np.ndarray = np.abs(a - b)
    gaps[np.isnan(a) & np.isnan(b)] = 0.0
    gaps[np.isnan(a) != np.isnan(b)] = np.inf
    return gaps
