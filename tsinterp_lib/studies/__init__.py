"""Lists the studies: one folder each, or one for a family that shares its data.

A folder's ``__init__.py`` names its ``STUDIES``. Beside it lie ``plan.py`` (what is computed), ``page.py`` (tables,
figures and sentences of its chapter) and, where a paper is re-tested, ``claims.py`` with ``CLAIMS`` and ``PRINTED``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tsinterp_lib.engine.grid import Study

if TYPE_CHECKING:
    from tsinterp_lib.tables.papers import Claims, Picture, Printed

FOLDERS = (
    "benchmark",
    "processes",
    "rescaling",
    "audit",
    "digits",
    "guided",
    "vanishing",
    "rare",
    "state",
    "roar_mnist",
    "roar_series",
    "guided_images",
    "fit_simulated",
)
"""Every folder, in the order in which its studies are computed; a new study adds its own here and nothing elsewhere."""

STUDIES: dict[str, Study] = {
    study.name: study for folder in FOLDERS for study in import_module(f"{__name__}.{folder}").STUDIES
}
"""Every study by name."""


def all_claims() -> list[Claims]:
    """Say what the studies judge of the papers' claims: the ``CLAIMS`` of each folder's ``claims.py``."""
    return _listed("claims", "CLAIMS")


def all_printed() -> list[Printed]:
    """Say which printed tables the studies re-test: the ``PRINTED`` of each folder's ``claims.py``."""
    return _listed("claims", "PRINTED")


def all_pictures() -> list[Picture]:
    """Say what the studies show on the first page: the ``PICTURES`` of each folder's ``page.py``."""
    return _listed("page", "PICTURES")


def _listed(part: str, name: str) -> list[Any]:
    there = [f"{__name__}.{folder}.{part}" for folder in FOLDERS]
    modules = [import_module(module) for module in there if find_spec(module) is not None]
    return [item for module in modules for item in getattr(module, name, ())]
