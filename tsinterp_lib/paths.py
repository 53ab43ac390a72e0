"""Know where things are, which environment variables move, and how a file comes there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def root() -> Path:
    """The project's folder: ``TSINTERP_ROOT``, else the checkout this file lies in, else the working folder."""
    if given := os.environ.get("TSINTERP_ROOT"):
        return Path(given).resolve()
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "_toc.yml").exists() else Path.cwd()


def results() -> Path:
    """Our rows: ``TSINTERP_RESULTS``, else ``results/`` of the project."""
    return Path(os.environ.get("TSINTERP_RESULTS") or root() / "results").resolve()


def cache() -> Path:
    """Computed units, checkpoints, downloads: ``TSINTERP_CACHE``, else ``.cache/`` of the project."""
    return Path(os.environ.get("TSINTERP_CACHE") or root() / ".cache").resolve()


def units(study: str, profile: str) -> Path:
    """Where the rows of finished units of a study wait to be compacted."""
    return cache() / "units" / study / profile


def checkpoints() -> Path:
    """Where fitted models are kept by key."""
    return cache() / "checkpoints"


def data(name: str) -> Path | None:
    """The folder of a data set that lies ready below ``TSINTERP_DATA``, or None."""
    given = os.environ.get("TSINTERP_DATA")
    folder = Path(given).resolve() / name if given else None
    return folder if folder is not None and folder.is_dir() else None


def downloads(name: str) -> Path:
    """Where a loader keeps what it downloaded."""
    return cache() / "data" / name


def notebooks() -> Path:
    """The chapters' sources."""
    return root() / "notebooks"


def staging() -> Path:
    """The copy of the tree that the book is built from: sources stay clean."""
    return root() / "_build" / "staged"


def site() -> Path:
    """The finished book."""
    return root() / "_build" / "html"


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path`` to write to, and put the file in its place when the block ends.

    Readers see the old file or all of the new one. The name is of this call alone, so that several writers do not mix:
    the last one to end wins. Where the block fails, the old file stays and nothing else is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        with temporary.open("r+b") as written:
            os.fsync(written.fileno())  # else a power cut may keep the new name and lose what it names
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
