"""Rows on disk: one file per unit, written by temporary name and atomic replace, compacted into ``results/``."""

from __future__ import annotations

import csv
import fcntl
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd

from tsinterp_lib import paths
from tsinterp_lib.errors import MissingRows, StoreError


@dataclass(frozen=True)
class Row:
    """One number: the mean ``value`` of a metric over ``n`` samples of a cell, with its standard error ``sem``.

    ``at`` is the level on a curve (None for a scalar); ``forward_calls`` counts series that went through the model to
    explain the test set; ``seconds`` is the wall time of that; ``cell`` and ``version`` say what computed it.
    """

    study: str
    protocol: str
    profile: str
    dataset: str
    model: str
    trainer: str
    explainer: str
    metric: str
    at: float | None
    seed: int
    value: float
    sem: float
    n: int
    forward_calls: int
    seconds: float
    device: str
    cell: str
    version: str


COLUMNS = tuple(f.name for f in fields(Row))
KEYS = ("protocol", "profile", "dataset", "model", "trainer", "explainer", "metric", "at", "seed")
_TYPES = {"at": "FLOAT", "seed": "SMALLINT", "value": "FLOAT", "sem": "FLOAT", "n": "INTEGER"}
_TYPES |= {"forward_calls": "BIGINT", "seconds": "FLOAT"}
_END = "#end"


def write_unit(path: Path, rows: Sequence[Row]) -> None:
    """Write a unit's rows whole or not at all: temporary name, flush to disk, atomic replace."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(row) for row in sorted(rows, key=_sort_key))
    text.write(f"{_END} {len(rows)}\n")
    with paths.atomic(path) as temporary:
        temporary.write_bytes(text.getvalue().encode())


def read_unit(path: Path) -> list[Row]:
    """A unit's rows; raises :class:`StoreError` where the file is cut short or has other columns."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} cannot be read ({error}): delete it, and the unit is computed again.") from error
    if not lines or not lines[-1].startswith(_END) or lines[-1] != f"{_END} {len(lines) - 2}":
        raise StoreError(
            f"{path} is cut short: its last line should say '{_END} {max(len(lines) - 2, 0)}'; "
            "delete it, and the unit is computed again."
        )
    if tuple(lines[0].split(",")) != COLUMNS:
        raise StoreError(f"{path} has the columns {lines[0]!r}; expected {','.join(COLUMNS)}: delete it.")
    return [_parse(values) for values in csv.reader(lines[1:-1])]


def unit_rows(folder: Path, key: str) -> list[Row]:
    """The rows of a unit, or none; a damaged file is moved aside (``.corrupt``) so that nothing is lost."""
    path = folder / f"{key}.csv"
    if not path.exists():
        return []
    try:
        return read_unit(path)
    except StoreError:
        path.replace(path.with_suffix(".corrupt"))
        return []


@contextmanager
def claimed(folder: Path, key: str) -> Iterator[None]:
    """Hold a unit while it is computed: a second run waits; the kernel lets go of it when the holder dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def file_of(study: str) -> Path:
    """The committed table of a study."""
    return paths.results() / f"{study}.parquet"


def read(study: str, profile: str | None = None) -> pd.DataFrame:
    """The rows of a study as a table; raises :class:`MissingRows` where there are none.

    Raises :class:`StoreError` where the file is damaged.
    """
    path = file_of(study)
    if not path.exists():
        raise MissingRows(f"no rows of study {study!r} at {path}: run `tsinterp run {study}` first.")
    try:
        stat = path.stat()
        table = _table(path, stat.st_ino, stat.st_mtime_ns)
    except duckdb.Error as error:
        raise StoreError(f"{path} cannot be read ({error}): restore it with `git checkout {path.name}`.") from error
    # A copy either way: what a caller writes into its table is not in the next one's.
    table = table.copy() if profile is None else table[table["profile"] == profile].reset_index(drop=True)
    if table.empty:
        raise MissingRows(f"study {study!r} has no rows at profile {profile!r}: `tsinterp run {study}`.")
    return table


@lru_cache(maxsize=4)
def _table(path: Path, inode: int, changed: int) -> pd.DataFrame:
    # A chapter asks for the same rows many times; a file that was replaced is read again.
    return duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)]).df()


def read_all(study: str, profile: str) -> pd.DataFrame:
    """The rows in results/ and those of finished units that are not there yet."""
    frames = [table[table["profile"] == profile] for table in ([read(study)] if file_of(study).exists() else [])]
    units = [read_unit(path) for path in sorted(paths.units(study, profile).glob("*.csv"))]
    frames += [pd.DataFrame(unit) for unit in units]
    if not any(len(frame) for frame in frames):
        raise MissingRows(f"study {study!r} has no rows at profile {profile!r}: `tsinterp run {study}`.")
    return pd.concat(frames, ignore_index=True).drop_duplicates(["cell", "metric", "at"], keep="last")


def compact(study: str, profile: str | None = None) -> Path:
    """Merge the finished units of a study into its published table, sorted by key; newer rows of a cell win.

    ``profile`` keeps the units of one profile alone, so that a trial at ``smoke`` does not enter them.
    """
    rows = pd.DataFrame(_unit_tables(study, profile), columns=list(COLUMNS))
    path = file_of(study)
    if path.exists():
        old = read(study)
        rows = pd.concat([old[~old["cell"].isin(set(rows["cell"]))], rows], ignore_index=True) if len(rows) else old
    if rows.empty:
        raise MissingRows(f"study {study!r} has no computed units: run `tsinterp run {study}` first.")
    rows["at"] = rows["at"].astype("float64")
    rows = rows.sort_values(list(KEYS), kind="stable", na_position="first").drop_duplicates(list(KEYS), keep="last")
    columns = ", ".join(f'CAST("{c}" AS {_TYPES.get(c, "VARCHAR")}) AS "{c}"' for c in COLUMNS)
    with paths.atomic(path) as temporary, duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("rows", rows)
        connection.execute(f"COPY (SELECT {columns} FROM rows) TO '{temporary}' (FORMAT parquet, COMPRESSION zstd)")
    return path


def _unit_tables(study: str, profile: str | None) -> Iterable[tuple[object, ...]]:
    base = paths.units(study, profile) if profile else paths.cache() / "units" / study
    for path in sorted(base.rglob("*.csv")):
        yield from (astuple(row) for row in read_unit(path))


def _parse(v: list[str]) -> Row:
    at = float(v[8]) if v[8] else None
    numbers = (int(v[9]), float(v[10]), float(v[11]), int(v[12]), int(v[13]), float(v[14]))
    return Row(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], at, *numbers, v[15], v[16], v[17])


def _sort_key(row: Row) -> tuple[str, str, float]:
    return (row.explainer, row.metric, -1.0 if row.at is None else row.at)
