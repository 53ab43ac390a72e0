"""What a model's output says of classes: probabilities, their logarithms, and how far two of them lie apart."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


def output_of(model: nn.Module) -> str:
    """Return the kind of a model's output, ``logits`` where it says none (a layer that is called ``output`` says
    nothing).
    """
    output = getattr(model, "output", "logits")
    return output if isinstance(output, str) else "logits"


def log_probabilities(out: Float[Tensor, "*B C"], output: str) -> Float[Tensor, "*B C"]:
    """Of outputs of a kind; the logarithm of 0 is that of the smallest normal number.

    What is not ``logits`` is ``probabilities``, or the ``values`` of a white box, which are not negative either.
    """
    if output != "logits":
        return out.clamp_min(torch.finfo(out.dtype).tiny).log()
    return torch.log_softmax(out, -1)


def as_output(logits: Float[Tensor, "*B C"], output: str) -> Float[Tensor, "*B C"]:
    """Say what a model with such an ``output`` says where its logits are these."""
    return torch.softmax(logits, -1) if output == "probabilities" else logits


def divergence(p: Float[Tensor, "*B C"], q: Float[Tensor, "*D C"]) -> Float[Tensor, "*E"]:
    r"""Return KL(p ‖ q) in nats, from log-probabilities; 0 log 0 is 0."""
    weight = p.exp()
    return torch.where(weight > 0, weight * (p - q), 0.0).sum(-1)
