"""Draws the pictures of the first page from the rows there are: the studies' own, and every number's outcome."""

from __future__ import annotations

import hashlib
from pathlib import Path

from matplotlib.figure import Figure

from tsinterp_lib import figures, paths
from tsinterp_lib.engine import store
from tsinterp_lib.scoreboard import numbers
from tsinterp_lib.studies import all_pictures, all_printed
from tsinterp_lib.tables.papers import Picture

SOURCE = "Source"
"""The key of a picture's metadata that names the rows it was drawn from."""


def outcomes() -> Picture:
    """Return the picture of how many printed numbers got which outcome, from the rows that are compared with any."""
    studies = tuple(dict.fromkeys(study for found in all_printed() for study in found.studies))
    return Picture("outcomes", studies, _outcomes)


def _outcomes() -> Figure:
    board = numbers.scoreboard()
    return figures.outcome_counts(numbers.counts(board), numbers.expected(board))


def pictures() -> tuple[Picture, ...]:
    """Return every picture of the first page."""
    return (*all_pictures(), outcomes())


def path(picture: Picture) -> Path:
    """Say where a picture lies: beside the pages that show it."""
    return paths.root() / "book" / "figures" / f"{picture.name}.png"


def source(picture: Picture) -> str:
    """Say what identifies the rows behind a picture."""
    digest = hashlib.sha256()
    for study in picture.studies:
        if store.file_of(study).exists():
            digest.update(store.file_of(study).read_bytes())
    return f"results/ {', '.join(picture.studies)} sha256 {digest.hexdigest()}"


def draw(picture: Picture, target: Path | None = None) -> Path:
    """Draw a picture and note the rows it stands on in its metadata."""
    target = target or path(picture)
    figure = picture.draw()
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={SOURCE: source(picture)})
    return target
