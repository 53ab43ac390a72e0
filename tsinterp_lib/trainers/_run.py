"""Run the training of a classifier: steps of Adam, the stopping rules of both protocols, the weights that are kept."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.seeding import scope
from tsinterp_lib.trainers._evaluate import evaluate, reaches
from tsinterp_lib.trainers._supervised import Supervised
from tsinterp_lib.types import Dataset, Fitted, Progress, Stop


def train(
    settings: Supervised,
    model: nn.Module,
    dataset: Dataset,
    seed: int,
    progress: Progress | None = None,
    to_the_end: bool = False,
) -> Fitted:
    """Train ``model`` in place on the loss of ``settings``; the same model, data and seed give the same weights.

    The rules of the protocol stop the run and choose the weights; with ``to_the_end`` every epoch is run and the last
    weights are kept. Shuffling and dropout draw from ``seed`` alone. ``model`` comes back in evaluation mode.
    """
    settings.check(model, dataset)
    start = time.perf_counter()
    with scope(seed):
        run = Run(settings, model, dataset, progress)
        released = settings.protocol == "as_released"
        stop = run.to_the_end() if to_the_end else run.as_released() if released else run.corrected()
    model.load_state_dict(run.best_weights)
    model.eval()
    accuracy = {name: evaluate(model, getattr(dataset, name))[0] for name in ("train", "validation", "test")}
    return Fitted(
        model=model,
        train_accuracy=accuracy["train"],
        validation_accuracy=accuracy["validation"],
        test_accuracy=accuracy["test"],
        epochs=run.epoch,
        steps=run.steps,
        seconds=time.perf_counter() - start,
        stop=stop,
        passed_gate=accuracy["test" if released else "validation"] >= settings.gate,
        history=tuple(run.history),
    )


@dataclass
class Run:
    """Holds one training run: the optimiser's state, the best weights so far, and the stopping rules."""

    settings: Supervised
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
        """Return the released rules; accuracies in percent of whole counts, as released."""
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
        """Take one optimiser step per batch of a fresh shuffle; yields after each whether it was the epoch's last."""
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
