"""Rank an own model or an own explainer beside all others, in one call."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from torch import nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.types import Curve, Dataset, Explanation, Samples

Explainers = Mapping[str, Explainer | Choice]


def explain(
    model: nn.Module,
    samples: Samples,
    explainers: Explainers,
    train: Samples | None = None,
    background: Dataset | None = None,
    seed: int = 0,
) -> dict[str, Explanation]:
    """Explanations of ``samples`` by each explainer, for the true class; every explainer starts its own stream.

    ``train`` is what explainers that must learn are prepared on (default: ``samples``); ``background`` is the data set
    whose process fills masked cells. Raises :class:`InvalidInput` where labels are per step.
    """
    if samples.y.dim() != 1:
        raise InvalidInput(f"`y` has shape {tuple(samples.y.shape)}: explain one class per series.")
    found = {}
    for name, choice in explainers.items():
        explainer = build("explainer", choice) if isinstance(choice, Choice) else choice
        with scope(seed_from(name, seed)):
            explainer = explainer.prepare(model, train or samples).for_samples(samples)
            a = explainer.attribute(model, samples.x, samples.y)
        draw = background.background if background is not None else None
        found[name] = Explanation(model, samples.x, samples.y, a, samples.importance, draw, seed)
    return found


def compare(
    model: nn.Module,
    dataset: Dataset,
    explainers: Explainers | None = None,
    metrics: Sequence[str | Choice] = ("auroc", "average_precision", "aup_count", "aur_count"),
    seed: int = 0,
) -> pd.DataFrame:
    """Score explainers on the test split: a row per explainer and metric with mean and 95 % interval over samples.

    ``model`` is any module that maps (N, T, F) to (N, C). ``explainers`` maps a name to an :class:`Explainer` or a
    registry choice; default: every explainer of the library with its corrected settings. ``seconds`` is the wall time
    of the explanation. Curves give a row per level.
    """
    if explainers is None:
        from tsinterp_lib.explainers import CORRECTED

        explainers = CORRECTED
    rows = []
    for name, choice in explainers.items():
        start = time.perf_counter()
        e = explain(model, dataset.test, {name: choice}, dataset.train, dataset, seed)[name]
        seconds = time.perf_counter() - start
        rows += [{"explainer": name, **row, "seconds": seconds} for row in score(e, metrics)]
    return pd.DataFrame(rows)


def score(e: Explanation, metrics: Sequence[str | Choice]) -> list[dict[str, object]]:
    """Mean and normal 95 % interval over samples of each metric of one explanation; ``n`` leaves out undefined ones."""
    rows: list[dict[str, object]] = []
    for choice in metrics:
        metric = build("metric", choice)
        label = choice.label if isinstance(choice, Choice) else choice
        scores = metric.curve(e) if isinstance(metric, Curve) else metric(e)[:, None]
        levels = metric.levels if isinstance(metric, Curve) else (None,)
        for level, column in zip(levels, scores.T, strict=True):
            v = column[~torch.isnan(column)].double()
            mean = float(v.mean()) if len(v) else float("nan")
            half = 1.96 * float(v.std()) / len(v) ** 0.5 if len(v) > 1 else float("nan")
            row: dict[str, object] = {
                "metric": label,
                "at": level,
                "mean": mean,
                "low": mean - half,
                "high": mean + half,
                "n": len(v),
            }
            rows.append(row)
    return rows
