"""Published tables: the finished units of a study in one file of ``results/``, merged under a lock.

Publishing is one transaction: whoever publishes holds the lock of the table, reads it, merges and replaces it, so two
caches that publish at once lose no row. A reader reads the bytes of one file through one handle, whatever is put in its
place meanwhile, and a seal (:mod:`tsinterp_lib.engine.seal`) tells it that they are what was written.
"""

from __future__ import annotations

import tempfile
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd

from tsinterp_lib import paths
from tsinterp_lib.engine import seal
from tsinterp_lib.engine.grid import Study
from tsinterp_lib.engine.made_by import NOT_RECORDED, Maker
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.engine.rows import COLUMNS, KEYS, PARTS, Row, labels
from tsinterp_lib.engine.units import Say, claimed, read_unit, sound, unit_rows, write_unit
from tsinterp_lib.errors import CannotWrite, InvalidInput, MissingRows, StoreError

__all__ = ["COLUMNS", "KEYS", "Row", "claimed", "compact", "file_of", "made_by", "read", "read_all", "read_unit"]
__all__ += ["unit_rows", "write_unit"]

_TYPES = {"at": "float32", "seed": "int16", "value": "float32", "sem": "float32", "n": "int32"}
_TYPES |= {"forward_calls": "int64", "seconds": "float32"}
_ROW = ["cell", "metric", "at"]


def file_of(study: str) -> Path:
    """Return the committed table of a study."""
    return paths.results() / f"{study}.parquet"


def makers_of(study: str) -> Path:
    """Return the table that says what made the rows of a study."""
    return paths.results() / "made_by" / f"{study}.parquet"


def read(study: str, profile: str | None = None) -> pd.DataFrame:
    """Return the rows of a study as a table; raises :class:`MissingRows` where there are none.

    The columns are those of :class:`~tsinterp_lib.engine.rows.Row`. Raises :class:`StoreError` where the file is
    damaged.
    """
    table = _stored(study)
    if table is None:
        raise MissingRows(f"no rows of study {study!r} at {file_of(study)}: run `tsinterp run {study}` first.")
    # A copy either way: what a caller writes into its table is not in the next one's.
    table = table.copy() if profile is None else table[table["profile"] == profile].reset_index(drop=True)
    if table.empty:
        raise MissingRows(f"study {study!r} has no rows at profile {profile!r}: `tsinterp run {study}`.")
    return table


def made_by(study: str) -> pd.DataFrame:
    """Say which commit, torch and processor made the stored rows: a line per cell and maker.

    Rows of a time when this was not kept are ``not recorded``. Raises as :func:`read`.
    """
    cells = read(study)[["cell"]].drop_duplicates()
    makers = _parquet(makers_of(study))
    if makers is None:
        return cells.assign(**dict.fromkeys(Maker._fields, NOT_RECORDED)).reset_index(drop=True)
    return cells.merge(makers, on="cell", how="left").fillna(NOT_RECORDED)


def read_all(study: str, profile: str) -> pd.DataFrame:
    """Return the rows in results/ and those of finished units that are not there yet."""
    stored = _stored(study)
    frames = [] if stored is None else [stored[stored["profile"] == profile]]
    units = [read_unit(path) for path in sorted(paths.units(study, profile).glob("*.csv"))]
    frames += [_typed(pd.DataFrame(unit, columns=list(COLUMNS))) for unit in units]
    if not any(len(frame) for frame in frames):
        raise MissingRows(f"study {study!r} has no rows at profile {profile!r}: `tsinterp run {study}`.")
    return pd.concat(frames, ignore_index=True).drop_duplicates(_ROW, keep="last")


def compact(study: str, profile: str | None = None, plan: Study | None = None, say: Say = print) -> Path:
    """Merge the finished units of a study into its stored table, sorted by key, as one transaction.

    ``profile`` keeps the units of one profile alone, so that a trial at ``smoke`` does not enter them. Of rows with
    one (cell, metric, at), those of the unit that was written last win, and units win over what is stored. With the
    study itself as ``plan``, every row whose cell it has gets the labels and parts that its cell has today; a row of no
    cell whose labels another one now has is dropped. Where nothing is new, the file is not touched. A damaged unit is
    moved aside, which is said, and the rest is stored.
    """
    path = file_of(study)
    with paths.locked(path):
        paths.drop_stale(path.parent)
        fresh, makers = _units(study, profile, say)
        old = _stored(study)
        kept = None if old is None else _without(old, fresh)
        rows = fresh if kept is None else pd.concat([kept, fresh], ignore_index=True) if len(fresh) else kept
        if rows.empty:
            raise MissingRows(f"study {study!r} has no computed units: run `tsinterp run {study}` first.")
        rows = _ordered(rows if plan is None else _relabelled(rows, plan))
        if makers:
            _publish_makers(study, makers, set() if kept is None else set(kept["cell"]), set(rows["cell"]))
        if old is None or not rows.equals(old) or not _sealed(path):
            _write(path, rows)
    return path


def check_places() -> None:
    """Raise :class:`~tsinterp_lib.errors.InvalidInput` where rows could not be kept, before any are computed."""
    for name, folder in (("TSINTERP_RESULTS", paths.results()), ("TSINTERP_CACHE", paths.cache())):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        if not there.is_dir():
            raise InvalidInput(
                f"{name} is {folder}, and {there} is a file; it must be a folder: name another one. "
                "Nothing was computed and nothing is lost."
            )


def _stored(study: str) -> pd.DataFrame | None:
    """Return all rows of a study's table, not to be written to, or None where it has none."""
    table = _parquet(file_of(study))
    if table is None or set(PARTS) <= set(table.columns):
        return table
    return table.assign(**{name: "" for name in PARTS if name not in table})


def _parquet(path: Path) -> pd.DataFrame | None:
    try:
        return _table(path.read_bytes())
    except FileNotFoundError:
        return None
    except (duckdb.Error, StoreError, OSError) as error:
        raise StoreError(f"{path} cannot be read ({error}): restore it with `git checkout {path.name}`.") from error


@lru_cache(maxsize=4)
def _table(content: bytes) -> pd.DataFrame:
    # A chapter asks for the same rows many times. DuckDB opens a name more than once, and what it names may be replaced
    # in between: it gets a copy of its own.
    if seal.broken(content):
        raise StoreError("its content is not what its digest says")
    with tempfile.TemporaryDirectory(prefix="tsinterp-") as folder:
        copy = Path(folder) / "table.parquet"
        copy.write_bytes(content)
        with duckdb.connect() as connection:
            return connection.execute("SELECT * FROM read_parquet(?)", [str(copy)]).df()


def _sealed(path: Path) -> bool:
    return seal.MARK in path.read_bytes()


def _units(study: str, profile: str | None, say: Say) -> tuple[pd.DataFrame, dict[str, set[Maker]]]:
    base = paths.units(study, profile) if profile else paths.cache() / "units" / study
    rows: list[tuple[object, ...]] = []
    makers: dict[str, set[Maker]] = {}
    for path in sorted(base.rglob("*.csv"), key=lambda p: (p.stat().st_mtime_ns, p.name)):
        unit = sound(path, say)
        rows += [astuple(row) for row in unit.rows]
        for cell, found in unit.makers.items():
            makers.setdefault(cell, set()).update(found)
    return pd.DataFrame(rows, columns=list(COLUMNS)), makers


def _without(old: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Return the stored rows of every (cell, metric) that was not computed afresh."""
    scored = pd.MultiIndex.from_frame(fresh[["cell", "metric"]])
    return old[~pd.MultiIndex.from_frame(old[["cell", "metric"]]).isin(scored)]


def _relabelled(rows: pd.DataFrame, plan: Study) -> pd.DataFrame:
    profiles = [PROFILES[name] for name in rows["profile"].unique() if name in PROFILES]
    known = {cell.key(): labels(cell) for profile in profiles for cell in plan.cells(profile)}
    today = pd.DataFrame.from_dict(known, orient="index")
    if today.empty:
        return rows
    planned = rows["cell"].isin(today.index)
    changed = rows.assign(**{c: rows["cell"].map(today[c]).where(planned, rows[c]) for c in today.columns})
    return pd.concat([changed[~planned], changed[planned]], ignore_index=True)


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    rows = _typed(rows)  # first: a level of 0.1 is another number in 32 bits than in 64
    rows = rows.drop_duplicates(_ROW, keep="last").sort_values(list(KEYS), kind="stable", na_position="first")
    return rows.drop_duplicates(list(KEYS), keep="last").reset_index(drop=True)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[list(COLUMNS)].astype({c: _TYPES.get(c, "str") for c in COLUMNS}).reset_index(drop=True)


def _publish_makers(study: str, makers: dict[str, set[Maker]], kept: set[str], cells: set[str]) -> None:
    """Add what made the fresh cells; those of which nothing is ``kept`` were computed anew, of no row are forgotten."""
    path = makers_of(study)
    old = _parquet(path)
    before = set() if old is None else set(old.itertuples(index=False, name=None))
    lines = {line for line in before if line[0] in kept or line[0] not in makers}
    lines |= {(cell, *maker) for cell, found in makers.items() for maker in found}
    table = pd.DataFrame(sorted(line for line in lines if line[0] in cells), columns=["cell", *Maker._fields])
    table = table.astype("str")
    if old is None or not table.equals(old):
        _write(path, table)


def _write(path: Path, rows: pd.DataFrame) -> None:
    with paths.atomic(path) as temporary, duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("rows", rows)
        blank = seal.BLANK.decode()
        options = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{seal: '{blank}'}}"
        try:
            connection.execute(f"COPY (SELECT * FROM rows) TO $path ({options})", {"path": str(temporary)})
        except duckdb.IOException as error:
            raise CannotWrite(
                0, f"{path} cannot be written ({error}): the old table stays, and finished units are kept in "
                f"{paths.cache()}: make room, then `tsinterp compact {path.stem}`."
            ) from error  # fmt: skip
        seal.close(temporary)
