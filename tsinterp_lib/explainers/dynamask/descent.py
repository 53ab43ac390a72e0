"""Gradient descent on masks: all series and all areas at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from tsinterp_lib.explainers.dynamask import regularisers as size
from tsinterp_lib.explainers.dynamask.loss import error_of, gradient
from tsinterp_lib.explainers.dynamask.masks import MaskGroup
from tsinterp_lib.perturbations import Perturbation

MODES = ("preservation", "deletion")
OPTIMISERS = ("sgd", "projected")
RATES = ("shared", "own")
TIES = ("later", "earlier")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Holds what a fit depends on, as :class:`~tsinterp_lib.explainers.Dynamask` describes it."""

    areas: tuple[float, ...]
    perturbation: Perturbation
    mode: str
    loss: str
    epochs: int
    learning_rate: float
    momentum: float
    optimiser: str
    rate: str
    initial: float
    size_weight: float
    size_growth: float
    time_weight: float
    last_pair: bool
    batch_size: int
    ties: str = "later"
    rounding: str = "cells_first"
    progress: bool = False
    history: bool = False

    @property
    def sign(self) -> int:
        """Return 1 where the error is to be small, −1 where it is to be large."""
        return 1 if self.mode == "preservation" else -1


def fit(model: nn.Module, x: Float[Tensor, "N T F"], target: Tensor, s: Settings) -> MaskGroup:
    """Return masks of every area for every series; so many series together that their masks fill a batch."""
    each = max(1, s.batch_size // len(s.areas))
    parts = list(zip(torch.split(x, each), torch.split(target, each), strict=True))
    bar = tqdm(total=len(parts) * s.epochs, desc="Dynamask", disable=not s.progress, leave=False)
    with bar:
        groups = [_Fit(model, rows, wanted, s).run(lambda *_: bar.update()) for rows, wanted in parts]
    names = ("masks", "errors", "clean_errors", "pull", "change")
    joined = {name: torch.cat([getattr(g, name) for g in groups]) for name in names}
    history = torch.cat([g.history for g in groups if g.history is not None], 2) if s.history else None
    return MaskGroup(areas=s.areas, sign=s.sign, history=history, **joined)


def trace(
    model: nn.Module,
    x: Float[Tensor, "N T F"],
    target: Tensor,
    s: Settings,
    after_epoch: Callable[[int, Float[Tensor, "N R T F"]], object],
) -> MaskGroup:
    """As :func:`fit`, all series at once, and ``after_epoch`` is called with each epoch (from 0) and its masks."""
    return _Fit(model, x, target, s).run(after_epoch)


@dataclass(eq=False)
class _Fit:
    """Descends on the masks of N series and R areas, D = T·F cells each; the package's docstring draws the layouts.

    Rows are masks, area by area: row r·N + n is area r of series n.

    =============  ===========  =====================================================================================
    attribute      shape        what it holds
    =============  ===========  =====================================================================================
    ``n r d``      int          N, R and D
    ``error``                   the error of rows of output, each against the clean output of its own series
    ``clean``      (N)          that error at the series themselves
    ``perturbed``               the perturbation on these series: value and slope for kept shares (R, N·D)
    ``series``     (R·N)        the series of each row
    ``counts``     (R·N)        how many coefficients of each row the reference of its area has at one
    ``largest``    int          the highest of these
    ``share``      float        what of its own gradient each mask descends by: 1/R as released, or 1
    ``m``          (R·N, D)     the masks
    ``velocity``   (R·N, D)     their velocities
    ``pull``       (R, N)       the largest derivative of the error that a coefficient of the mask has met
    ``change``     (R·N)        the mean step of a coefficient in the last epoch
    ``records``    E × (3, ·)   error, size and time term of each row (R·N) before every step, where asked for
    =============  ===========  =====================================================================================
    """

    model: nn.Module
    x: Float[Tensor, "N T F"]
    target: Tensor
    s: Settings
    records: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        s, x = self.s, self.x
        self.n, self.r, self.d = len(x), len(s.areas), x[0].numel()
        self.error, self.clean = error_of(self.model, x, self.target, s.loss, s.batch_size)
        self.perturbed = s.perturbation.on(x)
        self.series = torch.arange(self.n, device=x.device).repeat(self.r)
        counts = torch.tensor(size.kept_counts(s.areas, x.shape[1], x.shape[2], s.rounding), device=x.device)
        self.largest, self.counts = int(counts.max()), counts.repeat_interleave(self.n)
        # As released, the objective is the mean over the masks of a group: each descends at a rate R times lower.
        self.share = 1 / self.r if s.rate == "shared" else 1.0
        self.m = x.new_full((self.r * self.n, self.d), s.initial)
        self.velocity = torch.zeros_like(self.m)
        self.pull = x.new_zeros(self.r, self.n)
        self.change = x.new_zeros(self.r * self.n)

    def run(self, after_epoch: Callable[[int, Float[Tensor, "N R T F"]], object]) -> MaskGroup:
        """Run all epochs, with a call after each, and return the masks with their errors."""
        for epoch in range(self.s.epochs):
            self.step(epoch)
            after_epoch(epoch, self.masks())
        errors = self.errors()
        history = torch.stack(self.records, 1) if self.records else None
        shape = (self.r, self.n)
        return MaskGroup(
            masks=self.masks().contiguous(),
            areas=self.s.areas,
            errors=errors.view(shape).T,
            clean_errors=self.clean,
            sign=self.s.sign,
            pull=self.pull.T,
            change=self.change.view(shape).T,
            history=None if history is None else history.view(3, self.s.epochs, *shape).transpose(2, 3),
        )

    def masks(self) -> Float[Tensor, "N R T F"]:
        """Return the masks as they are, samples in front: a view, which the next step moves."""
        return self.m.view(self.r, self.n, *self.x.shape[1:]).transpose(0, 1)

    def step(self, epoch: int) -> None:
        """Take one step of gradient descent on every mask."""
        s = self.s
        weight = s.size_weight * s.size_growth ** (epoch / s.epochs)
        chosen = size.kept(self.m, self.counts, self.largest, s.ties)
        errors, data, cells = self._data()
        if s.history:
            self._record(errors, chosen)
        slope = 2 * weight * self.share / self.d
        self.velocity.mul_(s.momentum).add_(self.m, alpha=slope).add_(chosen, alpha=-slope)
        if s.time_weight:
            m = self.m.view(-1, *self.x.shape[1:])
            self.velocity.add_(size.time_gradient(m, s.last_pair).flatten(1), alpha=s.time_weight * self.share)
        by_cell = self.velocity.view(self.r, -1)
        if cells is None:
            by_cell.add_(data, alpha=self.share)
        else:
            by_cell.index_add_(1, cells, data, alpha=self.share)
        last = epoch == s.epochs - 1
        before = self.m.clone() if last or s.optimiser == "projected" else self.m
        self.m.add_(self.velocity, alpha=-s.learning_rate)
        if s.optimiser == "projected":
            self.velocity.mul_((self.m >= 0) & (self.m <= 1))
        self.m.clamp_(0, 1)
        if last:
            self.change = (self.m - before).abs().mean(1)

    def _data(self) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return error per mask, and its derivative by the cells that have one (None: by all)."""
        kept = self.m.view(self.r, -1) if self.s.sign > 0 else 1 - self.m.view(self.r, -1)
        y = self.perturbed.value(kept)
        errors, upstream = gradient(self.model, self.error, y.view(-1, *self.x.shape[1:]), self.series, self._batch())
        upstream = upstream.reshape(self.r, -1)
        # A model may not read some cells at all: the derivative of the perturbation there is not needed.
        read = upstream.any(0)
        cells = read.nonzero()[:, 0]
        if 2 * len(cells) > len(read):
            # In deletion the error is to grow, and more mask is less kept: two signs that cancel.
            found = self.perturbed.slope(kept, y, None).mul(upstream)
            self._track_pull(found, None)
            return errors, found, None
        found = self.perturbed.slope(kept[:, cells], y[:, cells], cells).mul(upstream[:, cells])
        self._track_pull(found, cells)
        return errors, found, cells

    def _track_pull(self, found: Tensor, cells: Tensor | None) -> None:
        """Keep the largest derivative each mask has met."""
        where = torch.arange(found.shape[1], device=found.device) if cells is None else cells
        if len(where):
            largest = found.abs()
            self.pull = torch.maximum(self.pull, _per_series(largest, where // self.d, self.n))

    def _batch(self) -> int:
        return max(self.s.batch_size, 1)

    @torch.no_grad()
    def errors(self) -> Float[Tensor, "B"]:
        """Of the masks as they are."""
        kept = self.m.view(self.r, -1) if self.s.sign > 0 else 1 - self.m.view(self.r, -1)
        y = self.perturbed.value(kept).view(-1, *self.x.shape[1:])
        pairs = zip(torch.split(y, self._batch()), torch.split(self.series, self._batch()), strict=True)
        return torch.cat([self.error(self.model(rows), which) for rows, which in pairs])

    def _record(self, errors: Tensor, chosen: Tensor) -> None:
        m = self.m.view(-1, *self.x.shape[1:])
        time = size.time_term(m, self.s.last_pair) if size.time_pairs(m.shape[1], self.s.last_pair) else errors * 0
        self.records.append(torch.stack([errors, size.size_term(self.m, chosen), time]))


def _per_series(values: Float[Tensor, "R K"], series: Tensor, n: int) -> Float[Tensor, "R N"]:
    if n == 1:
        return values.amax(1, keepdim=True)
    index = series.expand_as(values)
    return values.new_zeros(len(values), n).scatter_reduce(1, index, values, "amax")
