"""Lead from a name to a thing: :class:`Choice` is the whole configuration language, :func:`build` its one use."""

from __future__ import annotations

import difflib
import inspect
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

from tsinterp_lib.errors import InvalidInput, UnknownName

if TYPE_CHECKING:  # the ground imports nothing from above it: these are the types that names stand for
    from torch import nn

    from tsinterp_lib.datasets.processes.base import Process
    from tsinterp_lib.perturbations import Perturbation
    from tsinterp_lib.types import DatasetSource, Explainer, Metric, Trainer

Scalar = str | int | float | bool | None
Spec = dict[str, object]
"""Names and parameters, ready for JSON."""

KINDS: dict[str, tuple[str, str]] = {
    "dataset": ("tsinterp_lib.datasets", "DATASETS"),
    "process": ("tsinterp_lib.datasets", "PROCESSES"),
    "layout": ("tsinterp_lib.datasets", "PLANTED"),
    "model": ("tsinterp_lib.models", "BLACK_BOXES"),
    "trainer": ("tsinterp_lib.trainers", "TRAINERS"),
    "explainer": ("tsinterp_lib.explainers", "EXPLAINERS"),
    "perturbation": ("tsinterp_lib.perturbations", "PERTURBATIONS"),
    "metric": ("tsinterp_lib.metrics", "METRICS"),
    "study": ("tsinterp_lib.studies", "STUDIES"),
    "profile": ("tsinterp_lib.engine.profiles", "PROFILES"),
}
"""Each kind of thing, and the module and name of the plain dict that lists it."""


@dataclass(frozen=True)
class Choice:
    """Holds a name, its keyword parameters and its printed label: ``Choice("tsr", {"base": Choice("gradient")})``."""

    name: str
    params: Mapping[str, Scalar | Choice] = field(default_factory=dict)
    alias: str | None = None

    @property
    def label(self) -> str:
        """Return the alias, else the name with its parameters in brackets: ``tsr[base=gradient]``."""
        if self.alias is not None:
            return self.alias
        inner = ",".join(f"{k}={v.label if isinstance(v, Choice) else v}" for k, v in sorted(self.params.items()))
        return f"{self.name}[{inner}]" if inner else self.name

    def spec(self) -> Spec:
        """Say what identifies the choice (the alias does not), ready for JSON."""
        params = {k: v.spec() if isinstance(v, Choice) else v for k, v in sorted(self.params.items())}
        return {"name": self.name, "params": params}

    def __hash__(self) -> int:
        return hash(json.dumps(self.spec(), sort_keys=True))


Settings = dict[str, Scalar | Choice]
"""Keyword parameters of a choice, while a plan puts them together."""


def table(kind: str) -> Mapping[str, Any]:
    """Return the dict that lists all things of a kind; raises :class:`UnknownName` for a kind there is not."""
    module, name = KINDS[known(kind, KINDS, "kind")]
    listed: Mapping[str, Any] = getattr(import_module(module), name)
    return listed


def find(kind: str, name: str) -> Any:
    """Return the thing of a kind that is listed under a name; raises :class:`UnknownName` with the nearest ones."""
    listed = table(kind)
    return listed[known(name, listed, kind)]


def known(name: str, names: Iterable[str], kind: str) -> str:
    """``name`` if it is one of ``names``; raises :class:`UnknownName` with the nearest and all of them otherwise."""
    names = list(names)
    if name in names:
        return name
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
    raise UnknownName(f"no {kind} is called {name!r}.{hint} Known: {', '.join(sorted(names))}.")


@overload
def build(kind: Literal["dataset"], choice: Choice | str, **given: object) -> DatasetSource: ...
@overload
def build(kind: Literal["process"], choice: Choice | str, **given: object) -> Process: ...
@overload
def build(kind: Literal["model"], choice: Choice | str, **given: object) -> nn.Module: ...
@overload
def build(kind: Literal["trainer"], choice: Choice | str, **given: object) -> Trainer: ...
@overload
def build(kind: Literal["explainer"], choice: Choice | str, **given: object) -> Explainer: ...
@overload
def build(kind: Literal["perturbation"], choice: Choice | str, **given: object) -> Perturbation: ...
@overload
def build(kind: Literal["metric"], choice: Choice | str, **given: object) -> Metric: ...
@overload
def build(kind: str, choice: Choice | str, **given: object) -> object: ...
def build(kind: str, choice: Choice | str, **given: object) -> object:
    """Return the thing a choice names, its nested choices built first; ``given`` adds what only the data can tell.

    Raises :class:`UnknownName` for a name or a parameter that does not exist, listing the nearest, and
    :class:`InvalidInput` for a parameter that is missing or of another type than it is declared.
    """
    choice = Choice(choice) if isinstance(choice, str) else choice
    maker = find(kind, choice.name)
    accepted = inspect.signature(maker).parameters
    params: dict[str, object] = {}
    for key, value in choice.params.items():
        known(key, accepted, f"parameter of {kind} {choice.name!r}")
        # A parameter with the name of a kind takes one of it; another takes what is built, as a wrapper its base.
        _check_type(f"`{key}` of {kind} {choice.name!r}", value, accepted[key].annotation)
        params[key] = build(key if key in KINDS else kind, value) if isinstance(value, Choice) else value
    clash = sorted(set(params) & set(given))
    if clash:
        raise InvalidInput(f"{kind} {choice.name!r}: {', '.join(clash)} come from the data; leave them out.")
    absent = [
        name
        for name, p in accepted.items()
        if p.default is p.empty
        and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and name not in {**params, **given}
    ]
    if absent:
        raise InvalidInput(
            f"{kind} {choice.name!r} needs {', '.join(f'`{n}`' for n in absent)}: give it in the choice, as "
            f"Choice({choice.name!r}, {{{absent[0]!r}: …}})."
        )
    made: object = maker(**params, **given)
    return made


SIMPLE = {"str", "int", "float", "bool", "None"}
THINGS = {"Explainer", "Axes", "Tensor", "Supervised"}


def _check_type(what: str, value: object, annotation: object) -> None:
    """Raise :class:`InvalidInput` for a scalar where a parameter is declared as another type, or as a thing."""
    declared = set(re.findall(r"\w+", annotation)) if isinstance(annotation, str) else set()
    if value is None or not isinstance(value, str | int | float) or not declared <= SIMPLE | THINGS or not declared:
        return
    fits = {type(value).__name__} | ({"float"} if type(value) is int else set())
    if fits & declared:
        return
    if "Explainer" in declared:
        step = "give a choice, as Choice('gradient')"
    elif "Axes" in declared:
        step = "the axes come from the data; leave it out"
    else:
        step = f"give {' or '.join(sorted(declared - {'None'}))}"
    raise InvalidInput(f"{what} is {value!r}: {step}.")
