"""Models in batches: chunks of a bounded number of rows, a progress bar, and the gradient of an output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer


@dataclass(frozen=True, kw_only=True)
class Chunked(Explainer):
    """Holds what every method that runs the model shares.

    ``batch_size``: rows that go through the model at once (default 200, which keeps a batch of the benchmark's series
    in the cache of a core); it moves memory and speed, and never the scores beyond rounding.
    ``progress``: show a bar. Raises :class:`InvalidInput` where ``batch_size`` is below one.
    """

    batch_size: int = 200
    progress: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.batch_size, int):
            raise InvalidInput(f"`batch_size` is {self.batch_size!r}: give a whole number of rows, 1 or more.")
        if self.batch_size < 1:
            raise InvalidInput(
                f"`batch_size` is {self.batch_size}: at least one row goes through the model at a time; give 1 or more."
            )

    def chunks(self, n: int, rows_each: int = 1) -> Iterator[slice]:
        """Slices of ``range(n)`` so that a slice's items, each of ``rows_each`` rows, fill at most one batch."""
        step = max(1, self.batch_size // rows_each)
        quiet = not self.progress or n <= step  # one chunk needs no bar
        starts = tqdm(range(0, n, step), desc=type(self).__name__, disable=quiet, leave=False)
        return (slice(start, min(start + step, n)) for start in starts)

    def gradients(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        """Return the gradient of output ``target`` at each sample, in the precision of x."""
        return torch.cat([gradient(model, leaf(x[s]), target[s]) for s in self.chunks(len(x))]).to(x.dtype)


def gradient(
    model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"], weight: Float[Tensor, "N"] | None = None
) -> Float[Tensor, "N *axes"]:
    """Return the gradient of output ``target`` with respect to the leaf x, times a ``weight`` per row (default one).

    One backward pass from the sum of the rows' outputs; Captum's ``Saliency`` hands autograd a list of N outputs, which
    costs more than the pass of a small network.
    """
    chosen = model(x).gather(1, target.long()[:, None])[:, 0]
    (g,) = torch.autograd.grad((chosen if weight is None else chosen * weight).sum(), x)
    return g


def per_sample(v: Float[Tensor, "N"] | Int[Tensor, "N"], x: Tensor) -> Tensor:
    """Return one number per row of x, in a shape that broadcasts over the other axes of x."""
    return v.view(-1, *[1] * (x.dim() - 1))


def leaf(x: Float[Tensor, "N *axes"]) -> Float[Tensor, "N *axes"]:
    """Return ``x`` as a leaf that wants a gradient (inside ``no_grad`` that costs nothing): Captum would warn and set
    it.
    """
    return x.detach().requires_grad_()
