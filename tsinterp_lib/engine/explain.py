"""Explain samples and score the explanation: the one way from an explainer to numbers, whoever asks.

The caller says where the draws start (:class:`Seeds`), so that a row, a page and a comparison each keep their own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib import checks, parts
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.guard import counted
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Background, Explainer, Explanation, Samples


@dataclass(frozen=True)
class Seeds:
    """Says where each kind of draw starts.

    =============  =======  ==================================================================================
    field          default  whose draws
    =============  =======  ==================================================================================
    ``prepare``             those of preparing the explainer
    ``attribute``  None     those of explaining; None: they go on where those of preparing ended
    ``metrics``    0        those of metrics that draw
    =============  =======  ==================================================================================
    """

    prepare: int
    attribute: int | None = None
    metrics: int = 0


class Explained(NamedTuple):
    """Holds an explanation, the prepared explainer that made it, and what explaining cost."""

    explanation: Explanation
    explainer: Explainer
    calls: int
    """How many series went through the model to explain the samples; preparing is not counted."""
    seconds: float
    """The wall time of explaining; preparing is not counted."""


class Scored(NamedTuple):
    """Holds the scores of a metric at one of its levels, one per sample."""

    metric: str
    level: float | None
    values: Float[Tensor, "N"]


def explained(
    model: nn.Module,
    explainer: Explainer | Choice | str,
    samples: Samples,
    train: Samples,
    seeds: Seeds,
    background: Background | None = None,
) -> Explained:
    """Return the explanation of ``samples`` for their labels by an explainer that is prepared on ``train``.

    A choice or a name is built first; an explainer is told the axes of the samples where they are not its own. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` for axes that it cannot explain, and as it does itself.
    """
    method = explainer_of(explainer)
    checks.check_model(model)
    if method.axes != samples.axes:
        method = method.for_axes(samples.axes)
    with scope(seeds.prepare):
        method = method.prepare(model, train).for_samples(samples)
        if seeds.attribute is None:
            a, calls, seconds = _attribute(method, model, samples)
    if seeds.attribute is not None:
        with scope(seeds.attribute):
            a, calls, seconds = _attribute(method, model, samples)
    beside = parts.beside(model, samples)
    known = (samples.importance, background, seeds.metrics, samples.axes, samples.lengths, beside)
    e = Explanation(model, samples.x, samples.y, a, *known)
    return Explained(e, method, calls, seconds)


def explainer_of(given: object) -> Explainer:
    """Return the explainer that is given, or that a choice or a name in the registry stands for; refuses anything
    else.
    """
    if isinstance(given, Choice | str):
        return build("explainer", given)
    if not isinstance(given, Explainer):
        what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
        raise InvalidInput(
            f"an explainer is {what}: give an instance, e.g. Gradient(), a Choice, or a name, 'gradient'."
        )
    return given


def scored(e: Explanation, metrics: Iterable[Choice | str]) -> Iterator[Scored]:
    """Return the scores of an explanation: a vector per metric and level, under the metric's label."""
    for choice in metrics:
        metric = build("metric", choice)
        label = choice.label if isinstance(choice, Choice) else choice
        for level, column in zip(metric.levels, metric.scores(e).T, strict=True):
            yield Scored(label, level, column)


def _attribute(explainer: Explainer, model: nn.Module, samples: Samples) -> tuple[Tensor, int, float]:
    start = time.perf_counter()
    with counted(model) as calls:
        a = explainer.explain_samples(model, samples)
    return a, calls[0], time.perf_counter() - start
