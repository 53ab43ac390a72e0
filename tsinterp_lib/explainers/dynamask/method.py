"""Dynamask: masks fitted by gradient descent on what the model says of perturbed series."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers._prefix import check_steps
from tsinterp_lib.explainers.dynamask.descent import MODES, OPTIMISERS, RATES, TIES, Settings
from tsinterp_lib.explainers.dynamask.descent import fit as fit_masks
from tsinterp_lib.explainers.dynamask.descent import trace as trace_masks
from tsinterp_lib.explainers.dynamask.loss import LOSSES
from tsinterp_lib.explainers.dynamask.masks import MaskGroup
from tsinterp_lib.explainers.dynamask.regularisers import ROUNDINGS, areas_of
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.perturbations import Perturbation
from tsinterp_lib.registry import build, known
from tsinterp_lib.types import Samples

SELECTIONS = ("best", "extremal")
GOOD = ("mode", "lowest")
NOT_COPIED = ("areas", "perturbation", "history")
"""Settings of a fit that are not taken over as they are."""


@dataclass(frozen=True, kw_only=True)
class Dynamask(Chunked):
    r"""Fits a mask of given area that keeps what the model needs to say the same :cite:p:`crabbe2021`.

    .. math:: m = \arg\min_{m \in [0, 1]^{T \times F}} \; \pm L\bigl(f(\Pi(x, m)), f(x)\bigr)
        + \lambda_k \frac{1}{TF} \lVert \mathrm{sort}(m) - r_a \rVert^2
        + \lambda_c \frac{1}{(T - 1) F} \sum_{ti} |m_{t+1, i} - m_{ti}|

    :math:`r_a` holds ⌊(1 − a) T F⌋ zeros, then ones. Floating point decides the floor of whole products: ``rounding``
    multiplies T by F first (``cells_first``, default) or goes ``left_to_right``, as released.

    Scores lie in [0, 1]. Masks of all ``areas`` a (rising, in (0, 1]; or ``"first:last:count"``) are fitted together,
    and ``selection`` takes the ``best`` (lowest L, default) or the ``extremal`` one: the smallest whose L is below
    ``threshold`` (default: the L of x itself; where none is, the best). ``good`` errors are those that ``mode`` is
    after (default: low in preservation, high in deletion), or the ``lowest`` in both, as released.

    ``perturbation`` Π: a name of ``PERTURBATIONS`` (default ``gaussian_blur``) or a
    :class:`~tsinterp_lib.perturbations.Perturbation`. ``mode``: ``preservation`` (default, +: Π keeps what m marks) or
    ``deletion`` (−: it takes that away). ``loss`` L, mean over steps: ``cross_entropy`` (default; as released also
    divided by C), ``log_loss`` of the class predicted for x, ``log_loss_target`` of ``target``, or ``mse`` of the
    outputs as they are, for real values; the model gives one output per series or per step.

    ``epochs`` (1000) of gradient descent from ``initial`` (0.5) with :math:`\lambda_k` = ``size_weight`` (0.1) times
    ``size_growth`` (100) to the power k/epochs, :math:`\lambda_c` = ``time_weight`` (0), ``learning_rate`` (0.1) and
    ``momentum`` (0.9). ``optimiser``: ``sgd`` as released, or ``projected``, which forgets the velocity of coefficients
    that meet a bound. ``rate``: ``shared`` as released, the gradient of the mean over R areas, so that each mask moves
    at learning_rate/R; or ``own``. ``last_pair`` False leaves the last two steps out of the time term, as released.
    ``ties``: of equal coefficients the ``later`` cells are kept (default, a stable sort) or the ``earlier``; the
    released order is not specified. All series and areas descend together, ``batch_size`` rows at a time; derivatives
    by the mask are written out.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on settings out of range, series of one step, a model that ignores
    its input, or outputs that do not go with the loss. Warns with ``MaskCollapsed`` where a mask means nothing.
    """

    per_step: ClassVar[bool] = True
    areas: tuple[float, ...] | str = "0.05:0.5:10"
    perturbation: str | Perturbation = "gaussian_blur"
    mode: str = "preservation"
    loss: str = "cross_entropy"
    selection: str = "best"
    good: str = "mode"
    threshold: float | None = None
    epochs: int = 1000
    learning_rate: float = 0.1
    momentum: float = 0.9
    optimiser: str = "sgd"
    rate: str = "shared"
    initial: float = 0.5
    size_weight: float = 0.1
    size_growth: float = 100.0
    time_weight: float = 0.0
    last_pair: bool = True
    ties: str = "later"
    rounding: str = "cells_first"

    def __post_init__(self) -> None:
        super().__post_init__()
        for value, names, kind in (
            (self.mode, MODES, "mode"),
            (self.loss, LOSSES, "loss"),
            (self.selection, SELECTIONS, "selection"),
            (self.good, GOOD, "kind of good error"),
            (self.optimiser, OPTIMISERS, "optimiser"),
            (self.rate, RATES, "rate"),
            (self.ties, TIES, "order of ties"),
            (self.rounding, ROUNDINGS, "rounding"),
        ):
            known(value, names, kind)
        areas_of(self.areas)
        if self.epochs < 1 or self.learning_rate <= 0 or not 0 <= self.momentum <= 1 or not 0 <= self.initial <= 1:
            raise InvalidInput(
                f"`epochs` is {self.epochs}, `learning_rate` {self.learning_rate}, `momentum` {self.momentum}, "
                f"`initial` {self.initial}: at least one epoch, a rate above 0, momentum and initial value in [0, 1]."
            )
        if self.size_weight < 0 or self.size_growth <= 0 or self.time_weight < 0:
            raise InvalidInput(
                f"`size_weight` is {self.size_weight}, `size_growth` {self.size_growth}, `time_weight` "
                f"{self.time_weight}: weights are not negative, growth is above 0."
            )

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        check_steps(train.x, 1)  # a blur wants a second step
        return self

    def fit(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"], history: bool = False
    ) -> MaskGroup:
        """Return the masks of all areas with their errors and diagnostics; ``history`` keeps the three terms of every
        epoch.

        Raises as :meth:`attribute` does.
        """
        with self._checked(model, x, target):
            return self._fit(model, x.detach(), target, history)

    def trace(
        self,
        model: nn.Module,
        x: Float[Tensor, "N T F"],
        target: Int[Tensor, "N *T"],
        after_epoch: Callable[[int, Float[Tensor, "N R T F"]], object],
    ) -> MaskGroup:
        """Return the masks of :meth:`fit`, watched: ``after_epoch`` gets the number of each epoch, from 0, and its
        masks.

        The masks are a view that the next epoch moves: copy what is to be kept. All series descend together, in one
        batch of errors after another. Raises as :meth:`attribute` does.
        """
        with self._checked(model, x, target):
            self._check_steps(x)
            return trace_masks(model, x.detach().contiguous(), target, self.settings(), after_epoch)

    @contextmanager
    def _checked(self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]) -> Iterator[None]:
        """Hold the checks and the state of the model that :meth:`attribute` has, while the block runs."""
        checks.check_series(x, axes=self.axes)
        self.axes.check(x.shape)
        with attribution_mode(model):
            *steps, n_classes = checks.output_shape(model, x, per_step=True, axes=self.axes)
            checks.check_target(target, n_classes, x.shape[0], *steps)
            yield

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N T F"]:
        group = self._fit(model, x, target, history=False)
        group = replace(group, sign=1) if self.good == "lowest" else group
        area = group.best() if self.selection == "best" else group.extremal(self.threshold)
        group.warn(area)
        return group.take(area)

    def _fit(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"], history: bool
    ) -> MaskGroup:
        self._check_steps(x)
        return fit_masks(model, x.contiguous(), target, self.settings(history))

    def _check_steps(self, x: Float[Tensor, "N T F"]) -> None:
        check_steps(x, 1 if self.last_pair or not self.time_weight else 2)

    def settings(self, history: bool = False) -> Settings:
        """Say what a fit depends on, names and ranges resolved."""
        given = self.perturbation
        perturbation = build("perturbation", given) if isinstance(given, str) else given
        shared = {f.name: getattr(self, f.name) for f in fields(Settings) if f.name not in NOT_COPIED}
        return Settings(areas=areas_of(self.areas), perturbation=perturbation, history=history, **shared)
