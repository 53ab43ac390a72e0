"""The schema of a row, and which columns it has from the choices of its cell."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tsinterp_lib.engine.grid import Cell
from tsinterp_lib.registry import Choice


@dataclass(frozen=True)
class Row:
    """Holds one number: the mean ``value`` of a metric over ``n`` samples of a cell, with its standard error ``sem``.

    ``at`` is the level on a curve (None for a scalar); ``forward_calls`` counts series that went through the model to
    explain the test set; ``seconds`` is the wall time of that; ``cell`` and ``version`` say what computed it.
    ``layout`` and ``process`` are the parts of the data set, ``base`` and ``variant`` those of the explainer.
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
    layout: str = ""
    process: str = ""
    base: str = ""
    variant: str = ""


COLUMNS = tuple(f.name for f in fields(Row))
KEYS = ("protocol", "profile", "dataset", "model", "trainer", "explainer", "metric", "at", "seed")
PARTS = ("layout", "process", "base", "variant")
"""Columns that are read off the choices of a cell; rows of earlier versions are without."""


def parts(cell: Cell) -> dict[str, str]:
    """Say what a cell's data set and explainer are made of.

    ============  =================================================================================================
    column        what it holds
    ============  =================================================================================================
    ``layout``    the name of the data set
    ``process``   its background process; empty where it has none
    ``base``      the method that is run; of a wrapped one, the innermost
    ``variant``   how it differs from its base: what stands in brackets, or its whole label; empty for the base itself
    ============  =================================================================================================
    """
    process = cell.dataset.params.get("process")
    base, variant = ("", "") if cell.explainer is None else _method(cell.explainer)
    return {"layout": cell.dataset.name, "process": _name(process), "base": base, "variant": variant}


def labels(cell: Cell) -> dict[str, str]:
    """Return the names that rows of a cell have today: the labels of its plan, and its parts."""
    return {
        "protocol": cell.protocol,
        "dataset": cell.dataset.label,
        "model": cell.model.label,
        "trainer": cell.trainer.label,
        "explainer": cell.explainer.label if cell.explainer else "",
        **parts(cell),
    }


def _method(explainer: Choice) -> tuple[str, str]:
    inner = explainer
    while isinstance(within := inner.params.get("base"), Choice):
        inner = within
    label = explainer.label
    if label == inner.name:
        return inner.name, ""
    inside = label.removeprefix(f"{inner.name}[")
    return inner.name, inside.removesuffix("]") if inside != label else label


def _name(value: object) -> str:
    if value is None:
        return ""
    return value.label if isinstance(value, Choice) else str(value)
