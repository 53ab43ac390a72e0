"""One unit of work: a fitted model, all its explainers, all their metrics, as rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from tsinterp_lib import paths
from tsinterp_lib.axes import SERIES
from tsinterp_lib.engine import checkpoints, kept, units
from tsinterp_lib.engine.explain import Explained, Scored, Seeds, explained, scored
from tsinterp_lib.engine.grid import VERSION, Cell, Plan
from tsinterp_lib.engine.made_by import maker
from tsinterp_lib.engine.rows import Row, parts
from tsinterp_lib.errors import CheckpointDamaged, CheckpointError
from tsinterp_lib.registry import Choice, build, find
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.trainers import Fitted
from tsinterp_lib.types import Dataset, Explainer, Explanation, Retraining, Samples

MODEL_METRICS = ("train_accuracy", "validation_accuracy", "test_accuracy", "epochs", "steps", "passed_gate")


Pairs = Collection[tuple[str, str]]
"""(cell, metric) pairs."""


def fitted(
    cell: Cell, dataset: Dataset | None = None, device: str = "cpu", again: bool = False
) -> tuple[Fitted, Dataset]:
    """Return the trained model of a cell and its data: loaded by key where it is kept, else trained and kept.

    With ``again`` it is trained whatever there is. A damaged checkpoint is moved aside, which is said.

    Data and first weights are drawn on the CPU whatever the ``device``, so they are the same on all of them; shuffles
    are too, dropout is drawn where the model is.
    """
    unit = cell.unit()
    data = (dataset or load(unit)).to(device)
    with scope(first_weights(unit)):
        model = network(unit.model, data)
    model.to(device)
    path = paths.checkpoints() / f"{unit.key()}.safetensors"
    if path.exists() and not again:
        try:
            return checkpoints.load(path, model, unit.unit_spec()), data
        except CheckpointDamaged as error:
            print(f"{error} It was moved to {paths.aside(path)}; the model is trained again.")
        except CheckpointError:
            path.unlink(missing_ok=True)  # written by other code: training again is always right
    trainer = build("trainer", unit.trainer, max_epochs=unit.profile.max_epochs)
    with scope(seed_from(unit.key(), "train")):
        result = trainer.fit(model, data, seed=seed_from(unit.key(), "train"))
    checkpoints.save(path, result, unit.unit_spec())
    return result, data


def first_weights(cell: Cell) -> int:
    """Return the seed of a model's first weights: of its unit, or, for trainers that share them, of model and seed."""
    if cell.unit().trainer.params.get("first_weights") == "shared":
        return seed_from(cell.model.spec(), cell.seed, "shared init")
    return seed_from(cell.unit().key(), "init")


def network(choice: Choice, data: Dataset) -> nn.Module:
    """Return a network for a data set, its first weights drawn from torch's global generator.

    One of series is told steps and features, any other the lengths of all axes of a sample.
    """
    if data.axes == SERIES:
        return build("model", choice, n_steps=data.n_steps, n_features=data.n_features, n_classes=data.n_classes)
    return build("model", choice, shape=tuple(data.train.x.shape[1:]), n_classes=data.n_classes)


def load(cell: Cell) -> Dataset:
    """Return the data of a cell; they depend on the data choice, the sizes and the seed, not on the model."""
    return build("dataset", cell.dataset).load(cell.profile.sizes, seed_from(cell.dataset.spec(), cell.seed))


def explain(cell: Cell, model: nn.Module, data: Dataset) -> Explained:
    """Return the explanation of a cell's test set, how many series went through the model for it, and the seconds."""
    assert cell.explainer is not None
    return explained(model, cell.explainer, _test(cell, data), data.train, _seeds(cell), data.background)


def explanation(cell: Cell, model: nn.Module, data: Dataset, again: bool = False) -> tuple[Explanation, int, float]:
    """Return the explanation of a cell, kept in the cache or explained and kept; series through the model; seconds.

    With ``again`` it is explained whatever there is.
    """
    there = None if again else kept.load(cell.key())
    if there is None:
        e, _, calls, seconds = explain(cell, model, data)
        kept.save(cell.key(), e.attribution, calls, seconds)
        return e, calls, seconds
    test = _test(cell, data)
    a = there.attribution.to(test.x.device)
    e = Explanation(model, test.x, test.y, a, test.importance, data.background, _seeds(cell).metrics, test.axes)
    return e, there.calls, there.seconds


def retraining(cell: Cell, model: nn.Module, data: Dataset, memo: dict[object, Tensor]) -> Retraining:
    """Say what metrics need that train the network of a cell again; ``memo`` is shared by the explainers of a model."""
    assert cell.explainer is not None
    seeds, choice = _seeds(cell), cell.explainer

    @cache
    def prepared() -> Explainer:
        with scope(seeds.prepare):
            return build("explainer", choice).for_axes(data.axes).prepare(model, data.train)

    def explain_split(samples: Samples, target: Tensor, split: str) -> Tensor:
        with scope(seed_from(seeds.attribute, split)):
            return prepared().explain_samples(model, samples, target)

    trainer = build("trainer", cell.trainer, max_epochs=cell.profile.max_epochs)
    start = seed_from(cell.unit().key(), "retraining")
    return Retraining(data, explain_split, lambda: network(cell.model, data), trainer, start, memo)


def explanation_rows(
    cell: Cell,
    metrics: Sequence[Choice],
    model: nn.Module,
    data: Dataset,
    timed: bool,
    again: bool = False,
    memo: dict[object, Tensor] | None = None,
    passed_gate: bool = True,
) -> list[Row]:
    """Return the rows of one explainer: a row per metric and level; ``memo`` keeps what all explainers of a model
    share.

    A network that failed the gate is not trained again: its rows of metrics that would do so hold no value.
    """
    e, calls, seconds = explanation(cell, model, data, again)
    e = replace(e, retraining=retraining(cell, model, data, {} if memo is None else memo))
    seconds = seconds if timed else math.nan
    found: list[Scored] = []
    for choice in metrics:
        metric = build("metric", choice)
        if metric.retrains and not passed_gate:
            found += [Scored(choice.label, level, torch.tensor([math.nan])) for level in metric.levels]
        else:
            found += scored(e, [choice])
    return [_row(cell, *scores, calls, seconds, e.x.device.type) for scores in found]


def model_rows(cell: Cell, result: Fitted, timed: bool, device: str = "cpu") -> list[Row]:
    """Return the rows of the fitted model itself: accuracies, epochs, steps, whether it passed the gate."""
    seconds = result.seconds if timed else math.nan
    values = {name: torch.tensor([float(getattr(result, name))]) for name in MODEL_METRICS}
    return [_row(cell.unit(), name, None, value, 0, seconds, device) for name, value in values.items()]


def compute_unit(
    cells: Sequence[Cell],
    plan: Plan,
    folder: Path,
    timed: bool = True,
    device: str = "cpu",
    stored: Pairs = (),
    force: bool = False,
) -> int:
    """Compute what is missing of one unit and write its file; returns how many rows the file then has.

    The file is written after each explainer, so a kill loses one explanation at most. Two runs at once take turns:
    the second finds the rows of the first. With ``timed`` off the rows hold no wall time and are equal byte for byte
    however they were computed. ``device`` is where the model is trained and explained; its kind is in the rows.
    Metrics that are ``stored`` are not computed again; with ``force`` everything is, training included.
    """
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = False  # single precision means single precision on every device
    key = cells[0].unit().key()
    with units.claimed(folder, key):
        rows, made = units.unit(folder, key)
        makers = {cell: list(found) for cell, found in made.items()}
        have = set() if force else pairs(rows) | set(stored)
        missing = missing_cells(cells, have, plan)
        if not missing:
            return len(rows)
        result, data = fitted(missing[0], device=device, again=force)
        here = maker(device)
        memo: dict[object, Tensor] = {}
        for cell in missing:
            metrics = missing_metrics(cell, have, plan)
            rows = [row for row in rows if row.cell != cell.key() or row.metric not in metrics]
            if cell.explainer is None:
                rows += model_rows(cell, result, timed, torch.device(device).type)
            else:
                chosen = [metric for metric in plan.metrics if metric.label in metrics]
                rows += explanation_rows(cell, chosen, result.model, data, timed, force, memo, result.passed_gate)
            others = [] if force else makers.get(cell.key(), [])
            makers[cell.key()] = sorted({*others, here})
            units.write_unit(folder / f"{key}.csv", rows, makers)
        kept.drop_oldest()
        return len(rows)


def missing_metrics(cell: Cell, have: Pairs, plan: Plan) -> set[str]:
    """Return the metrics of a cell that have no row; those of a fitted model are computed together."""
    if cell.explainer is not None:
        return {choice.label for choice in plan.metrics if (cell.key(), choice.label) not in have}
    return set() if {(cell.key(), metric) for metric in MODEL_METRICS} <= set(have) else set(MODEL_METRICS)


def missing_cells(cells: Sequence[Cell], have: Iterable[tuple[str, str]], plan: Plan) -> list[Cell]:
    """Return the cells of which at least one metric has no row; ``have`` are the (cell, metric) pairs there are."""
    present = set(have)
    explained = {choice.label for choice in plan.metrics}
    wanted = [(c, explained if c.explainer else set(MODEL_METRICS)) for c in cells]
    return [cell for cell, metrics in wanted if not {(cell.key(), m) for m in metrics} <= present]


def pairs(rows: Iterable[Row]) -> set[tuple[str, str]]:
    """Say which metric of which cell each row is."""
    return {(row.cell, row.metric) for row in rows}


def _test(cell: Cell, data: Dataset) -> Samples:
    return data.test if cell.samples is None else data.test[slice(cell.samples)]


def _seeds(cell: Cell) -> Seeds:
    choice = cell.explainer
    alike = find("explainer", choice.name).drawn_alike if choice else ()
    if choice and alike:
        shared = {name: value for name, value in choice.params.items() if name not in alike}
        cell = replace(cell, explainer=Choice(choice.name, shared))
    return Seeds(*(seed_from(cell.key(), part) for part in ("prepare", "attribute", "metrics")))


def _row(cell: Cell, metric: str, at: float | None, scores: Tensor, calls: int, seconds: float, device: str) -> Row:
    scores = scores.to(torch.float64)
    scores = scores[~torch.isnan(scores)]
    n = len(scores)
    mean = float(scores.mean()) if n else math.nan
    sem = float(scores.std() / math.sqrt(n)) if n > 1 else math.nan
    where = (cell.study, cell.protocol, cell.profile.name, cell.dataset.label, cell.model.label, cell.trainer.label)
    explainer = cell.explainer.label if cell.explainer else ""
    return Row(
        *where, explainer, metric, at, cell.seed, mean, sem, n, calls, round(seconds, 3), device, cell.key(), VERSION,
        **parts(cell),
    )  # fmt: skip
