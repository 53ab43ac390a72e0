"""Train a classifier the ordinary way, on cross-entropy alone, as released and corrected."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.trainers._run import train
from tsinterp_lib.trainers._supervised import Supervised, cross_entropy
from tsinterp_lib.types import Dataset, Fitted, Progress


@dataclass(frozen=True)
class Standard(Supervised):
    r"""Takes steps of Adam :cite:p:`kingma2015` on cross-entropy, stopped early, as in the benchmark
    :cite:p:`ismail2020`.

    .. math:: L = -\frac1N \sum_n \log \mathrm{softmax}(f(x_n))_{y_n}

    ``protocol="as_released"`` is what the released code computes (:ref:`B20-2 <b20-2>` to 4). f already ends in a
    softmax, so the loss applies it twice (its floor is :math:`\ln(1 + e^{-1}) = 0.313` for two classes). After every
    third step of an epoch the accuracies on the **test** and training sets are taken; the weights with the strictly
    best test accuracy are kept; training stops at a training or best test accuracy of ``stop_accuracy``, or after
    ``patience`` (200) epochs without a better one. The test set thus chooses, stops, and is explained afterwards.
    Epochs of fewer than ``check_every`` steps, in which the released code would never look, are checked at their last
    step. The training set is looked at once more at the end of an epoch, the test set is not: a model that learns
    within the last two steps of an epoch stops there, while the weights kept are those of its last test, which may be
    below the gate.

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

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place on ``dataset``; the same model, data and seed give the same weights."""
        return train(self, model, dataset, seed, progress)

    def loss(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], y: Int[Tensor, "N"], dataset: Dataset
    ) -> Float[Tensor, ""]:
        """Return the cross-entropy of the batch."""
        return cross_entropy(model, x, y)
