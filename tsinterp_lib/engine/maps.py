"""Maps that chapters draw, kept beside the rows: ``results/arrays/STUDY.npz`` and where each map comes from.

A reader without the data sees the same pictures. Maps are kept as signed shares of their own largest magnitude, in
half precision: enough for a colour, not for a score, and scores come from rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from tsinterp_lib import paths
from tsinterp_lib.engine import kept
from tsinterp_lib.engine.explain import Seeds, explained
from tsinterp_lib.engine.grid import VERSION, Cell, Profile, Study
from tsinterp_lib.engine.runner import Say
from tsinterp_lib.engine.unit import fitted
from tsinterp_lib.errors import InvalidInput, MissingRows, StoreError
from tsinterp_lib.registry import Choice, known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, Samples

ABOUT = "about"
TRADITIONAL = "standard"


@dataclass(frozen=True)
class Maps:
    """Holds what a file of maps does: series (K, T, F) by data set, maps by (data set, network, explainer), labels.

    ``about`` names the study, the profile, the version, the indices of the test samples, and the key of the cell behind
    each map.
    """

    series: Mapping[str, Tensor]
    labels: Tensor
    maps: Mapping[tuple[str, str, str], Tensor]
    about: Mapping[str, Any]

    def of(self, dataset: str, model: str, explainers: Sequence[str] | None = None) -> dict[str, Tensor]:
        """Return the maps of one network on one data set by explainer; raises for a name that is not there."""
        there = {e: a for (d, m, e), a in self.maps.items() if (d, m) == (dataset, model)}
        if not there:
            pairs = ", ".join(sorted({f"{d} {m}" for d, m, _ in self.maps}))
            raise MissingRows(f"no maps of {model!r} on {dataset!r} are kept; there are those of: {pairs}.")
        wanted = list(there) if explainers is None else [known(e, there, "map") for e in explainers]
        return {e: there[e] for e in wanted}


def path(study: str) -> Path:
    """Say where the maps of a study are kept."""
    return paths.results() / "arrays" / f"{study}.npz"


def cells(
    study: Study, profile: Profile, drawn: Sequence[Choice], only: Mapping[str, Sequence[str]] | None = None
) -> list[Cell]:
    """Return the cells whose maps are drawn: every model of the first seed, or those of ``only``, each explained by
    ``drawn``.

    Raises :class:`tsinterp_lib.errors.UnknownName` for an axis or a label that the study does not have, and
    :class:`tsinterp_lib.errors.InvalidInput` where no model of the first seed is left.
    """
    units = [c for c in study.cells(profile, only) if c.explainer is None and c.seed == 0]
    if not units:
        raise InvalidInput(f"`only` is {only}: no model of seed 0 is left; name networks, trainers or data sets alone.")
    return [replace(unit, explainer=explainer) for unit in units for explainer in drawn]


def name_of(cell: Cell) -> str:
    """Return ``DATASET/MODEL/EXPLAINER``; a model that was not trained traditionally is ``MODEL[TRAINER]``."""
    trained = "" if cell.trainer.label == TRADITIONAL else f"[{cell.trainer.label}]"
    return f"{cell.dataset.label}/{cell.model.label}{trained}/{cell.explainer.label if cell.explainer else ''}"


def first_of_each_class(samples: Samples, n_classes: int) -> list[int]:
    """Return the index of the first sample of each class, in the order of the classes; a class without a sample is
    skipped.
    """
    found = [(samples.y == c).nonzero() for c in range(n_classes)]
    return [int(at[0]) for at in found if len(at)]


def save(
    study: Study,
    profile: Profile,
    drawn: Sequence[Choice],
    say: Say = print,
    only: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Explain the first test sample of each class with each choice, on every model, and write the file.

    ``only`` limits the models, as for a run; maps of other models that are kept already, of the same cells, stay.

    Models are those of the study: loaded where they were trained before, else trained. Each finished map is kept in the
    cache, so that a run which is stopped goes on. The samples are explained on their own, so that maps of methods that
    draw differ from those behind the rows by their draws.
    """
    arrays, keys = _kept(study, profile, drawn) if only else ({}, {})
    indices: list[int] = []
    found = cells(study, profile, drawn, only)
    loaded: tuple[str, nn.Module, Dataset] | None = None
    for number, cell in enumerate(found, 1):
        if loaded is None or loaded[0] != cell.unit().key():
            result, data = fitted(cell)
            loaded = (cell.unit().key(), result.model, data)
        _, model, data = loaded
        indices = first_of_each_class(data.test, data.n_classes)
        chosen = data.test[torch.tensor(indices)]
        arrays["labels"] = chosen.y.numpy()
        name = name_of(cell)
        arrays[f"series/{cell.dataset.label}"] = chosen.x.numpy().astype(np.float16)
        arrays[f"map/{name}"] = _map(cell, model, data, chosen)
        keys[name] = cell.key()
        say(f"[{number}/{len(found)}] {cell.text()}")
    ordered = {name: keys[name] for name in map(name_of, cells(study, profile, drawn)) if name in keys}
    about = {"study": study.name, "profile": profile.name, "version": VERSION, "indices": indices, "cells": ordered}
    arrays[ABOUT] = np.array(json.dumps(about))  # in the order of the cells, which figures keep
    target = path(study.name)
    kept.write_arrays(target, dict(sorted(arrays.items())))
    return target


def _kept(study: Study, profile: Profile, drawn: Sequence[Choice]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arrays of the file as it is, and the keys of their cells; what belongs to cells of old is left out."""
    if not path(study.name).exists():
        return {}, {}
    load(study.name)  # refuses a damaged file before anything is computed
    with np.load(path(study.name), allow_pickle=False) as file:
        there = json.loads(str(file[ABOUT]))["cells"]
        keys = {n: k for n, k in ((name_of(c), c.key()) for c in cells(study, profile, drawn)) if there.get(n) == k}
        series = {f"series/{name.split('/')[0]}" for name in keys}
        return {name: file[name] for name in (*series, *(f"map/{n}" for n in keys))}, keys


def load(study: str) -> Maps:
    """Return the kept maps of a study; raises :class:`MissingRows` where there are none, :class:`StoreError` where
    damaged.
    """
    source = path(study)
    if not source.exists():
        raise MissingRows(f"no maps of study {study!r} at {source}: run `tsinterp maps {study}` first.")
    try:
        with np.load(kept.sealed(source), allow_pickle=False) as file:
            about = json.loads(str(file[ABOUT]))
            tensors = {k: torch.from_numpy(file[k].astype(np.float32)) for k in file.files if "/" in k}
            labels = torch.from_numpy(file["labels"])
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise StoreError(f"{source} cannot be read ({error}): restore it with `git checkout {source.name}`.") from error
    maps = {}
    for name in about["cells"]:
        dataset, model, explainer = name.split("/")
        maps[dataset, model, explainer] = tensors[f"map/{name}"]
    series = {k.split("/")[1]: v for k, v in tensors.items() if k.startswith("series/")}
    return Maps(series, labels, maps, about)


def _map(cell: Cell, model: nn.Module, data: Dataset, chosen: Samples) -> np.ndarray:
    assert cell.explainer is not None
    stored = paths.cache() / "maps" / f"{cell.key()}.npz"
    if stored.exists():
        try:
            with np.load(kept.sealed(stored), allow_pickle=False) as file:
                return np.asarray(file["map"])
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            print(f"{stored} is damaged ({error}): it was moved to {paths.aside(stored)} and is computed again.")
    seeds = Seeds(seed_from(cell.key(), "prepare"), seed_from(cell.key(), "attribute"))
    a = explained(model, cell.explainer, chosen, data.train, seeds).explanation.attribution
    top = a.abs().flatten(1).amax(1).clamp_min(1e-30)[:, None, None]
    scaled = (a / top).numpy().astype(np.float16)
    kept.write_arrays(stored, {"map": scaled})
    return np.asarray(scaled)
