"""DeepLIFT's rescale rule for any network of modules: a sample and its reference go through it together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from tqdm import tqdm

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers.deep_lift.multipliers import multiplier, n_pooled, risen, ruled


class Pairs:
    """Runs a model whose non-linear modules see N samples and, behind them, their N references.

    Which axis of a module's input holds the samples is not taken for granted: it is the one that doubles when the
    references come behind the samples, and its first half must be what the samples gave alone. Networks that put time
    first inside, or samples and steps in one axis, are so explained rightly or refused.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.modules = ruled(model)
        self.alone: list[Tensor] = []
        self.axes: list[int] = []
        self.rows = 0
        self._stage = ""
        self._call = 0
        self._given: Tensor | None = None

    def learn(self, x: Float[Tensor, "N *axes"], references: Float[Tensor, "N *axes"]) -> None:
        """Find the axis of the samples at every use of a module; raises :class:`InvalidInput` where there is none."""
        self.alone, self.axes, self.rows = [], [], len(x)
        with torch.no_grad():
            for self._stage, rows in (("alone", x), ("together", torch.cat([x, references]))):
                self._call = 0
                self.model(rows)
        self._check_calls()
        self._stage, self.alone = "rule", []

    def outputs(self, both: Float[Tensor, "M *axes"]) -> Float[Tensor, "M C"]:
        """Return the model's outputs for samples and, behind them, references; their backward pass is the rule."""
        self._call = 0
        out: Tensor = self.model(both)
        self._check_calls()
        return out

    def keep(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        """Return the input as it is before the module, which may write into it."""
        if len(inputs) != 1:
            raise InvalidInput(
                f"DeepLIFT refuses the model: a {type(module).__name__} is called with {len(inputs)} arguments by "
                "position; call it with its input alone."
            )
        self._given = inputs[0]
        if getattr(module, "inplace", False):
            self._given = inputs[0].clone()
            return (self._given.clone(),)
        return None

    def hook(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        """Look for the axis of the samples, or put the rule in place of the gradient."""
        assert self._given is not None
        given, self._given = self._given, None
        if self._stage == "alone":
            self.alone.append(given.detach().clone())
        elif self._stage == "together":
            self.axes.append(self._axis(module, given.detach()))
        elif self._call < len(self.axes):
            output = PairRule.apply(given, output.detach(), module, self.axes[self._call])  # type: ignore[no-untyped-call]
        self._call += 1
        return output

    def _axis(self, module: nn.Module, both: Tensor) -> int:
        alone = self.alone[self._call] if self._call < len(self.alone) else both
        doubled = [d for d, (one, two) in enumerate(zip(alone.shape, both.shape, strict=False)) if two == 2 * one]
        if len(doubled) == 1 and alone.dim() == both.dim() and doubled[0] < both.dim() - n_pooled(module):
            n = alone.shape[doubled[0]]
            first = both.narrow(doubled[0], 0, n)
            # Where the axis holds more than samples, their order must be looked at; batches round differently.
            if first.shape == alone.shape and (n == self.rows or torch.allclose(first, alone, 1e-3, 1e-4)):
                return doubled[0]
        raise InvalidInput(
            f"DeepLIFT refuses the model: a {type(module).__name__} sees {tuple(alone.shape)} of samples and "
            f"{tuple(both.shape)} of samples and references, and no axis holds the first and then the others; give it "
            "an axis of samples, before or behind that of time, or call its function in forward."
        )

    def _check_calls(self) -> None:
        if self._call != len(self.axes):
            raise InvalidInput(
                f"DeepLIFT refuses the model: it uses its non-linear modules {self._call} times for one batch and "
                f"{len(self.axes)} times for another; their number must not depend on the batch."
            )


class PairRule(torch.autograd.Function):
    """Gives a module's output for samples and references, whose backward pass is the rescale rule."""

    @staticmethod
    def forward(ctx: Any, both: Tensor, out: Tensor, module: nn.Module, axis: int) -> Tensor:
        """Return the output as it is."""
        ctx.save_for_backward(both, out)
        ctx.module, ctx.axis = module, axis
        return out.view_as(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """Return the multipliers of the module's input from those of its output, for both halves."""
        (x, b), (out, out_b), (g, g_b) = (v.chunk(2, ctx.axis) for v in (*ctx.saved_tensors, gradients[0]))
        by, module = x - b, ctx.module
        up = risen(module, (x, b), (out, out_b), (g, g_b))
        up_b = up if n_pooled(module) else risen(module, (x, b), (out, out_b), (g_b, g_b))
        found = multiplier(module, x, by, up, g), multiplier(module, b, by, up_b, g_b)
        return torch.cat(found, ctx.axis), None, None, None


@contextmanager
def paired(model: nn.Module) -> Iterator[Pairs]:
    """Hold the rule on the non-linear modules of the model while the block runs."""
    found = Pairs(model)
    handles = [m.register_forward_pre_hook(found.keep) for m in found.modules]
    handles += [m.register_forward_hook(found.hook) for m in found.modules]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def paired_rule(
    method: Chunked,
    model: nn.Module,
    x: Float[Tensor, "N *axes"],
    references: Float[Tensor, "R G *axes"],
    of_sample: Int[Tensor, "N"],
    target: Int[Tensor, "N"],
) -> Float[Tensor, "N *axes"]:
    """Return DeepLIFT averaged over the R references of each sample's group; ``of_sample``: the group of each sample.

    Raises :class:`InvalidInput` for a model whose modules mix the samples of a batch in one axis.
    """
    found, target = [], target.long()
    with paired(model) as pairs:
        for s in method.chunks(len(x), rows_each=2):
            own, wanted, total = x[s].detach(), target[s].repeat(2)[:, None], torch.zeros_like(x[s])
            pairs.learn(own, references[0][of_sample[s]])
            for several in tqdm(references, desc=type(method).__name__, disable=not method.progress, leave=False):
                b = several[of_sample[s]]
                both = torch.cat([own, b]).requires_grad_()
                (g,) = torch.autograd.grad(pairs.outputs(both).gather(1, wanted).sum(), both)
                total += (own - b) * g[: len(own)].to(x.dtype)
            found.append(total / len(references))
    return torch.cat(found)
