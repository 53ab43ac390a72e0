"""Find the files of a data set in the reader's folder, in the cache, or at a mirror; never unverified."""

from __future__ import annotations

import errno
import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tsinterp_lib import paths
from tsinterp_lib.errors import DataUnavailable


@dataclass(frozen=True)
class Remote:
    """Names a data set's files: their mirrors (each ends in a slash) and the SHA-256 digest of each by name.

    A mirror has ``timeout`` seconds to answer and between two pieces, ``patience`` seconds for a whole file, which may
    have ``most_bytes``.
    """

    name: str
    mirrors: tuple[str, ...]
    sha256: Mapping[str, str]
    timeout: float = 30.0
    patience: float = 1800.0
    most_bytes: int = 2_000_000_000


def available(remote: Remote) -> bool:
    """Say whether every file lies ready and intact; asks no network and changes nothing."""
    return all(_ready(remote, file) is not None for file in remote.sha256)


def fetch(remote: Remote) -> dict[str, Path]:
    """Return the path of each file, downloaded where it does not lie ready.

    A file that was cut short or altered is moved aside in the cache (``<file>.corrupt``), never deleted, and is
    downloaded again. Raises :class:`DataUnavailable`, which says which files to put where, when a file in the reader's
    own folder is not the published one, the network cannot be reached, the cache cannot be written, or what every
    mirror sends is not what was published.
    """
    return {file: _ready(remote, file) or _download(remote, file) for file in remote.sha256}


def digest(path: Path) -> str:
    """Return the SHA-256 digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _ready(remote: Remote, file: str) -> Path | None:
    given = paths.data(remote.name)
    for folder in (given, paths.downloads(remote.name)):
        path = folder / file if folder is not None else None
        if path is not None and path.is_file() and digest(path) == remote.sha256[file]:
            return path
    return None


def _download(remote: Remote, file: str) -> Path:
    given = paths.data(remote.name)
    if given is not None and (given / file).exists():
        raise _unavailable(remote, file, [f"{given / file} is not the published file (SHA-256 {digest(given / file)})"])
    folder = paths.downloads(remote.name)
    problems = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / file).exists():
            problems.append(_aside(folder / file, folder / file))
        for mirror in remote.mirrors:
            problem = _from_mirror(remote, mirror + file, folder / file)
            if problem is None:
                return folder / file
            problems.append(problem)
    except OSError as error:
        raise _unavailable(remote, file, [*problems, _write_problem(error, folder)]) from error
    raise _unavailable(remote, file, problems)


def _from_mirror(remote: Remote, url: str, path: Path) -> str | None:
    """Download to ``path`` and returns None, or says what went wrong; raises ``OSError`` when the disk refuses."""
    import pooch  # brings requests: slow to import, and only needed here
    import requests

    pooch.get_logger().setLevel(logging.WARNING)
    # Two workers may download at once; each renames its own.
    part = path.with_name(f"{path.name}.part-{secrets.token_hex(4)}")

    def download(url: str, target: str, _pooch: object) -> None:
        _stream(remote, url, Path(target))

    try:
        pooch.retrieve(url, None, fname=part.name, path=part.parent, downloader=download)
        if digest(part) != remote.sha256[path.name]:
            return f"{url} sent {part.stat().st_size} bytes that are not the published file; {_aside(part, path)}"
        plain = path.with_name(f"{path.name}.part-{secrets.token_hex(4)}")
        plain.touch()
        part.chmod(plain.stat().st_mode)  # pooch's temporary files are for their owner alone
        plain.unlink()
        part.replace(path)
        return None
    except _TooMuch as error:
        return f"{url} was given up: {error}"
    except requests.RequestException as error:
        return f"{url} cannot be had ({type(error).__name__}: check the network or a proxy)"
    finally:
        part.unlink(missing_ok=True)


class _TooMuch(Exception):
    """A mirror sends more, or for longer, than a file of the data set can take."""


def _stream(remote: Remote, url: str, target: Path) -> None:
    import requests

    until, had = time.monotonic() + remote.patience, 0
    with (
        requests.get(url, stream=True, timeout=remote.timeout, allow_redirects=True) as answer,
        target.open("wb") as file,
    ):
        answer.raise_for_status()
        for piece in answer.iter_content(65536):
            had += len(piece)
            if had > remote.most_bytes:
                raise _TooMuch(f"it sent more than the {remote.most_bytes} bytes that a file may have")
            if time.monotonic() > until:
                raise _TooMuch(f"it sent {had} bytes in {remote.patience:g} s, the most a file may take")
            file.write(piece)


def _aside(path: Path, wanted: Path) -> str:
    """Move ``path`` to a free name next to ``wanted`` and says so."""
    taken = 0
    while (target := wanted.with_name(f"{wanted.name}.corrupt{f'-{taken}' if taken else ''}")).exists():
        taken += 1
    path.rename(target)
    return f"the bad file was moved to {target}"


def _write_problem(error: OSError, folder: Path) -> str:
    what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "the folder cannot be written"
    return f"{what} at {folder} ({error}): free space there, or set TSINTERP_CACHE to another folder"


def _unavailable(remote: Remote, file: str, problems: list[str]) -> DataUnavailable:
    folder = paths.data(remote.name) or paths.downloads(remote.name)
    wanted = "; ".join(f"{name} (SHA-256 {sha256})" for name, sha256 in remote.sha256.items())
    return DataUnavailable(
        f"data set {remote.name!r}: {file} is not available. {'; '.join(problems)}. "
        f"Put these files into {folder} (or into {remote.name}/ of a folder that TSINTERP_DATA names): {wanted}."
    )
