"""Keep the explanation behind rows in the cache, so that a new metric is scored without explaining again.

``TSINTERP_EXPLANATIONS_GB`` says how much room they may take (default 4, 0 keeps none); above it the oldest go.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from torch import Tensor

from tsinterp_lib import paths
from tsinterp_lib.engine import seal
from tsinterp_lib.engine.units import Say
from tsinterp_lib.errors import InvalidInput

LIMIT = "TSINTERP_EXPLANATIONS_GB"
_DEFAULT = 4.0


class Kept(NamedTuple):
    """Holds a map as it was computed, and what computing it cost."""

    attribution: Tensor
    calls: int
    seconds: float


def path(key: str) -> Path:
    """Say where the map of a cell is kept."""
    return paths.explanations() / f"{key}.npz"


def save(key: str, attribution: Tensor, calls: int, seconds: float) -> None:
    """Keep the map of a cell, compressed, in its own precision; not where the limit is 0."""
    if limit() > 0:
        a = attribution.detach().cpu().numpy()
        write_arrays(path(key), {"attribution": a, "calls": np.array(calls), "seconds": np.array(seconds)})


def load(key: str, say: Say = print) -> Kept | None:
    """Return the map of a cell, or None; a damaged file is moved aside, which is said."""
    source = path(key)
    try:
        with np.load(sealed(source), allow_pickle=False) as file:
            return Kept(torch.from_numpy(file["attribution"]), int(file["calls"]), float(file["seconds"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        say(f"{source} is damaged ({error}): it was moved to {paths.aside(source)}, and is computed again.")
        return None


def limit() -> int:
    """Say how many bytes the kept maps may take; raises :class:`InvalidInput` for a limit that is no number of GB."""
    given = os.environ.get(LIMIT) or str(_DEFAULT)
    try:
        gigabytes = float(given)
    except ValueError:
        gigabytes = -1.0
    if not 0 <= gigabytes < 1e6:
        raise InvalidInput(f"{LIMIT} is {given!r}; it must be a number of GB, 0 or more: 4, for example.")
    return int(gigabytes * 1e9)


def drop_oldest() -> None:
    """Delete the oldest maps until the rest keeps to the limit."""
    files = []
    for file in paths.explanations().glob("*.npz"):
        try:
            files.append((file.stat().st_mtime_ns, file.stat().st_size, file))
        except FileNotFoundError:  # another process drops as well
            continue
    over = sum(size for _, size, _ in files) - limit()
    for _, size, file in sorted(files):
        if over <= 0:
            break
        file.unlink(missing_ok=True)
        over -= size


def write_arrays(target: Path, arrays: Mapping[str, Any]) -> None:
    """Write named arrays as a compressed, sealed ``.npz`` file, whole or not at all."""
    with paths.atomic(target) as temporary:
        with temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)
        with ZipFile(temporary, "a") as archive:
            archive.comment = seal.BLANK
        seal.close(temporary)


def sealed(source: Path) -> io.BytesIO:
    """Return the bytes of a sealed file, to be read from; raises ``ValueError`` where they are not what was written."""
    content = source.read_bytes()
    if seal.broken(content):
        raise ValueError("its content is not what its digest says")
    return io.BytesIO(content)
