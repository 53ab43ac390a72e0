"""Remove and retrain (ROAR), keep and retrain (KAR), and the controls of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
import torch.nn.functional as nnf
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.axes import CELL, IMAGE
from tsinterp_lib.checks import check_attribution
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.metrics.roar.filling import FILLS, filled
from tsinterp_lib.metrics.roar.ranking import RANKINGS, Ranked, n_removed, ranked, replaced, unit_scores
from tsinterp_lib.parts import padded
from tsinterp_lib.registry import known
from tsinterp_lib.retraining import Retraining
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.trainers.redrawn_mask import RedrawnMask
from tsinterp_lib.trainers.standard import Standard
from tsinterp_lib.types import Dataset, Explanation, Fitted, Metric, Samples

PUBLISHED = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
SPLITS = ("train", "validation", "test")
TARGETS = ("predicted", "true")
SHOWN = ("filled", "mask")
CHUNK = 500


@dataclass(frozen=True)
class RemoveAndRetrain(Metric):
    r"""Trains the network again without the cells that a map ranks first, and tests it so :cite:p:`hooker2019`.

    .. math:: \mathrm{ROAR}(t) = \frac1N \sum_n \mathbf 1\left[\arg\max_c f^{(t)}_c(\tilde x_n) = y_n\right], \quad
        f^{(t)} \text{ trained on } \{(\tilde x_i, y_i)\}, \quad
        \tilde x = x \text{ with the top } \lfloor t\,n \rfloor \text{ units replaced}

    A better map makes it fall faster; the yardstick is the random map at the same t, and the same network, trainer
    and settings are used for every retraining. All three splits are changed by maps of the model that is explained.
    First weights, order and draws of a retraining depend on the explained model and the level alone, so that explainers
    are compared in pairs, and differ from those of the explained model. Level 0 is the unmodified run. Scores are of
    the whole test split, whatever was explained.

    ==============  ================  ==============================================================================
    field           default           what it says
    ==============  ================  ==============================================================================
    ``keep``        False             True: keep the top units and replace the others (KAR); higher is better then
    ``ranking``     ``signed``        ``signed``: most positive first, as published; ``squared``: by magnitude
    ``unit``        ``cell``          the unit of removal: ``cell`` (a scalar, as published), or names of axes as in
                                      ``row+column`` (a pixel), ``time``, ``feature``; a unit scores its cells' sum
    ``fill``        ``channel_mean``  see :func:`~tsinterp_lib.metrics.roar.filling.filled`
    ``target``      ``predicted``     which class is explained: the predicted one, as published, or the ``true`` one,
                                      whose maps of test samples know the answer
    ``shown``       ``filled``        ``mask``: the network sees nothing but which cells were replaced, which says how
                                      much the shape of the hole gives away
    ``retrain``     True              False: the explained model itself is tested on the changed test samples
    ``redrawn``     False             True: a mask of the trained batch is drawn anew each time it is seen, each cell
                                      with probability t, as the released code does for its random control
    ``reprocess``   False             True: enlarge by 8/7 and crop the centre after replacing, as released (images)
    ``restarts``    0                 a retrained network that fails its trainer's gate is trained again, so often at
                                      most, from other weights; the best on validation samples is tested
    ``levels``      0, 10 … 90 %      the shares t; a text of numbers with spaces in a configuration
    ==============  ================  ==============================================================================

    Departures: equal scores are ordered by chance, not by place; random masks have exact counts and are drawn once.
    Raises :class:`~tsinterp_lib.errors.InvalidInput` for a level outside [0, 1], an explanation without ``retraining``,
    samples with padding, maps that are all constant, maps of another shape, and settings that do not exist.
    """

    retrains: ClassVar[bool] = True
    keep: bool = False
    ranking: str = "signed"
    unit: str = CELL
    fill: str = "channel_mean"
    target: str = "predicted"
    shown: str = "filled"
    retrain: bool = True
    redrawn: bool = False
    reprocess: bool = False
    restarts: int = 0
    levels: tuple[float, ...] | str = PUBLISHED  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for value, names, what in (
            (self.ranking, RANKINGS, "ranking"),
            (self.fill, FILLS, "fill"),
            (self.target, TARGETS, "target"),
            (self.shown, SHOWN, "input of the retrained network"),
        ):
            known(value, names, what)
        if isinstance(self.levels, str):
            object.__setattr__(self, "levels", _numbers(self.levels))
        if self.restarts < 0:
            raise InvalidInput(f"`restarts` is {self.restarts}: give 0 or more.")
        for level in self.levels:
            n_removed(float(level), 1)

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        return torch.stack([self.at(e, float(level)) for level in self.levels], 1)

    def at(self, e: Explanation, level: float) -> Float[Tensor, "N"]:
        """Say which test samples are classified rightly at a level, after retraining."""
        again = given(e)
        masks = {split: self.mask(e, split, level) for split in SPLITS}
        untouched = not any(bool(m.any()) for m in masks.values())
        key = ("unmodified", self.retrain)
        if untouched and self.shown == "filled" and key in again.memo:
            return again.memo[key]
        seed = seed_from(again.seed, "retrain", level)
        data = again.dataset if untouched and self.shown == "filled" else self.changed(again.dataset, masks, seed)
        model = self.trained(e, data, level, seed) if self.retrain else e.model
        right = (predicted(model, data.test.x) == data.test.y).to(torch.float64)
        if untouched and self.shown == "filled":
            again.memo[key] = right
        return right

    def mask(self, e: Explanation, split: str, level: float) -> Bool[Tensor, "N *axes"]:
        """Say which cells of a split are replaced at a level."""
        x = getattr(given(e).dataset, split).x
        return replaced(self.ranked(e, split), level, self.keep, given(e).dataset.axes, self.unit, x.shape[1:])

    def ranked(self, e: Explanation, split: str) -> Ranked:
        """Return the units of a split in order, computed once per explanation, split, target, unit and ranking."""
        again = given(e)
        keys, ordered = ((what, split, self.target, self.unit, self.ranking) for what in Ranked._fields)
        if keys not in e.memo:
            scores = unit_scores(attributed(e, split, self.target), again.dataset.axes, self.unit, self.ranking)
            e.memo[keys], e.memo[ordered] = ranked(scores, seed_from(again.seed, "ties", split))
        return Ranked(e.memo[keys], e.memo[ordered])

    def changed(self, data: Dataset, masks: dict[str, Tensor], seed: int) -> Dataset:
        """Return the data set with its masked cells replaced in every split, or with nothing but the masks."""
        parts: dict[str, Samples] = {}
        for split, mask in masks.items():
            samples: Samples = getattr(data, split)
            x = mask.to(samples.x)
            if self.shown == "filled":
                x = filled(samples.x, mask, data.train.x, data.axes, self.fill, seed_from(seed, "noise", split))
            x = enlarged(x, data) if self.reprocess else x
            parts[split] = Samples(x, samples.y, samples.importance, axes=samples.axes)
        return replace(data, train=parts["train"], validation=parts["validation"], test=parts["test"])

    def trained(self, e: Explanation, data: Dataset, level: float, seed: int) -> nn.Module:
        """Return a network with new first weights, trained on the changed data by the explained model's own trainer."""
        again = given(e)
        trainer = again.trainer
        if self.redrawn:
            data = replace(data, train=again.dataset.train)
            if not isinstance(trainer, Standard):
                raise InvalidInput(f"`redrawn` masks batches of the trainer Standard; this one is {trainer!r}.")
            trainer = RedrawnMask(**{**vars(trainer), "share": 1 - level if self.keep else level})
        best: Fitted | None = None
        for attempt in ([], *([n] for n in range(1, self.restarts + 1))):
            with scope(seed_from(seed, "init", *attempt)):
                model = again.network().to(data.train.x.device)
            if model is e.model:
                raise InvalidInput("`network` gives the explained model itself: it must make a new network each time.")
            fitted = trainer.fit(model, data, seed_from(seed, "train", *attempt))
            if best is None or fitted.validation_accuracy > best.validation_accuracy:
                best = fitted
            if fitted.passed_gate:
                break
        assert best is not None
        return best.model


def given(e: Explanation) -> Retraining:
    """Say what the explanation brings for retraining; raises :class:`InvalidInput` where it brings nothing, or
    padding.
    """
    if e.retraining is None:
        raise InvalidInput(
            "`retraining` is None: this metric trains the network again; compute it in a study, or give the "
            "explanation a Retraining (data set, maps of every split, network, trainer)."
        )
    if any(padded(getattr(e.retraining.dataset, split)) for split in SPLITS):
        raise InvalidInput("the samples have `lengths`; remove and retrain counts shares of whole samples: cut them.")
    return e.retraining


def attributed(e: Explanation, split: str, target: str) -> Float[Tensor, "N *axes"]:
    """Return the map of a split for the predicted or the true class, computed once per explanation."""
    key = ("map", split, target)
    if key not in e.memo:
        again = given(e)
        samples: Samples = getattr(again.dataset, split)
        named = ("classes", split)
        if target == "predicted" and named not in again.memo:
            again.memo[named] = predicted(e.model, samples.x)
        a = again.explain(samples, samples.y if target == "true" else again.memo[named], split)
        e.memo[key] = check_attribution(a, samples.x, method="the explainer")
    return e.memo[key]


@torch.no_grad()
def predicted(model: nn.Module, x: Float[Tensor, "N *axes"]) -> Int[Tensor, "N"]:
    """Return the class that the model, in evaluation mode, gives each sample."""
    with attribution_mode(model), torch.no_grad():
        return torch.cat([model(part).argmax(1) for part in torch.split(x, CHUNK)])


def enlarged(x: Float[Tensor, "N channel row column"], data: Dataset) -> Float[Tensor, "N channel row column"]:
    """Return the images enlarged by 8/7 and cropped to their size: what a second preprocessing does to 224 pixels."""
    data.axes.need(IMAGE.names, "reprocess")
    rows, columns = x.shape[2:]
    wide = nnf.interpolate(x, (round(rows * 8 / 7), round(columns * 8 / 7)), mode="bicubic", antialias=True)
    top, left = (wide.shape[2] - rows) // 2, (wide.shape[3] - columns) // 2
    return wide[:, :, top : top + rows, left : left + columns].contiguous()


def _numbers(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(word) for word in text.split())
    except ValueError:
        found = ()
    if not found:
        raise InvalidInput(f"`levels` is {text!r}: give numbers from 0 to 1 with spaces between them, '0 0.5 0.9'.")
    return found
