"""Seal a file with a digest of itself, so that a flipped bit is found and not computed with.

The writer leaves ``BLANK`` in a place for text (a comment, a header); :func:`close` puts the BLAKE2b digest of all
the file there, taken with the blank in it. One mechanism serves tables, units, checkpoints and maps alike.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

MARK = b"tsinterp-blake2b:"
BLANK = MARK + b"0" * 64


def close(path: Path) -> None:
    """Put the digest of a file in the place of its blank; raises ``ValueError`` where it has none."""
    content = path.read_bytes()
    at = content.rindex(BLANK)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(MARK + _digest(content))


def broken(content: bytes) -> bool:
    """Say whether a sealed file is not what was written; a file without a seal, of an earlier version, is not."""
    at = content.rfind(MARK)
    if at < 0:
        return False
    end = at + len(BLANK)
    return content[at + len(MARK) : end] != _digest(content[:at] + BLANK + content[end:])


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=32).hexdigest().encode()
