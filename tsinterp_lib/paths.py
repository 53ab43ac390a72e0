"""Know where things are, which environment variables move, and how a file comes there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tsinterp_lib.errors import CannotWrite

STALE = 24 * 60 * 60
"""After so many seconds nobody writes to a half-written file any more."""

_REFUSALS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.EROFS: "the disk can only be read",
    errno.EACCES: "writing is not allowed there",
    errno.EPERM: "writing is not allowed there",
    errno.ENOTDIR: "a file is where a folder should be",
    errno.EEXIST: "a file is where a folder should be",
    errno.EISDIR: "a folder is where the file should be",
}


def root() -> Path:
    """Return the project's folder: ``TSINTERP_ROOT``, else the checkout this file lies in, else the working folder."""
    if given := os.environ.get("TSINTERP_ROOT"):
        return Path(given).resolve()
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "_toc.yml").exists() else Path.cwd()


def results() -> Path:
    """Return our rows: ``TSINTERP_RESULTS``, else ``results/`` of the project."""
    return Path(os.environ.get("TSINTERP_RESULTS") or root() / "results").resolve()


def cache() -> Path:
    """Return computed units, checkpoints, downloads: ``TSINTERP_CACHE``, else ``.cache/`` of the project."""
    return Path(os.environ.get("TSINTERP_CACHE") or root() / ".cache").resolve()


def units(study: str, profile: str) -> Path:
    """Say where the rows of finished units of a study wait to be compacted."""
    return cache() / "units" / study / profile


def checkpoints() -> Path:
    """Say where fitted models are kept by key."""
    return cache() / "checkpoints"


def explanations() -> Path:
    """Say where the maps behind rows are kept by key."""
    return cache() / "explanations"


def data(name: str) -> Path | None:
    """Return the folder of a data set that lies ready below ``TSINTERP_DATA``, or None."""
    given = os.environ.get("TSINTERP_DATA")
    folder = Path(given).resolve() / name if given else None
    return folder if folder is not None and folder.is_dir() else None


def downloads(name: str) -> Path:
    """Say where a loader keeps what it downloaded."""
    return cache() / "data" / name


def notebooks() -> Path:
    """Return the chapters' sources."""
    return root() / "notebooks"


def staging() -> Path:
    """Return the copy of the tree that the book is built from: sources stay clean."""
    return root() / "_build" / "staged"


def site() -> Path:
    """Return the finished book."""
    return root() / "_build" / "html"


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path`` to write to, and put the file in its place when the block ends.

    Readers see the old file or all of the new one. The name is of this call alone, so that several writers do not mix:
    the last one to end wins. Where the block fails, the old file stays and nothing else is left.
    Raises :class:`~tsinterp_lib.errors.CannotWrite`, an ``OSError``, where the disk is full or refuses.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with temporary.open("r+b") as written:
                os.fsync(written.fileno())  # else a power cut may keep the new name and lose what it names
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one line what keeps ``path`` from being written, what was kept, and what to do."""
    try:
        yield
    except CannotWrite:
        raise
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        raise CannotWrite(
            error.errno,
            f"{path} cannot be written: {_REFUSALS[error.errno]} ({error.strerror}). What was there before is "
            "unchanged, and what is finished is kept: make room, or name other folders by TSINTERP_CACHE and "
            "TSINTERP_RESULTS, and run the same command again.",
        ) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``path`` while the block runs: others wait; the kernel lets go of it when the holder dies.

    The lock is a file of its own beside it (``.NAME.lock``), because ``path`` itself is replaced while it is held.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def drop_stale(folder: Path) -> list[Path]:
    """Delete the half-written files that killed writers left in a folder more than a day ago; returns their
    names.
    """
    old = time.time() - STALE
    found = []
    for pattern in (".*.part", "*.part-*"):
        for path in folder.glob(pattern):
            try:
                if path.stat().st_mtime < old:
                    path.unlink()
                    found.append(path)
            except FileNotFoundError:  # another run cleans as well
                continue
    return found


def aside(path: Path) -> Path:
    """Move a damaged file to a free name beside it (``.corrupt``), so that nothing is lost; returns that name."""
    target, taken = path.with_suffix(".corrupt"), 0
    while target.exists():
        taken += 1
        target = path.with_suffix(f".corrupt-{taken}")
    path.replace(target)
    return target
