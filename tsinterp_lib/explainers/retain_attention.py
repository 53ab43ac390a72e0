"""The contributions of a RETAIN network to its own prediction."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
import torch.nn.functional as nnf
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import denormals
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._own_networks import check_own_data, trained
from tsinterp_lib.models.retain import Retain
from tsinterp_lib.registry import known
from tsinterp_lib.types import Samples

STEPS = ("each", "last")


@dataclass(frozen=True, kw_only=True)
class RetainAttention(Explainer):
    r"""Reads what each cell adds to the prediction of a RETAIN network trained on the same labels :cite:p:`choi2016`.

    .. math:: a_{ti} = \alpha_t \, x_{ti} \sum_e W_{ye} \, \beta_{te} E_{ei}

    It explains a network of its own, trained in ``prepare`` for ``epochs`` (default 50; Adam, 1e-3, batches of 100, the
    cross-entropy of every step) and, with ``keep``, kept by key; the model of the call is not looked at, as where
    RETAIN is compared with explainers of another network. Units: logits of that network. ``steps``: ``each`` (default:
    the contribution of column t to the prediction at t, where labels are per step) or ``last`` (to the prediction at
    the last step, as released). ``bias`` (default False) adds the output's bias inside the sum, as released.
    ``train_mode`` (default False) keeps dropout on while scoring, as released.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` on fewer than one epoch, a network that is missing or knows
    another number of features; :class:`~tsinterp_lib.errors.UnknownName` for other ``steps``.
    """

    per_step: ClassVar[bool] = True
    steps: str = "each"
    epochs: int = 50
    bias: bool = False
    train_mode: bool = False
    keep: bool = False
    network: Retain | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        known(self.steps, STEPS, "choice of steps")
        if self.epochs < 1:
            raise InvalidInput(f"`epochs` is {self.epochs}: it must be at least 1.")

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        if self.network is not None:
            return self
        check_own_data(train, type(self).__name__)
        _, n_steps, n_features = train.x.shape
        n_classes = max(2, int(train.y.max()) + 1)
        made = trained(
            lambda: Retain(n_steps, n_features, n_classes, per_step=train.y.dim() == 2),
            lambda network: _fit(network, train, self.epochs),
            train,
            {"method": "retain", "epochs": self.epochs},
            self.keep,
        )
        return replace(self, network=made)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N T F"]:
        if self.network is None:
            raise InvalidInput("`network` is None, no training sample was seen: call prepare(model, train) first.")
        if self.network.n_features != x.shape[2]:
            raise InvalidInput(
                f"`network` knows series of {self.network.n_features} features; `x` has {x.shape[2]}: prepare the "
                "method on training data like x."
            )
        wanted = target[:, -1] if self.steps == "last" and target.dim() == 2 else target
        with torch.no_grad():
            network = copy.deepcopy(self.network).to(x).train(self.train_mode)
            return network.contributions(x, wanted, self.bias)


@denormals.flushed()
def _fit(network: Retain, train: Samples, epochs: int) -> None:
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    network.train()
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(train)).to(train.x.device), 100):
            scores, y = network(train.x[rows]), train.y[rows]
            loss = nnf.cross_entropy(scores.flatten(0, -2), y.flatten())
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    network.eval()
