"""SmoothGrad, SmoothGrad-squared and VarGrad of any base, from one pass of draws."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._wrapper import Wrapper
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.guard import counted, passed
from tsinterp_lib.registry import known

STATISTICS = ("mean", "mean_square", "variance")


class Moments(NamedTuple):
    """Holds three statistics of the maps of noisy copies: SmoothGrad, SmoothGrad-squared, VarGrad."""

    mean: Tensor
    mean_square: Tensor
    variance: Tensor


@dataclass(frozen=True, kw_only=True)
class NoiseEnsemble(Wrapper):
    r"""Explains J noisy copies of each input by ``base`` and gives a statistic of their maps :cite:p:`hooker2019`.

    .. math:: g_j = g(x + \eta_j), \quad \eta_j \sim N(0, \sigma^2), \quad \sigma = s\,(\max x - \min x)

    ==================  ===================================================  ==============================
    ``statistic``       map                                                  name
    ==================  ===================================================  ==============================
    ``mean``            :math:`\frac1J \sum_j g_j`                           SmoothGrad
    ``mean_square``     :math:`\frac1J \sum_j g_j^2`                         SmoothGrad-squared
    ``variance``        :math:`\frac1J \sum_j (g_j - \bar g)^2`              VarGrad
    ==================  ===================================================  ==============================

    J is ``n_samples`` (default 15), s is ``noise`` (default 0.15, a share of the range of each sample). A baseline of
    ``base`` stays where it is: the noise moves the end point alone. The variance is summed by Welford's rule, so it is
    never negative, and zero without noise. The three statistics of one base start from the same draws and share one
    pass: what a pass of a model gave is kept until another base or number of draws is asked for. Units: those of
    ``base``, squared for the last two. Raises :class:`~tsinterp_lib.errors.InvalidInput` for fewer than one draw or a
    negative share of noise, and as ``base`` does.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    base: Explainer = field(default_factory=Gradient)
    drawn_alike: ClassVar[tuple[str, ...]] = ("statistic",)
    statistic: str = "mean"
    n_samples: int = 15
    noise: float = 0.15

    def __post_init__(self) -> None:
        known(self.statistic, STATISTICS, "statistic of the noisy maps")
        if self.n_samples < 1 or not 0 <= self.noise < float("inf"):
            raise InvalidInput(
                f"`n_samples` is {self.n_samples} and `noise` {self.noise}: at least one draw, and a share of the "
                "range that is not negative."
            )

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        found: Tensor = getattr(self._once(model, x, target), self.statistic)
        return found.clone()

    def moments(self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]) -> Moments:
        """Return all three statistics, from J draws of noise."""
        spread = self.noise * (x.flatten(1).amax(1) - x.flatten(1).amin(1)).view(-1, *[1] * (x.dim() - 1))
        mean, squares, deviations = (torch.zeros_like(x) for _ in range(3))
        for j in range(1, self.n_samples + 1):
            g = self.base._attribute(model, x + spread * torch.randn(x.shape, device=x.device).to(x), target)
            apart = g - mean
            mean = mean + apart / j
            deviations = deviations + apart * (g - mean)
            squares = squares + (g.square() - squares) / j
        return Moments(mean, squares, deviations.clamp_min(0) / self.n_samples)

    def _once(self, model: nn.Module, x: Tensor, target: Tensor) -> Moments:
        """Return the moments; those of an equal pass (settings, weights, inputs, state of the generators) are not made
        again.

        What the generators and the count of model calls would have been afterwards, they are.
        """
        settings = _digest((self.base, self.n_samples, self.noise))
        drawn = np.random.get_state(legacy=False)
        state = (torch.get_rng_state(), *drawn["state"].values())
        key = _digest((x, target, *state, model))
        kept = _PASSES.setdefault(model, {})
        if any(of != settings for of, _ in kept):
            kept.clear()
        if (settings, key) not in kept:
            with counted(model) as calls:
                made = self.moments(model, x, target)
            kept[settings, key] = (made, calls[0], torch.get_rng_state())
            return made
        made, n_calls, after = kept[settings, key]
        passed(model, n_calls)
        torch.set_rng_state(after)
        return made


_PASSES: WeakKeyDictionary[nn.Module, dict[tuple[str, str], tuple[Moments, int, Tensor]]] = WeakKeyDictionary()
"""The passes of one base and number of draws, by model."""


def _digest(value: object) -> str:
    """Return a digest of what a value holds: tensors by content, things by their fields."""
    if isinstance(value, Tensor):
        text = f"{value.dtype}{tuple(value.shape)}".encode() + value.detach().cpu().contiguous().numpy().tobytes()
        return hashlib.sha256(text).hexdigest()
    if isinstance(value, nn.Module):
        own = [(name, vars(part).items()) for name, part in value.named_modules()]
        plain = [(name, k, repr(v)) for name, held in own for k, v in held if not k.startswith("_")]
        return _digest((dict(value.named_parameters()), dict(value.named_buffers()), plain))
    if isinstance(value, Explainer):  # a class of the same name that is defined anew is another one
        return _digest((id(type(value)), tuple(vars(value).items())))
    if isinstance(value, Mapping):
        return _digest(tuple(value.items()))
    if isinstance(value, tuple | list):
        return hashlib.sha256("".join(_digest(part) for part in value).encode()).hexdigest()
    return hashlib.sha256(repr(value).encode()).hexdigest()
