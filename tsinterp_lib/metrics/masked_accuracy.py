"""Measure the accuracy of the model after the most salient cells were replaced (:cite:p:`ismail2020`)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.guard import attribution_mode
from tsinterp_lib.metrics.areas import trapezoid
from tsinterp_lib.metrics.selection import CUTS, computed_once, rank, selected_counts
from tsinterp_lib.registry import known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Explanation, Metric

ELEVEN = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The levels of the accuracy drop: nothing replaced, …, everything replaced."""

NOISES = ("per_sample", "shared")
"""A fresh draw for each sample and level, or one draw per level for all samples (as released)."""

FILLS = ("background", "other_samples", "zero", "lowest")
"""Replacement values: the data's process without a signal; the same cells of another sample; zero; the
lowest value of the sample, which is the background of a digit."""


@dataclass(frozen=True)
class MaskedAccuracy(Metric):
    r"""Checks whether the model is still right when the top cells at a level hold other values (:cite:p:`ismail2020`).

    .. math:: C_n(p) = \mathbf 1\left[ \arg\max_c f_c(\tilde x_n) = y_n \right], \quad
              \tilde x_{n,i} = \begin{cases} z_{n,i} & i \in A(p) \\ x_{n,i} & \text{otherwise} \end{cases}

    The mean over samples is the masked accuracy. ``cut`` selects :math:`A(p)` as for
    :class:`~tsinterp_lib.metrics.precision_recall.Precision`; level 0 replaces nothing, level 1 everything.
    :math:`z` comes from ``fill``: the data set's process without any class signal (default), the same cells of another
    sample, zero, or the lowest value of the sample. ``noise`` is ``per_sample`` (default) or ``shared``: one draw per
    level for all samples, so that at level 1 all predictions are one class, as released. ``batch_size`` rows go through
    the model at once.

    The released code also carries an accuracy of exactly 0 forward:
    :func:`~tsinterp_lib.metrics.dataset_level.carry_zero`. Raises :class:`~tsinterp_lib.errors.InvalidInput` where
    ``fill`` needs what the data do not have.
    """

    cut: str = "mass"
    noise: str = "per_sample"
    fill: str = "background"
    batch_size: int = 250
    levels: tuple[float, ...] = ELEVEN

    def __post_init__(self) -> None:
        known(self.cut, CUTS, "cut")
        known(self.noise, NOISES, "noise")
        known(self.fill, FILLS, "fill")
        if self.batch_size < 1:
            raise InvalidInput(f"`batch_size` is {self.batch_size}: at least one row goes through the model at once.")

    @property
    def mixes_samples(self) -> bool:
        """Say whether values come from other samples, or from one draw for all of them."""
        return self.fill not in ("zero", "lowest")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        k = selected_counts(e, self.cut, self.levels)
        with attribution_mode(e.model), torch.no_grad():
            return torch.stack([self._at(e, k[:, i], level) for i, level in enumerate(self.levels)], 1)

    def _at(self, e: Explanation, k: Int[Tensor, "N"], level: float) -> Float[Tensor, "N"]:
        """Who is still right at a level. Where nothing or everything is replaced, both cuts share one answer."""
        if level <= 0:
            return computed_once(e, ("right", self.batch_size), lambda: self._correct(e, e.x))
        values = replacement(e, self.fill, self.noise, seed_from(e.seed, level))
        if bool((k >= e.x[0].numel()).all()):
            key = ("right on noise", level, self.fill, self.noise, self.batch_size)
            return computed_once(e, key, lambda: self._correct(e, values))
        chosen = (rank(e) < k[:, None]).view(e.x.shape)
        return self._correct(e, torch.where(chosen, values, e.x))

    def _correct(self, e: Explanation, x: Float[Tensor, "#N *axes"]) -> Float[Tensor, "N"]:
        if e.constants:  # one draw for all, but a constant for each
            x = x.expand_as(e.x)
        chunks = (slice(i, i + self.batch_size) for i in range(0, len(x), self.batch_size))
        predicted = torch.cat([e.answers(x[rows], rows).argmax(1) for rows in chunks])
        return (predicted == e.target).to(torch.float64)


@dataclass(frozen=True)
class MaskedAccuracyArea(Metric):
    r"""Measures the area under the masked accuracy (:cite:p:`ismail2020`); lower is better.

    .. math:: \mathrm{AUC} = \int_0^1 C(p) \, dp \in [0, 1]

    by the trapezoid rule over eleven levels. The released code gives it in per cent, 100 times as much. Settings as for
    :class:`MaskedAccuracy`.
    """

    cut: str = "mass"
    noise: str = "per_sample"
    fill: str = "background"
    batch_size: int = 250

    def __post_init__(self) -> None:
        MaskedAccuracy(self.cut, self.noise, self.fill, self.batch_size)

    @property
    def mixes_samples(self) -> bool:
        """Say whether values come from other samples, or from one draw for all of them."""
        return self.fill not in ("zero", "lowest")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        return trapezoid(MaskedAccuracy(self.cut, self.noise, self.fill, self.batch_size).scores(e), ELEVEN)[:, None]


def replacement(e: Explanation, fill: str, noise: str, seed: int) -> Float[Tensor, "#N *axes"]:
    """Return values to write into selected cells: one series per sample, or one for all where ``noise`` is
    ``shared``.
    """
    n = len(e.x)
    if fill == "zero":
        return torch.zeros_like(e.x[:1])
    if fill == "lowest":
        return e.x.flatten(1).amin(1).view(-1, *[1] * (e.x.dim() - 1)).expand_as(e.x)
    if fill == "other_samples":
        return e.x[_donors(n, noise, seed).to(e.x.device)]
    if e.background is None:
        raise InvalidInput(
            "`background` is None: the process behind these data is unknown, so no values without a signal can be "
            f"drawn; choose another `fill`: {', '.join(repr(f) for f in FILLS[1:])}."
        )
    return e.background(1 if noise == "shared" else n, seed).to(e.x)


def _donors(n: int, noise: str, seed: int) -> Tensor:
    if n < 2:
        raise InvalidInput(f"`x` has {n} sample: fill 'other_samples' takes values from others; give at least two.")
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    if noise == "shared":
        return order[:1]
    donors = torch.empty_like(order)
    donors[order] = order.roll(1)  # a single cycle: no sample is its own donor
    return donors
