"""Adapts Captum (:cite:p:`kokhlikyan2020`), for all methods it serves: chunks, silence, errors with a next step.

Captum is imported where it is used first: it loads pyplot, for which a list of names must not wait.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._chunked import Chunked, leaf

if TYPE_CHECKING:
    from captum.attr._utils.attribution import Attribution


def answer(
    of: Chunked,
    method: Attribution,
    x: Float[Tensor, "N *axes"],
    target: Int[Tensor, "N"],
    rows_each: int = 1,
    per_sample: Mapping[str, Tensor] | None = None,
    **options: object,
) -> Float[Tensor, "N *axes"]:
    """What a Captum method answers, in the chunks of the method ``of``; ``per_sample`` options are cut like x."""
    found = []
    for s in of.chunks(len(x), rows_each):
        cut = {name: value[s] for name, value in (per_sample or {}).items()}
        a = method.attribute(leaf(x[s]), target=target[s].long(), **cut, **options)
        found.append(a.detach().to(x.dtype))
    return torch.cat(found)


def hooked(model: nn.Module) -> bool:
    """Whether the model holds a non-linear module that Captum's DeepLIFT treats other than by its gradient."""
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

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
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

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
