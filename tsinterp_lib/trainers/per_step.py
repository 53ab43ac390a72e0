"""Train a recurrent network on labels at every step."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks, denormals
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.facts import ReadsPrefixes, facts
from tsinterp_lib.models.conditional_gaussian import log_spaced
from tsinterp_lib.registry import known
from tsinterp_lib.seeding import scope
from tsinterp_lib.trainers._evaluate import CHUNK
from tsinterp_lib.trainers._supervised import plain
from tsinterp_lib.types import Dataset, Fitted, Progress, Samples, Trainer

RECIPES = ("all", "five", "five_from_one", "twenty")
KEEPS = ("best", "last")


@dataclass(frozen=True)
class PerStep(Trainer):
    r"""Takes steps of Adam :cite:p:`kingma2015` on the cross-entropy of every step, by the recipes of
    :cite:t:`tonekaboni2020`.

    .. math:: L = -\frac{1}{N |E|} \sum_n \sum_{t \in E} \log \mathrm{softmax}(f(x_{n, 0..t}))_{y_{nt}}

    ``recipe`` chooses the ends E of the prefixes: ``all`` (default: every step, one update per batch); ``twenty``,
    evenly spaced in 1..T-2, one update per batch and end, as in the scripts of the state experiment; ``five``,
    log-spaced from 10 to the last step, as in the code of :cite:t:`crabbe2021`, whose data tag differs
    (:ref:`DYN-8 <dyn-8>`), which makes a quarter of the updates; ``five_from_one``, log-spaced from 1, as the
    scripts of the spike experiment. ``keep``: ``best`` (default: the weights of
    the lowest validation loss) or ``last``, as released. Defaults: ``learning_rate`` 1e-3 (released 1e-4),
    ``weight_decay`` 1e-3, ``batch_size`` 100, ``epochs`` 50, of which at most ``max_epochs`` are run; ``gate`` 0.8: a
    model passes with at least that accuracy over all steps of the validation series.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on settings out of range, labels that are not (N, T), a model
    without an output per step, and a loss that is not finite; :class:`~tsinterp_lib.errors.UnknownName` for another
    recipe or choice of weights.
    """

    recipe: str = "all"
    keep: str = "best"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    batch_size: int = 100
    epochs: int = 50
    max_epochs: int = 500
    gate: float = 0.8

    def __post_init__(self) -> None:
        known(self.recipe, RECIPES, "recipe")
        known(self.keep, KEEPS, "choice of weights")
        if self.learning_rate <= 0 or self.weight_decay < 0 or min(self.batch_size, self.epochs, self.max_epochs) < 1:
            raise InvalidInput(
                f"`learning_rate` is {self.learning_rate}, `weight_decay` {self.weight_decay}, `batch_size` "
                f"{self.batch_size}, `epochs` {self.epochs}, `max_epochs` {self.max_epochs}: rates above zero, decay "
                "from zero on, counts of at least one."
            )

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place on ``dataset``; the same model, data and seed give the same weights."""
        _check(model, dataset, self.recipe)
        start, n_epochs = time.perf_counter(), min(self.epochs, self.max_epochs)
        history: list[tuple[int, float]] = []
        best, kept, steps = float("inf"), copy.deepcopy(model.state_dict()), 0
        optimiser = torch.optim.Adam(model.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
        with scope(seed), denormals.flushed():
            for epoch in range(1, n_epochs + 1):
                for loss in self.losses(model, dataset.train):
                    if not torch.isfinite(loss):
                        raise InvalidInput(f"the loss is {loss.item()} in epoch {epoch}: training diverged; scale x.")
                    optimiser.zero_grad()
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimiser.step()
                    steps += 1
                accuracy, value = evaluate_per_step(model, dataset.validation)
                history.append((steps, value))
                if value < best or self.keep == "last":
                    best, kept = value, copy.deepcopy(model.state_dict())
                if progress is not None:
                    progress(epoch, n_epochs, f"validation accuracy {accuracy:.3f}, loss {value:.4f}")
        model.load_state_dict(kept)
        model.eval()
        found = {
            split: evaluate_per_step(model, getattr(dataset, split))[0] for split in ("train", "validation", "test")
        }
        return Fitted(
            model=model,
            **{f"{split}_accuracy": accuracy for split, accuracy in found.items()},
            epochs=n_epochs,
            steps=steps,
            seconds=time.perf_counter() - start,
            stop="max_epochs",
            passed_gate=found["validation"] >= self.gate,
            history=tuple(history),
        )

    def losses(self, model: nn.Module, train: Samples) -> Iterator[Float[Tensor, ""]]:
        """Return the losses of one epoch, each on the weights of its time."""
        for rows in torch.split(torch.randperm(len(train)).to(train.x.device), self.batch_size):
            if len(rows) < 2 <= len(train):
                continue  # batch normalisation has no statistics of a lone last row
            x, y = train.x[rows], train.y[rows]
            model.train()
            if self.recipe == "all" or not isinstance(model, ReadsPrefixes):
                yield cross_entropy(model(x), y)
                continue
            for end in ends(self.recipe, x.shape[1]):
                yield nnf.cross_entropy(model.last(x[:, : end + 1]), y[:, end])


def ends(recipe: str, n_steps: int) -> list[int]:
    """Return the last steps of the prefixes that a recipe trains on."""
    if recipe != "twenty":
        return [int(t) for t in log_spaced(n_steps, 5, first=10 if recipe == "five" else 1)]
    return sorted({int(t) for t in torch.linspace(1, max(1, n_steps - 2), 20)})


def cross_entropy(scores: Float[Tensor, "N T C"], y: Int[Tensor, "N T"]) -> Float[Tensor, ""]:
    """Return the mean over samples and steps."""
    return nnf.cross_entropy(scores.flatten(0, 1), y.flatten())


@torch.no_grad()
def evaluate_per_step(model: nn.Module, samples: Samples) -> tuple[float, float]:
    """Return accuracy (a share) and mean cross-entropy over all steps; leaves the model in evaluation mode."""
    model.eval()
    correct, loss = 0, 0.0
    for x, y in zip(torch.split(samples.x, CHUNK), torch.split(samples.y, CHUNK), strict=True):
        scores = model(x)
        correct += int((scores.argmax(2) == y).sum())
        loss += float(cross_entropy(scores, y)) * y.numel()
    return correct / samples.y.numel(), loss / samples.y.numel()


def _check(model: nn.Module, dataset: Dataset, recipe: str) -> None:
    dataset.axes.need(("time", "feature"), "PerStep")
    for name in ("train", "validation", "test"):
        samples = getattr(dataset, name)
        plain(samples, name)
        checks.check_series(samples.x, f"{name}.x", dataset.axes)
        if samples.y.shape != samples.x.shape[:2]:
            raise InvalidInput(
                f"`{name}.y` has shape {tuple(samples.y.shape)}; `{name}.x` has {tuple(samples.x.shape)}: this trainer "
                "needs one label per sample and step; use `standard` for one per sample."
            )
    checks.check_labels(dataset.train.y, dataset.n_classes)
    known_of_model = facts(model)
    if not known_of_model.per_step or known_of_model.output not in (None, "logits"):
        raise InvalidInput(
            "the model gives no logits at every step: build one that can, such as gru or retain, with per_step=True "
            "and output='logits'."
        )
    if recipe != "all" and not isinstance(model, ReadsPrefixes):
        raise InvalidInput(
            f"recipe {recipe!r} reads prefixes at their last step; the model has no method last(x): give it one that "
            "maps (N, t, F) to logits (N, C), or choose recipe 'all'."
        )
