"""The one adapter to Captum (:cite:p:`kokhlikyan2020`): chunks, a progress bar, silence, errors with a next step."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR
from captum.attr._utils.attribution import Attribution
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.types import Explainer


@dataclass(frozen=True, kw_only=True)
class Chunked(Explainer):
    """What every method that runs the model shares.

    ``batch_size``: rows that go through the model at once (default 200, which keeps a batch of the benchmark's series
    in the cache of a core); it moves memory and speed, and never the scores beyond rounding.
    ``progress``: show a bar. Raises :class:`InvalidInput` where ``batch_size`` is below one.
    """

    batch_size: int = 200
    progress: bool = False

    def __post_init__(self) -> None:
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

    def captum(
        self,
        method: Attribution,
        x: Float[Tensor, "N T F"],
        target: Int[Tensor, "N"],
        rows_each: int = 1,
        per_sample: Mapping[str, Tensor] | None = None,
        **options: object,
    ) -> Float[Tensor, "N T F"]:
        """What a Captum method answers, a chunk at a time; ``per_sample`` options are cut like the samples."""
        found = []
        for s in self.chunks(len(x), rows_each):
            cut = {name: value[s] for name, value in (per_sample or {}).items()}
            a = method.attribute(_leaf(x[s]), target=target[s].long(), **cut, **options)
            found.append(a.detach().to(x.dtype))
        return torch.cat(found)

    def gradients(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N T F"]:
        """The gradient of output ``target`` at each sample, in the precision of x."""
        return torch.cat([gradient(model, _leaf(x[s]), target[s]) for s in self.chunks(len(x))]).to(x.dtype)


def gradient(
    model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"], weight: Float[Tensor, "N"] | None = None
) -> Float[Tensor, "N T F"]:
    """The gradient of output ``target`` with respect to the leaf x, times a ``weight`` per row (default one).

    One backward pass from the sum of the rows' outputs; Captum's ``Saliency`` hands autograd a list of N outputs, which
    costs more than the pass of a small network.
    """
    chosen = model(x).gather(1, target.long()[:, None])[:, 0]
    (g,) = torch.autograd.grad((chosen if weight is None else chosen * weight).sum(), x)
    return g


def _leaf(x: Float[Tensor, "N T F"]) -> Float[Tensor, "N T F"]:
    """``x`` as a leaf that wants a gradient (inside ``no_grad`` that costs nothing): Captum would warn and set it."""
    return x.detach().requires_grad_()


def hooked(model: nn.Module) -> bool:
    """Whether the model holds a non-linear module that Captum's DeepLIFT treats other than by its gradient."""
    return any(type(module) in SUPPORTED_NON_LINEAR for module in model.modules())


class Inner(nn.Module):
    """The model one level down, so that Captum's hooks on the outermost module leave the model's own hooks alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.model(x))


@contextmanager
def deep_lift_guard(model: nn.Module) -> Iterator[None]:
    """Captum's hook warning is silenced, its refusals get a next step, and what it leaves on modules is removed."""
    if any(type(module) is nn.Softmax for module in model.modules()):
        raise InvalidInput(
            "the model holds an nn.Softmax module: Captum's DeepLIFT normalises it over the whole batch, which is "
            "wrong; use torch.softmax inside forward, or explain the logits."
        )
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"Setting forward, backward hooks", category=UserWarning)
            yield
    except RuntimeError as error:
        if "being used more than once" not in str(error):
            raise
        raise InvalidInput(
            "DeepLIFT refuses the model: one of its non-linear modules is used, or registered, more than once; "
            "give each use a module of its own (two nn.ReLU() instead of one), or call torch.relu in forward."
        ) from error
    finally:
        for module in model.modules():
            for name in ("input", "output", "input_ref"):
                if type(module) in SUPPORTED_NON_LINEAR:
                    module.__dict__.pop(name, None)
