"""What there is to compute: profiles, cells, studies. A row depends on its cell alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import Choice, known
from tsinterp_lib.types import Sizes

VERSION = "1"
"""Version of everything that makes a number; raise it when a change moves numbers, and the old rows are stale."""


@dataclass(frozen=True)
class Profile:
    """Says how large an experiment is: split sizes, most epochs, number of seeds (0, 1, …)."""

    name: str
    sizes: Sizes
    max_epochs: int
    n_seeds: int

    def spec(self) -> dict[str, Any]:
        """Say what of the profile a cell depends on: everything but the number of seeds."""
        return {"name": self.name, "sizes": dict(vars(self.sizes)), "max_epochs": self.max_epochs}


@dataclass(frozen=True)
class Cell:
    """Names one explained model: the explainer is None for the rows of the fitted model itself (accuracy, epochs).

    ``samples`` is how many test samples, the first ones, are explained; None explains all of them.
    """

    study: str
    protocol: str
    profile: Profile
    dataset: Choice
    model: Choice
    trainer: Choice
    explainer: Choice | None
    seed: int
    samples: int | None = None

    def key(self) -> str:
        """Short hash of all a number depends on, the version of the computing code included."""
        spec = {**self.unit_spec(), "explainer": self.explainer.spec() if self.explainer else None}
        # Named only where it limits anything: rows of cells that explain the whole test set keep their keys.
        return _digest(spec if self.samples is None else {**spec, "samples": self.samples})

    def unit_spec(self) -> dict[str, Any]:
        """Say what identifies the fitted model of this cell; the study's name does not, studies may share models."""
        return {
            "version": VERSION,
            "protocol": self.protocol,
            "profile": self.profile.spec(),
            "dataset": self.dataset.spec(),
            "model": self.model.spec(),
            "trainer": self.trainer.spec(),
            "seed": self.seed,
        }

    def unit(self) -> Cell:
        """Return the cell of the fitted model itself."""
        return replace(self, explainer=None, samples=None)

    def text(self) -> str:
        """Return the cell in words, for progress lines and errors."""
        parts = [self.protocol, self.dataset.label, self.model.label, f"seed {self.seed}"]
        return " · ".join(parts + ([self.explainer.label] if self.explainer else []))


@dataclass(frozen=True)
class Plan:
    """Lists what one protocol of a study compares.

    ``without`` names (model, explainer) pairs that are left out, and why; ``samples`` limits how many test samples
    are explained, for methods that cost minutes a sample. ``trainers_of`` adds trainers of one pair of names (model,
    data set) to those of all, for settings that were published per pair.
    """

    datasets: tuple[Choice, ...]
    models: tuple[Choice, ...]
    trainers: tuple[Choice, ...]
    explainers: tuple[Choice, ...]
    metrics: tuple[Choice, ...]
    without: Mapping[tuple[str, str], str] = field(default_factory=dict)
    samples: int | None = None
    trainers_of: Mapping[tuple[str, str], tuple[Choice, ...]] = field(default_factory=dict)

    def units(self) -> Iterator[tuple[Choice, Choice, Choice]]:
        """Return every (model, data set, trainer)."""
        for model, dataset in product(self.models, self.datasets):
            for trainer in (*self.trainers, *self.trainers_of.get((model.name, dataset.name), ())):
                yield model, dataset, trainer


@dataclass(frozen=True)
class Study:
    """Names a grid of cells.

    ==============  ===============================================================================================
    field           what it holds
    ==============  ===============================================================================================
    ``name``        under which its rows are kept
    ``question``    the question it answers
    ``plan``        from the name of a profile to the plan of each protocol
    ``most_seeds``  at most how many seeds it asks; None: as many as the profile
    ``own``         its own sizes under the name of a profile, where its paper has others than the benchmark's
    ``profiles``    those whose rows are kept in ``results/``, default ``paper``: what ``tsinterp results`` computes
    ``drawn``       explainers whose maps are kept for pages, beside the rows
    ==============  ===============================================================================================
    """

    name: str
    question: str
    plan: Callable[[str], Mapping[str, Plan]]
    most_seeds: int | None = None
    own: Mapping[str, Profile] = field(default_factory=dict)
    profiles: tuple[str, ...] = ("paper",)
    drawn: tuple[Choice, ...] = ()

    def cells(self, profile: Profile, only: Mapping[str, Sequence[str]] | None = None) -> list[Cell]:
        """Return every cell at a profile, in the order of computing; ``only`` keeps named labels, e.g. ``{"model":
        ["tcn"]}``.

        Raises for a key or label of ``only`` that the study does not have.
        """
        cells = list(self._all(profile))
        for key, wanted in (only or {}).items():
            known(key, AXES, "axis of a study")
            labels = {AXES[key](c) for c in cells}
            keep = {known(str(w), labels - {""}, key) if w else "" for w in wanted}
            cells = [c for c in cells if AXES[key](c) in keep or (key == "explainer" and c.explainer is None)]
        return cells

    def _all(self, profile: Profile) -> Iterator[Cell]:
        profile = self.own.get(profile.name, profile)
        # Seeds are outermost: stopped early, the study has fewer seeds and not fewer networks or layouts.
        seeds = range(profile.n_seeds if self.most_seeds is None else min(profile.n_seeds, self.most_seeds))
        for seed, (protocol, plan) in product(seeds, self.plan(profile.name).items()):
            for model, dataset, trainer in plan.units():
                unit = Cell(self.name, protocol, profile, dataset, model, trainer, None, seed)
                yield unit
                for explainer in plan.explainers:
                    if (model.name, explainer.name) not in plan.without:
                        yield replace(unit, explainer=explainer, samples=plan.samples)


AXES: dict[str, Callable[[Cell], str]] = {
    "protocol": lambda c: c.protocol,
    "dataset": lambda c: c.dataset.label,
    "model": lambda c: c.model.label,
    "trainer": lambda c: c.trainer.label,
    "explainer": lambda c: c.explainer.label if c.explainer else "",
    "seed": lambda c: str(c.seed),
}
"""The axes by which cells can be chosen, each with the label a cell has on it."""


def by_unit(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """Return cells grouped by the fitted model they share, in the order given; the key is that of the model's own
    cell.
    """
    units: dict[str, list[Cell]] = {}
    for cell in cells:
        units.setdefault(cell.unit().key(), []).append(cell)
    return units


def check_unique(cells: Sequence[Cell]) -> None:
    """Raises where two cells of a study have the same key: their rows could not be told apart."""
    seen: dict[str, Cell] = {}
    for cell in cells:
        other = seen.setdefault(cell.key(), cell)
        if other is not cell:
            raise InvalidInput(f"two cells have one key: {cell.text()} and {other.text()}; give one other parameters.")


def _digest(spec: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16]
