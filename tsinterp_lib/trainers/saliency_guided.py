"""Train with a loss that asks that cells of low gradient do not matter."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from tsinterp_lib.trainers._guided import Guided
from tsinterp_lib.trainers._run import train
from tsinterp_lib.types import Dataset, Fitted, Progress


@dataclass(frozen=True)
class SaliencyGuided(Guided):
    r"""Trains outputs not to change where cells of low gradient do: saliency guided training :cite:p:`ismail2021`.

    .. math::
        g_n &= \nabla_x f(x_n)_{y_n}, \quad \tilde x_n = x_n \text{ with the } k \text{ cells of lowest } g_n
        \text{ replaced}, \\
        L &= \mathrm{CE}(f(x), y) + \lambda\, \frac1N \sum_n D_{\mathrm{KL}}\bigl(p(x_n) \,\|\, p(\tilde x_n)\bigr)

    The gradient is that of the true label's output (probability or logit, as the model is trained), taken in
    evaluation mode at the current weights; both passes of the loss are in training mode, each with dropout of its own.
    k is ``share`` of the T·F cells, rounded down. Shapes (N, T, F); a picture of one channel is a series of its rows.

    ``ranking``: ``signed`` (default) masks the most *negative* gradients, as the released code does; ``absolute`` those
    nearest zero, which is what the paper's words say. Of equal scores the cell with the lower index t·F + f is masked.
    ``replacement``: ``range`` (default) draws uniformly between the sample's least and greatest value,
    ``feature_range`` between those of the feature in the sample, ``mean`` takes the feature's mean over the sample's
    steps, ``background`` a series of the data's process without a signal. ``weight`` is λ, 1 as published.
    ``direction`` ``original_first`` (default) is the divergence above, ``changed_first`` the other way round;
    ``detach`` stops the gradient of ``original`` or ``changed``, by default of ``neither``, as released: the
    divergence then also pulls p(x) towards the output of the masked copy. Probabilities are raised to 1e-12 before
    the logarithm.

    ``start``: a trainer that trains first; what is counted and timed is the guided part, and it gets the same
    ``max_epochs``. A model that is already trained goes on from its weights, and stops at the first look where it
    already has ``stop_accuracy``: :class:`~tsinterp_lib.trainers.FineTuned` goes on for a number of epochs. The other
    settings, the stopping rules and the gate are those of :class:`~tsinterp_lib.trainers.Standard`; the released
    time-series settings are not published. Where the paper rounds k up, the code and this round down. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` on settings out of range, on ``background`` where the data have none,
    and as ``Standard`` does.
    """

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place, after ``start`` where one is given; the same seed gives the same weights."""
        if self.start is not None:
            replace(self.start, max_epochs=self.max_epochs).fit(model, dataset, seed, progress)
        return train(self, model, dataset, seed, progress)
