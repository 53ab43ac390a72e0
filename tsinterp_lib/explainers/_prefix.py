"""What a model says at every step of a series, and what it would say had the newest step been another."""

from __future__ import annotations

import copy
from typing import Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._probabilities import log_probabilities, output_of

M = TypeVar("M", bound=nn.Module)


@runtime_checkable
class Stepwise(Protocol):
    """Describes a causal model that remembers its past in a state, and can go on from any of them."""

    def states(self, x: Tensor) -> Tensor:
        """Return (N, T, F) to the states before the first and after every step, (N, T + 1, S)."""

    def after(self, state: Tensor, x: Tensor) -> Tensor:
        """Return the state after one more step; leading axes broadcast."""

    def read(self, state: Tensor) -> Tensor:
        """Logits of states."""


class Prefixes:
    """Gives class log-probabilities of a model on every prefix of ``x``, (N, T, C), and where the last step differs.

    A :class:`Stepwise` model goes through each series once: a changed last step then costs one step from the state
    before it, whatever the length of the prefix, and is exact. Any other model is called on the prefixes themselves.
    """

    @torch.no_grad()
    def __init__(self, model: nn.Module, x: Float[Tensor, "N T F"], batch_size: int) -> None:
        self.model, self.x, self.batch_size = model, x, batch_size
        self.states: Tensor | None = None
        if isinstance(model, Stepwise):
            self.states = torch.cat([model.states(rows) for rows in self._chunks(x)])
            self.clean = log_probabilities(model.read(self.states[:, 1:]), "logits")
        else:
            check_prefix(model, x)
            self.clean = torch.stack([self._whole(x[:, : t + 1]) for t in range(x.shape[1])], 1)

    @torch.no_grad()
    def changed(self, t: int, columns: Float[Tensor, "N R F"]) -> Float[Tensor, "N R C"]:
        """Log-probabilities at step t where x_t is each of R columns instead."""
        n, r, _ = columns.shape
        if self.states is not None:
            model = self.model
            # In training mode batch statistics are over the series: they must not be cut.
            size = n if model.training else max(1, self.batch_size // r)
            pairs = zip(torch.split(self.states[:, t], size), torch.split(columns, size), strict=True)
            found = torch.cat([model.read(model.after(h[:, None], rows)) for h, rows in pairs])  # type: ignore[operator]
            return log_probabilities(found, "logits")
        prefix = self.x[:, None, : t + 1].expand(-1, r, -1, -1).clone()
        prefix[:, :, t] = columns
        return self._whole(prefix.flatten(0, 1)).view(n, r, -1)

    def _whole(self, prefix: Float[Tensor, "B t F"]) -> Float[Tensor, "B C"]:
        out = torch.cat([self.model(rows) for rows in self._chunks(prefix)])
        return log_probabilities(out if out.dim() == 2 else out[:, -1], output_of(self.model))

    def _chunks(self, x: Tensor) -> tuple[Tensor, ...]:
        return (x,) if self.model.training else torch.split(x, self.batch_size)


def in_mode(model: M, train_mode: bool) -> M:
    """Return the model itself, or a copy in training mode: dropout draws, batches are normalised by their own
    statistics.
    """
    return copy.deepcopy(model).train() if train_mode else model


def check_steps(x: Float[Tensor, "N T F"], first: int) -> None:
    """Raise :class:`InvalidInput` where the series end before the first step that is scored."""
    if x.shape[1] <= first:
        raise InvalidInput(
            f"`x` has {x.shape[1]} step(s); scores start at step {first} (the first is 0): give series of at least "
            f"{first + 1} steps."
        )


@torch.no_grad()
def check_prefix(model: nn.Module, x: Float[Tensor, "N T F"]) -> None:
    """Raise :class:`InvalidInput` where the model does not take the first step of a series by itself."""
    if isinstance(model, Stepwise):
        return
    try:
        model(x[:1, :1])
    except (InvalidInput, RuntimeError) as error:
        raise InvalidInput(
            f"the model refuses a prefix of 1 of {x.shape[1]} steps ({error}) This method reads a model at every step: "
            "give one that takes series of any length, such as gru or retain."
        ) from error
