"""Rank an own model or an own explainer beside all others, in one call."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from torch import nn

from tsinterp_lib import checks
from tsinterp_lib.engine.explain import Seeds, explained, explainer_of, scored
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import CORRECTED
from tsinterp_lib.registry import Choice
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.trainers import Fitted
from tsinterp_lib.types import Dataset, Explainer, Explanation, Samples

NO_SCORE = {"metric": "", "at": None, "mean": math.nan, "low": math.nan, "high": math.nan, "n": 0, "seconds": math.nan}
"""The row of an explainer that refuses."""

Explainers = Mapping[str, Explainer | Choice | str]


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
    _check(explainers)
    if samples.y.dim() != 1:
        raise InvalidInput(f"`y` has shape {tuple(samples.y.shape)}: explain one class per series.")
    draw = background.background if background is not None else None
    return {
        name: explained(model, choice, samples, train or samples, Seeds(seed_from(name, seed), None, seed), draw)[0]
        for name, choice in explainers.items()
    }


def compare(
    model: nn.Module,
    dataset: Dataset,
    explainers: Explainers | None = None,
    metrics: Sequence[str | Choice] = ("auroc", "average_precision", "aup_count", "aur_count"),
    seed: int = 0,
) -> pd.DataFrame:
    """Score explainers on the test split: a row per explainer and metric with mean and 95 % interval over samples.

    ``model`` is any module that maps (N, T, F), or samples with other axes, to (N, C). ``explainers`` maps a name to an
    :class:`Explainer`, a registry choice or a name in the registry; default: every explainer of the library with its
    corrected settings. ``seconds`` is the wall time of the explanation. A metric of several levels gives a row per
    level. An explainer that refuses the data or the model gives one row without a metric, and a column ``reason`` holds
    why; raises its :class:`InvalidInput` where all refuse, and as metrics do.
    """
    checks.check_model(model)
    if explainers is None:
        explainers = CORRECTED
    _check(explainers)
    built = {name: explainer_of(choice) for name, choice in explainers.items()}
    rows: list[dict[str, object]] = []
    refused: list[InvalidInput] = []
    for name, explainer in built.items():
        start = time.perf_counter()
        try:
            e = explain(model, dataset.test, {name: explainer}, dataset.train, dataset, seed)[name]
        except InvalidInput as error:
            refused.append(error)
            rows.append({"explainer": name, **NO_SCORE, "reason": str(error)})
            continue
        seconds = time.perf_counter() - start
        rows += [{"explainer": name, **row, "seconds": seconds} for row in score(e, metrics)]
    if refused and len(refused) == len(built):
        raise refused[0]
    return pd.DataFrame(rows)


def _check(explainers: object) -> None:
    if not isinstance(explainers, Mapping):
        raise InvalidInput(
            f"`explainers` is a {type(explainers).__name__}: give a dict from names of your choice to explainers, "
            "{'mine': Gradient()}."
        )


def score(e: Explanation, metrics: Sequence[str | Choice]) -> list[dict[str, object]]:
    """Return mean and normal 95 % interval over samples of each metric of one explanation; ``n`` leaves out undefined
    ones.
    """
    rows: list[dict[str, object]] = []
    for label, level, scores in scored(e, metrics):
        v = scores[~torch.isnan(scores)].double()
        mean = float(v.mean()) if len(v) else float("nan")
        half = 1.96 * float(v.std()) / len(v) ** 0.5 if len(v) > 1 else float("nan")
        rows.append({"metric": label, "at": level, "mean": mean, "low": mean - half, "high": mean + half, "n": len(v)})
    return rows


def compared(
    fitted: Mapping[str, Fitted],
    dataset: Dataset,
    explainers: Mapping[str, Choice],
    metrics: Sequence[str | Choice],
    seed: int = 0,
) -> pd.DataFrame:
    """Return :func:`tsinterp_lib.compare.compare` for several networks, stacked, with a column ``model``."""
    frames = [compare(f.model, dataset, explainers, metrics, seed).assign(model=n) for n, f in fitted.items()]
    return pd.concat(frames, ignore_index=True)
