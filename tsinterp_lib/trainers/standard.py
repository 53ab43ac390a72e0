"""Ordinary supervised training, as released and corrected."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
import torch.nn.functional as nnf
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.seeding import scope
from tsinterp_lib.trainers._evaluate import evaluate, reaches
from tsinterp_lib.trainers._fitted import Fitted, Stop
from tsinterp_lib.types import Dataset, Samples

Progress = Callable[[int, int, str], None]
"""``progress(epoch, max_epochs, text)`` is called once per epoch."""

OUTPUT = {"as_released": "probabilities", "corrected": "logits"}


@dataclass(frozen=True)
class Standard:
    r"""Adam :cite:p:`kingma2015` on cross-entropy, stopped early, as in the benchmark :cite:p:`ismail2020`.

    .. math:: L = -\frac1N \sum_n \log \mathrm{softmax}(f(x_n))_{y_n}

    ``protocol="as_released"`` is what the released code computes. f already ends in a softmax, so the loss applies it
    twice (its floor is :math:`\ln(1 + e^{-1}) = 0.313` for two classes). After every third step of an epoch the
    accuracies on the **test** and training sets are taken; the weights with the strictly best test accuracy are kept;
    training stops at a training or best test accuracy of ``stop_accuracy``, or after ``patience`` (200) epochs without
    a better one. The test set thus chooses, stops, and is explained afterwards. Epochs of fewer than ``check_every``
    steps, in which the released code would never look, are checked at their last step. The training set is looked at
    once more at the end of an epoch, the test set is not: a model that learns within the last two steps of an epoch
    stops there, while the weights kept are those of its last test, which may be below the gate.

    ``protocol="corrected"`` trains logits and lets the validation set decide, once per epoch: the weights of the
    lowest validation loss are kept; training stops at a validation accuracy of ``stop_accuracy`` (one rule for all
    networks, so that none is trained far beyond the others) or after ``patience`` (200) epochs without a lower loss.
    The test set is looked at once, at the end. A recurrent network may stay at chance for more than a hundred epochs
    before it learns (an LSTM read out far from the informative steps does); this patience ends some of those runs, and
    they then fail the gate: give a larger ``patience`` to wait for them.

    Defaults: ``learning_rate`` 1e-3, ``batch_size`` 50 (shuffled, the last one may be smaller), ``max_epochs`` 500,
    ``stop_accuracy`` 0.99, ``gate`` 0.9: a model passes with at least that test (``as_released``) or validation
    (``corrected``) accuracy. ``output``, which output of the model is trained, is that of the protocol unless the two
    are to be taken apart: ``logits`` with the released stop rule, or the doubled softmax with the corrected one.
    Raises :class:`~tsinterp_lib.errors.InvalidInput` on settings out of range, empty or non-finite data, labels of one
    class only, a model with another ``output``, and a loss that is not finite.
    """

    protocol: str = "corrected"
    learning_rate: float = 1e-3
    batch_size: int = 50
    max_epochs: int = 500
    patience: int = 200
    stop_accuracy: float = 0.99
    check_every: int = 3
    gate: float = 0.9
    output: str | None = None

    def __post_init__(self) -> None:
        if self.protocol not in OUTPUT:
            raise InvalidInput(f"`protocol` is {self.protocol!r}: choose 'corrected' or 'as_released'.")
        if self.output not in (None, *OUTPUT.values()):
            raise InvalidInput(f"`output` is {self.output!r}: choose 'logits' or 'probabilities', or leave it out.")
        if self.learning_rate <= 0:
            raise InvalidInput(f"`learning_rate` is {self.learning_rate}: it must be above zero.")
        for name in ("batch_size", "max_epochs", "check_every"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"`{name}` is {getattr(self, name)}: it must be at least one.")
        if self.patience < 1:
            raise InvalidInput(f"`patience` is {self.patience}: give at least one epoch.")

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place on ``dataset``; the same model, data and seed give the same weights.

        Shuffling and dropout draw from ``seed`` alone. ``model`` comes back in evaluation mode with the kept weights.
        """
        self._check(model, dataset)
        start = time.perf_counter()
        with scope(seed):
            run = _Run(self, model, dataset, progress)
            stop = self._train(run)
        model.load_state_dict(run.best_weights)
        model.eval()
        accuracy = {name: evaluate(model, getattr(dataset, name))[0] for name in ("train", "validation", "test")}
        judged = accuracy["test" if self.protocol == "as_released" else "validation"]
        return Fitted(
            model=model,
            train_accuracy=accuracy["train"],
            validation_accuracy=accuracy["validation"],
            test_accuracy=accuracy["test"],
            epochs=run.epoch,
            steps=run.steps,
            seconds=time.perf_counter() - start,
            stop=stop,
            passed_gate=judged >= self.gate,
            history=tuple(run.history),
        )

    def _train(self, run: _Run) -> Stop:
        return run.as_released() if self.protocol == "as_released" else run.corrected()

    def loss(
        self, model: nn.Module, x: Float[Tensor, "N T F"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, ""]:
        """What one step minimises on a batch, the model in training mode; other objectives replace this alone."""
        return nnf.cross_entropy(model(x), y)

    def _check(self, model: nn.Module, dataset: Dataset) -> None:
        for name in ("train", "validation", "test"):
            samples: Samples = getattr(dataset, name)
            checks.check_series(samples.x, f"{name}.x")
            if samples.y.dim() != 1:
                raise InvalidInput(f"`{name}.y` has shape {tuple(samples.y.shape)}: give one label per series, (N).")
        checks.check_labels(dataset.train.y, dataset.n_classes)
        output, wanted = getattr(model, "output", None), self.output or OUTPUT[self.protocol]
        if output not in (None, wanted):
            raise InvalidInput(
                f"the model's `output` is {output!r}; protocol {self.protocol!r} trains {wanted!r}: "
                f"build the model with output={wanted!r} or choose the other protocol."
            )
        model.eval()  # the look at its output below must not draw dropout masks from the caller's generator
        n_outputs = checks.output_size(model, dataset.train.x)
        if n_outputs != dataset.n_classes:
            raise InvalidInput(
                f"the model has {n_outputs} outputs; `{dataset.name}` has {dataset.n_classes} classes: "
                f"build it with n_classes={dataset.n_classes}."
            )


@dataclass
class _Run:
    """One training run: the optimiser's state, the best weights so far, and the two stopping rules."""

    settings: Standard
    model: nn.Module
    dataset: Dataset
    progress: Progress | None
    epoch: int = 0
    step_of_epoch: int = 0
    steps: int = 0
    history: list[tuple[int, float]] = field(default_factory=list)
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=self.settings.learning_rate, fused=True)
        self.patience = self.settings.patience
        self._keep()

    def as_released(self) -> Stop:
        """The released rules; accuracies in percent of whole counts, as released."""
        best, waited, goal = 0.0, 0, self.settings.stop_accuracy
        for _ in self._epochs():
            improved = False
            for last in self._steps():
                every = self.settings.check_every
                if self.step_of_epoch % every and not (last and self.step_of_epoch < every):
                    continue
                accuracy = evaluate(self.model, self.dataset.test)[0]
                self.history.append((self.steps, accuracy))
                if accuracy > best:
                    best, improved = accuracy, True
                    self._keep()
                if best >= goal:
                    return "test_accuracy"
                if reaches(self.model, self.dataset.train, goal):
                    return "train_accuracy"
            waited = 0 if improved else waited + 1
            if waited >= self.patience:
                return "patience"
            # The released code looks at the training set once more here and stops one step into the next epoch, too
            # early to test again: the kept weights are those kept now.
            if reaches(self.model, self.dataset.train, goal):
                return "train_accuracy"
            self._tell(f"best test accuracy {best:.3f}")
        return "max_epochs"

    def corrected(self) -> Stop:
        """The lowest validation loss is kept; validation accuracy or patience stops."""
        lowest, waited = float("inf"), 0
        for _ in self._epochs():
            for _ in self._steps():
                pass
            accuracy, loss = evaluate(self.model, self.dataset.validation)
            self.history.append((self.steps, loss))
            waited += 1
            if loss < lowest:
                lowest, waited = loss, 0
                self._keep()
            if accuracy >= self.settings.stop_accuracy:
                return "validation_accuracy"
            if waited >= self.patience:
                return "patience"
            self._tell(f"validation accuracy {accuracy:.3f}, loss {loss:.4f}")
        return "max_epochs"

    def to_the_end(self) -> Stop:
        """Every epoch there is; the last weights are kept."""
        for _ in self._epochs():
            for _ in self._steps():
                pass
            accuracy, loss = evaluate(self.model, self.dataset.validation)
            self.history.append((self.steps, loss))
            self._tell(f"validation accuracy {accuracy:.3f}, loss {loss:.4f}")
        self._keep()
        return "max_epochs"

    def _epochs(self) -> Iterator[int]:
        for epoch in range(1, self.settings.max_epochs + 1):
            self.epoch = epoch
            yield epoch

    def _steps(self) -> Iterator[bool]:
        """One optimiser step per batch of a fresh shuffle; yields after each whether it was the epoch's last."""
        train = self.dataset.train
        order = torch.randperm(len(train)).to(train.x.device)
        batches = torch.split(order, self.settings.batch_size)
        for number, batch in enumerate(batches, start=1):
            self.step_of_epoch = number
            self.model.train()
            loss = self.settings.loss(self.model, train.x[batch], train.y[batch], self.dataset)
            if not torch.isfinite(loss):
                raise InvalidInput(
                    f"the loss is {loss.item()} in epoch {self.epoch}, step {self.steps + 1}: training diverged; "
                    "scale the inputs or lower `learning_rate`."
                )
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.steps += 1
            yield number == len(batches)

    def _keep(self) -> None:
        self.best_weights = copy.deepcopy(self.model.state_dict())

    def _tell(self, text: str) -> None:
        if self.progress is not None:
            self.progress(self.epoch, self.settings.max_epochs, text)
