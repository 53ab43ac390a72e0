"""What a non-linear module does to a difference: the multiplier of its input from that of its output."""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput

POINTWISE = (nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus)
MAXIMA = {nn.MaxPool1d: nnf.max_pool1d, nn.MaxPool2d: nnf.max_pool2d, nn.MaxPool3d: nnf.max_pool3d}
RULED = (*POINTWISE, *MAXIMA)
"""The modules that the rescale rule is about: those that Captum has a rule for, but for a softmax."""

SAME = 1e-10
"""Two inputs of a module closer than this count as equal: the multiplier is then the gradient."""


def ruled(model: nn.Module) -> list[nn.Module]:
    """Return the modules of a model that the rule is about, each once; raises :class:`InvalidInput` for one without."""
    if any(type(m) is nn.Softmax for m in model.modules()):
        raise InvalidInput(
            "the model holds an nn.Softmax module: DeepLIFT's rule for it is stated for one layer of logits alone, and "
            "Captum normalises it over the whole batch; use torch.softmax inside forward, or explain the logits."
        )
    found = [m for m in model.modules() if type(m) in RULED]
    for m in found:
        if getattr(m, "return_indices", False):
            raise InvalidInput(
                f"DeepLIFT refuses the model: a {type(m).__name__} answers with values and places; build it with "
                "return_indices=False."
            )
    return found


def n_pooled(module: nn.Module) -> int:
    """Return over how many of the last axes a maximum is taken; 0 of a module that acts on each number by itself."""
    return 1 + list(MAXIMA).index(type(module)) if type(module) in MAXIMA else 0  # type: ignore[arg-type]


def risen(module: nn.Module, x: tuple[Tensor, Tensor], out: tuple[Tensor, Tensor], g: tuple[Tensor, Tensor]) -> Tensor:
    """Say what the change of the output is worth, in the places of the input: pairs are of samples and references."""
    return _maximum(module, x, out, g) if type(module) in MAXIMA else g[0] * (out[0] - out[1])


def multiplier(module: nn.Module, at: Tensor, by: Tensor, risen: Tensor, g: Tensor) -> Tensor:
    """Return ``risen`` per change ``by`` of the input; the module's gradient ``at`` an input that does not change."""
    same = by.abs() < SAME
    found = risen / by
    if bool(same.any()):
        with torch.enable_grad():
            leaf = at.detach().clone().requires_grad_()
            # A module that writes into its input must not find a leaf.
            (plain,) = torch.autograd.grad(module.forward(leaf.clone()), leaf, g)
        found = torch.where(same, plain, found)
    return found


def _maximum(
    module: nn.Module, x: tuple[Tensor, Tensor], out: tuple[Tensor, Tensor], g: tuple[Tensor, Tensor]
) -> Tensor:
    """Say what the rise above the reference is worth, at the sample's place, and the fall below it, at the reference's.

    Windows that overlap may share a place, which is then worth the sum.
    """
    pool, last = cast(Any, module), n_pooled(module)
    highest = torch.maximum(*out)
    total = torch.zeros_like(x[0])
    flat = total.flatten(-last)
    for at, worth in zip(x, (g[0] * (highest - out[1]), g[1] * (out[0] - highest)), strict=True):
        _, places = cast(Any, MAXIMA[type(pool)])(
            at, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode, return_indices=True
        )
        flat.scatter_add_(-1, places.flatten(-last), worth.flatten(-last))
    return flat.view_as(total)
