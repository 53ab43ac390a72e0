"""Adapts Captum (:cite:p:`kokhlikyan2020`), for all methods it serves: what it answers, in chunks.

Captum is imported where it is used first: it loads pyplot, for which a list of names must not wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

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
    """Say what a Captum method answers, in the chunks of the method ``of``; ``per_sample`` options are cut like x."""
    found = []
    for s in of.chunks(len(x), rows_each):
        cut = {name: value[s] for name, value in (per_sample or {}).items()}
        a = method.attribute(leaf(x[s]), target=target[s].long(), **cut, **options)
        found.append(a.detach().to(x.dtype))
    return torch.cat(found)


def hooked(model: nn.Module) -> bool:
    """Say whether the model holds a non-linear module that Captum's DeepLIFT treats other than by its gradient."""
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

    return any(type(module) in SUPPORTED_NON_LINEAR for module in model.modules())
