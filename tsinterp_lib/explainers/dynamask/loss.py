"""How far the output on a perturbed series is from the output on the series itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._probabilities import log_probabilities, output_of

LOSSES = ("cross_entropy", "log_loss", "log_loss_target", "mse")
Rows = Float[Tensor, "B C"] | Float[Tensor, "B T C"]


@dataclass(frozen=True, eq=False)
class Error:
    """Measures the error of rows of a model's output, each against the clean output of its own series.

    ``reference`` holds, per series: clean values (``mse``), clean probabilities (``cross_entropy``), or the class whose
    log-probability counts (``log_loss``, ``log_loss_target``).
    """

    loss: str
    output: str
    reference: Tensor

    def __call__(self, out: Rows, series: Int[Tensor, "B"]) -> Float[Tensor, "B"]:
        """Return one number per row; ``series`` says which series a row belongs to."""
        wanted = self.reference[series]
        if out.shape[: wanted.dim()] != wanted.shape:
            raise InvalidInput(
                f"the model maps perturbed series to shape {tuple(out.shape)}, the series itself to one that goes with "
                f"{tuple(wanted.shape)}: it must give outputs of one shape for all series of a length."
            )
        if self.loss == "mse":
            return (out - wanted).square().flatten(1).mean(1)
        logs = log_probabilities(out, self.output)
        if self.loss == "cross_entropy":
            return -(wanted * logs).flatten(1).mean(1)
        return -logs.gather(-1, wanted.unsqueeze(-1)).flatten(1).mean(1)


@torch.no_grad()
def error_of(
    model: nn.Module, x: Float[Tensor, "N T F"], target: Tensor, loss: str, batch_size: int
) -> tuple[Error, Float[Tensor, "N"]]:
    """Return the error of a model at given series, and its value at the series themselves."""
    output = output_of(model)
    clean = torch.cat([model(rows) for rows in torch.split(x, batch_size)])
    if len(clean) != len(x):
        raise InvalidInput(
            f"the model maps {len(x)} series to {len(clean)} outputs: it must give one for each, whatever their number."
        )
    if loss != "mse" and (clean.shape[-1] < 2 or output == "values"):
        raise InvalidInput(
            f"`loss` is {loss!r} and the model has {clean.shape[-1]} output(s) of kind {output!r}: class "
            "probabilities need two classes or more; use loss='mse' for values."
        )
    check_reads(model, x, clean)
    if loss == "mse":
        reference = clean
    elif loss == "cross_entropy":
        reference = log_probabilities(clean, output).exp()
    else:
        reference = clean.argmax(-1) if loss == "log_loss" else target.long()
    error = Error(loss, output, reference)
    return error, error(clean, torch.arange(len(x), device=x.device))


def check_reads(model: nn.Module, x: Float[Tensor, "N T F"], clean: Rows) -> None:
    """Raise :class:`InvalidInput` where the output is the same for every series tried and has no gradient."""
    others: list[Callable[[], Tensor]] = [lambda: torch.zeros_like(x[:1]), lambda: 1 - x[:1], lambda: -2 * x[:1]]
    if any(not torch.equal(model(other()), clean[:1]) for other in others):
        return
    with torch.enable_grad():
        leaf = x[:1].detach().requires_grad_()
        out = model(leaf)
        weights = torch.arange(1.0, out.numel() + 1, dtype=out.dtype, device=out.device).view_as(out)
        total = (out * weights).sum()
        found = torch.autograd.grad(total, leaf, allow_unused=True)[0] if total.requires_grad else None
    if found is None or not bool(found.any()):
        raise InvalidInput(
            "the model's output is the same whatever the series: a mask has nothing to explain; check that the model "
            "reads its input and that its weights are loaded."
        )


def gradient(
    model: nn.Module, error: Error, y: Float[Tensor, "B T F"], series: Int[Tensor, "B"], batch_size: int
) -> tuple[Float[Tensor, "B"], Float[Tensor, "B T F"]]:
    """Return the error of every row and its gradient by that row, a bounded number of rows at once."""
    errors, slopes = [], []
    for rows, which in zip(torch.split(y, batch_size), torch.split(series, batch_size), strict=True):
        leaf = rows.detach().requires_grad_()
        found = error(model(leaf), which)
        slopes.append(torch.autograd.grad(found.sum(), leaf)[0])
        errors.append(found.detach())
    return (errors[0], slopes[0]) if len(errors) == 1 else (torch.cat(errors), torch.cat(slopes))
