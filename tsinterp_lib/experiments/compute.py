"""One unit of work: a fitted model, all its explainers, all their metrics, as rows."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from tsinterp_lib import checkpoints, paths
from tsinterp_lib.errors import CheckpointError
from tsinterp_lib.experiments import store
from tsinterp_lib.experiments.cells import VERSION, Cell, Plan
from tsinterp_lib.experiments.store import Row
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.guard import counted
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.trainers import Fitted
from tsinterp_lib.types import Curve, Dataset, Explanation

MODEL_METRICS = ("train_accuracy", "validation_accuracy", "test_accuracy", "epochs", "steps", "passed_gate")


def fitted(cell: Cell, dataset: Dataset | None = None, device: str = "cpu") -> tuple[Fitted, Dataset]:
    """The trained model of a cell and its data: loaded by key where it was trained before, else trained and kept.

    Data and first weights are drawn on the CPU whatever the ``device``, so they are the same on all of them; shuffles
    are too, dropout is drawn where the model is.
    """
    unit = cell.unit()
    data = (dataset or load(unit)).to(device)
    with scope(seed_from(unit.key(), "init")):
        model = build("model", unit.model, n_steps=data.n_steps, n_features=data.n_features, n_classes=data.n_classes)
    model.to(device)
    path = paths.checkpoints() / f"{unit.key()}.safetensors"
    if path.exists():
        try:
            return checkpoints.load(path, model, unit.unit_spec()), data
        except CheckpointError:
            path.unlink(missing_ok=True)  # written by other code or cut short: training again is always right
    trainer = build("trainer", unit.trainer, max_epochs=unit.profile.max_epochs)
    with scope(seed_from(unit.key(), "train")):
        result: Fitted = trainer.fit(model, data, seed=seed_from(unit.key(), "train"))
    checkpoints.save(path, result, unit.unit_spec())
    return result, data


def load(cell: Cell) -> Dataset:
    """The data of a cell; they depend on the data choice, the sizes and the seed, not on the model."""
    data: Dataset = build("dataset", cell.dataset).load(cell.profile.sizes, seed_from(cell.dataset.spec(), cell.seed))
    return data


def explain(cell: Cell, model: nn.Module, data: Dataset) -> tuple[Explanation, int, float]:
    """The explanation of a cell's test set, how many series went through the model for it, and the seconds it took."""
    assert cell.explainer is not None
    explainer: Explainer = build("explainer", cell.explainer)
    test = data.test if cell.samples is None else data.test[slice(cell.samples)]
    with scope(seed_from(cell.key(), "prepare")):
        explainer = explainer.prepare(model, data.train).for_samples(test)
    start = time.perf_counter()
    with scope(seed_from(cell.key(), "attribute")), counted(model) as calls:
        a = explainer.attribute(model, test.x, test.y)
    seconds = time.perf_counter() - start
    explanation = Explanation(
        model, test.x, test.y, a, test.importance, data.background, seed_from(cell.key(), "metrics")
    )
    return explanation, calls[0], seconds


def explanation_rows(cell: Cell, metrics: Sequence[Choice], model: nn.Module, data: Dataset, timed: bool) -> list[Row]:
    """The rows of one explainer: a row per scalar metric, a row per level of a curve."""
    e, calls, seconds = explain(cell, model, data)
    rows, where = [], e.x.device.type
    for choice in metrics:
        metric = build("metric", choice)
        scores = metric.curve(e) if isinstance(metric, Curve) else metric(e)[:, None]
        levels = metric.levels if isinstance(metric, Curve) else (None,)
        for level, column in zip(levels, scores.T, strict=True):
            rows.append(_row(cell, choice.label, level, column, calls, seconds if timed else math.nan, where))
    return rows


def model_rows(cell: Cell, result: Fitted, timed: bool, device: str = "cpu") -> list[Row]:
    """The rows of the fitted model itself: accuracies, epochs, steps, whether it passed the gate."""
    seconds = result.seconds if timed else math.nan
    values = {name: torch.tensor([float(getattr(result, name))]) for name in MODEL_METRICS}
    return [_row(cell.unit(), name, None, value, 0, seconds, device) for name, value in values.items()]


def compute_unit(cells: Sequence[Cell], plan: Plan, folder: Path, timed: bool = True, device: str = "cpu") -> int:
    """Compute what is missing of one unit and write its file; returns how many rows the file then has.

    The file is written after each explainer, so a kill loses one explanation at most. Two runs at once take turns:
    the second finds the rows of the first. With ``timed`` off the rows hold no wall time and are equal byte for byte
    however they were computed. ``device`` is where the model is trained and explained; its kind is in the rows.
    """
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = False  # single precision means single precision on every device
    key = cells[0].unit().key()
    with store.claimed(folder, key):
        rows = store.unit_rows(folder, key)
        missing = missing_cells(cells, pairs(rows), plan)
        if not missing:
            return len(rows)
        result, data = fitted(missing[0], device=device)
        for cell in missing:
            rows = [row for row in rows if row.cell != cell.key()]
            if cell.explainer is None:
                rows += model_rows(cell, result, timed, torch.device(device).type)
            else:
                rows += explanation_rows(cell, plan.metrics, result.model, data, timed)
            store.write_unit(folder / f"{key}.csv", rows)
        return len(rows)


def missing_cells(cells: Sequence[Cell], have: Iterable[tuple[str, str]], plan: Plan) -> list[Cell]:
    """The cells of which at least one metric has no row; ``have`` are the (cell, metric) pairs there are."""
    present = set(have)
    explained = {choice.label for choice in plan.metrics}
    wanted = [(c, explained if c.explainer else set(MODEL_METRICS)) for c in cells]
    return [cell for cell, metrics in wanted if not {(cell.key(), m) for m in metrics} <= present]


def pairs(rows: Iterable[Row]) -> set[tuple[str, str]]:
    """Which metric of which cell each row is."""
    return {(row.cell, row.metric) for row in rows}


def _row(cell: Cell, metric: str, at: float | None, scores: Tensor, calls: int, seconds: float, device: str) -> Row:
    scores = scores.to(torch.float64)
    scores = scores[~torch.isnan(scores)]
    n = len(scores)
    mean = float(scores.mean()) if n else math.nan
    sem = float(scores.std() / math.sqrt(n)) if n > 1 else math.nan
    where = (cell.study, cell.protocol, cell.profile.name, cell.dataset.label, cell.model.label, cell.trainer.label)
    explainer = cell.explainer.label if cell.explainer else ""
    return Row(
        *where, explainer, metric, at, cell.seed, mean, sem, n, calls, round(seconds, 3), device, cell.key(), VERSION
    )
