"""Unit files: the rows of one fitted model as text, whole or not at all, sealed, with what made them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

from tsinterp_lib import paths
from tsinterp_lib.engine import seal
from tsinterp_lib.engine.made_by import Maker
from tsinterp_lib.engine.rows import COLUMNS, PARTS, Row
from tsinterp_lib.errors import StoreError

Say = Callable[[str], object]
Makers = Mapping[str, Sequence[Maker]]
"""What made the rows of each cell, by its key; several where a metric was added later."""

_MADE = "#made_by "
_END = "#end"
_AGAIN = "delete it, and the unit is computed again."


class Unit(NamedTuple):
    """Holds what a unit file holds."""

    rows: list[Row]
    makers: Makers


def write_unit(path: Path, rows: Sequence[Row], makers: Makers | None = None) -> None:
    """Write a unit's rows whole or not at all: temporary name, seal, flush to disk, atomic replace."""
    text = io.StringIO()
    text.write(_MADE + json.dumps(makers or {}, sort_keys=True) + "\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(row) for row in sorted(rows, key=_sort_key))
    text.write(f"{_END} {len(rows)} {seal.BLANK.decode()}\n")
    with paths.atomic(path) as temporary:
        temporary.write_bytes(text.getvalue().encode())
        seal.close(temporary)


def read_unit(path: Path) -> list[Row]:
    """Return a unit's rows; raises :class:`StoreError` where the file is cut short, damaged or has other columns."""
    return read(path).rows


def read(path: Path) -> Unit:
    """Return a unit's rows and what made them; raises as :func:`read_unit`."""
    try:
        content = path.read_bytes()
        lines = content.decode().splitlines()
        return _parsed(path, content, lines)
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}): {_AGAIN}") from error


def sound(path: Path, say: Say = print) -> Unit:
    """Say what a unit file holds; a damaged one is moved aside (``.corrupt``), which is said, and holds nothing."""
    try:
        return read(path)
    except StoreError as error:
        if path.exists():
            say(f"{error} It was moved to {paths.aside(path)}.")
        return Unit([], {})


def unit(folder: Path, key: str, say: Say = print) -> Unit:
    """Say what the file of a unit holds, or nothing; see :func:`sound`."""
    path = folder / f"{key}.csv"
    return sound(path, say) if path.exists() else Unit([], {})


def unit_rows(folder: Path, key: str, say: Say = print) -> list[Row]:
    """Return the rows of a unit, or none; see :func:`sound`."""
    return unit(folder, key, say).rows


@contextmanager
def claimed(folder: Path, key: str) -> Iterator[None]:
    """Hold a unit while it is computed: a second run waits; the kernel lets go of it when the holder dies."""
    with paths.locked(folder / f"{key}.csv"):
        yield


def _parsed(path: Path, content: bytes, lines: list[str]) -> Unit:
    if not lines or not lines[-1].startswith(_END):
        raise StoreError(f"{path} is cut short: its last line should begin with '{_END}'; {_AGAIN}")
    made = lines[0].startswith(_MADE)
    if seal.broken(content) or (made and len(lines[-1].split()) != 3):
        raise StoreError(f"{path} is damaged: its content is not what its digest says; {_AGAIN}")
    table = lines[made:-1]
    if lines[-1].split()[1:2] != [str(len(table) - 1)]:
        raise StoreError(f"{path} is cut short: it has {len(table) - 1} rows and says {lines[-1]!r}; {_AGAIN}")
    header = tuple(table[0].split(","))
    if header not in (COLUMNS, COLUMNS[: -len(PARTS)]):
        raise StoreError(f"{path} has the columns {table[0]!r}; expected {','.join(COLUMNS)}: {_AGAIN}")
    makers = json.loads(lines[0].removeprefix(_MADE)) if made else {}
    return Unit(
        [_row(values) for values in csv.reader(table[1:])],
        {cell: [Maker(*facts) for facts in found] for cell, found in makers.items()},
    )


def _row(v: list[str]) -> Row:
    at = float(v[8]) if v[8] else None
    numbers = (int(v[9]), float(v[10]), float(v[11]), int(v[12]), int(v[13]), float(v[14]))
    return Row(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], at, *numbers, *v[15:])


def _sort_key(row: Row) -> tuple[str, str, float]:
    return (row.explainer, row.metric, -1.0 if row.at is None else row.at)
