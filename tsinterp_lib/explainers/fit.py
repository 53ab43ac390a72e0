"""FIT: feature importance in time."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers._own_networks import check_own_data, trained
from tsinterp_lib.explainers._prefix import Prefixes, check_steps, in_mode
from tsinterp_lib.explainers._probabilities import divergence
from tsinterp_lib.models.conditional_gaussian import PROTOCOLS, ConditionalGaussian, fit
from tsinterp_lib.registry import known
from tsinterp_lib.types import Samples

AVERAGES = ("kl_of_mean", "mean_of_kl")
NEGATIVES = ("keep", "clip", "shift", "shift_all")
"""What becomes of negative scores: metrics that rank by magnitude would read them as important."""


@dataclass(frozen=True, kw_only=True)
class FIT(Chunked):
    r"""Measures how much of the change of the prediction one new observation explains alone :cite:p:`tonekaboni2020`.

    .. math:: a_{ti} = \mathrm{KL}(p_t \,\|\, p_{t-1}) - \mathrm{KL}(p_t \,\|\, \hat p_{ti}), \quad
        \hat p_{ti} = \mathbb{E}\bigl[ f(x_{0..t-1}, x_{ti}, \hat x_{t, -i}) \bigr], \quad
        \hat x_{t, -i} \sim G(\cdot \mid x_{0..t-1}, x_{ti})

    with :math:`p_t` the class probabilities on the prefix that ends at t; ``target`` is not used. Units: nats, any
    sign, 0 at the first step. G is a :class:`~tsinterp_lib.models.conditional_gaussian.ConditionalGaussian`, trained
    in ``prepare`` on the training series for ``epochs`` (default 100) and, with ``keep``, kept by key. ``n_samples``
    (default 10) draws. ``average``: ``kl_of_mean`` (default: the expectation is taken of the prediction, as the paper
    writes) or ``mean_of_kl`` (the KL of each draw is averaged, as released: never smaller). ``squash`` (default
    False) maps the score to :math:`2 / (1 + e^{-5a}) - 1`, as released. ``negative``: scores below zero, of features
    that mislead by themselves, are kept (``keep``, default), set to zero (``clip``), or each sample's least score is
    subtracted from all of its (``shift``: what the released evaluation does by scaling signed scores to [0, 1]), or
    the least of all samples from all (``shift_all``: the order over samples is kept, and scores depend on what is
    explained together); metrics that rank by magnitude need one of the latter three. ``generator_protocol``:
    ``corrected`` (default) or ``as_released``, the generator's. ``train_mode``: as for
    :class:`~tsinterp_lib.explainers.FeatureOcclusion`.

    Departures: the past is summarised once per series, and conditional draws of all features come from one joint draw
    each (the same law); networks that can go on from a state take one step per draw (the same values).

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one sample or epoch, series of one step, a
    generator that is missing or knows another number of features, and a model that takes no prefix;
    :class:`~tsinterp_lib.errors.UnknownName` for another ``average``, ``negative`` or protocol.
    """

    per_step: ClassVar[bool] = True
    n_samples: int = 10
    average: str = "kl_of_mean"
    squash: bool = False
    negative: str = "keep"
    epochs: int = 100
    generator_protocol: str = "corrected"
    train_mode: bool = False
    keep: bool = False
    generator: ConditionalGaussian | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.average, AVERAGES, "order of averaging")
        known(self.negative, NEGATIVES, "treatment of negative scores")
        known(self.generator_protocol, PROTOCOLS, "protocol")
        if self.n_samples < 1 or self.epochs < 1:
            raise InvalidInput(f"`n_samples` is {self.n_samples}, `epochs` {self.epochs}: both must be at least 1.")

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        if self.generator is not None:
            return self
        check_own_data(train, type(self).__name__)
        x = train.x.detach()
        check_steps(x, 1)
        made = trained(
            lambda: ConditionalGaussian(x.shape[2], protocol=self.generator_protocol),
            lambda network: fit(network, x, self.epochs),
            train,
            {"method": "fit", "epochs": self.epochs, "protocol": self.generator_protocol},
            self.keep,
        )
        return replace(self, generator=made)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N T F"]:
        check_steps(x, 1)
        generator = self._generator(x)
        prefixes = Prefixes(in_mode(model, self.train_mode), x, self.batch_size)
        clean, a = prefixes.clean, torch.zeros_like(x)
        n, n_steps, n_features = x.shape
        with torch.no_grad():
            histories = generator.histories(x)
            for t in range(1, n_steps):
                columns = generator.fill(histories[:, t], x[:, t], self.n_samples).flatten(1, 2)
                hat = prefixes.changed(t, columns).view(n, n_features, self.n_samples, -1)
                change = divergence(clean[:, t], clean[:, t - 1])
                a[:, t] = change[:, None] - self._unexplained(clean[:, t, None], hat)
        a = 2 / (1 + torch.exp(-5 * a)) - 1 if self.squash else a
        if self.negative == "shift":
            return a - a.amin((1, 2), keepdim=True)
        if self.negative == "shift_all":
            return a - a.min()
        return a.clamp_min(0) if self.negative == "clip" else a

    def _unexplained(self, p: Float[Tensor, "N 1 C"], hat: Float[Tensor, "N F S C"]) -> Float[Tensor, "N F"]:
        """Return the second divergence, from log-probabilities."""
        if self.average == "kl_of_mean":
            return divergence(p, torch.logsumexp(hat, 2) - math.log(self.n_samples))
        return divergence(p[:, :, None], hat).mean(2)

    def _generator(self, x: Float[Tensor, "N T F"]) -> ConditionalGaussian:
        if self.generator is None:
            raise InvalidInput("`generator` is None, no training sample was seen: call prepare(model, train) first.")
        if self.generator.n_features != x.shape[2]:
            raise InvalidInput(
                f"`generator` knows series of {self.generator.n_features} features; `x` has {x.shape[2]}: prepare the "
                "method on training data like x."
            )
        return copy.deepcopy(self.generator).to(x).eval()
