"""DeepLIFT's rescale rule against many references: a sample goes forward once, and back once per reference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from tqdm import tqdm

from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers.deep_lift.multipliers import multiplier, n_pooled, risen, ruled


class Compared:
    """Runs a model whose non-linear modules know what they saw of the references.

    Captum sends a sample and its reference through together, forward and back, once per pair. Here the references go
    forward alone; a multiplier of the sample needs nothing else of them, but for a maximum, whose rule also takes the
    reference's own gradient at its output. That gradient is the same for all samples while nothing non-linear follows
    the maximum: models are served where it is the last of the modules, and where each module is used once, on one row
    per series (``fits``); others by :mod:`~tsinterp_lib.explainers.deep_lift.pairs`.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.modules = ruled(model)
        self.seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}
        self.fits = True
        self.rows, self.alike = 0, False
        self._recording = False
        self._of_sample = self._of_class = torch.zeros(0, dtype=torch.long)
        self._at_pool = torch.zeros(0)

    def outputs(self, x: Float[Tensor, "N *axes"]) -> Float[Tensor, "N C"]:
        """Return the model's outputs for the samples; their backward pass is the rule."""
        self.rows = len(x)
        out: Tensor = self.model(x)
        return out

    def record_references(
        self, references: Float[Tensor, "R *axes"], of_sample: Int[Tensor, "N"], target: Int[Tensor, "N"]
    ) -> None:
        """Record the references and which of them each sample is compared with."""
        self.seen, self.rows, self._of_sample = {}, len(references), of_sample
        self._recording = True
        try:
            out = self.model(references)
        finally:
            self._recording = False
        pooled = [output for module, (_, output) in self.seen.items() if isinstance(module, nn.MaxPool1d)]
        self.fits = self.fits and (not pooled or out.requires_grad)  # else nothing of the maximum reaches the output
        if pooled and self.fits:
            classes, self._of_class = torch.unique(target, return_inverse=True)
            sums = [out[:, c].sum() for c in classes.tolist()]
            found = [torch.autograd.grad(s, pooled[0], retain_graph=True)[0] for s in sums]
            self._at_pool = torch.stack(found)

    def of_references(self, module: nn.Module) -> tuple[Tensor, Tensor]:
        """Return the module's input and output at each sample's reference."""
        before, after = self.seen[module]
        return before[self._of_sample], after.detach()[self._of_sample]

    def gradient_of_references(self) -> Tensor:
        """Return the gradient of each sample's target at its reference, with respect to the maximum."""
        found: Tensor = self._at_pool[self._of_class, self._of_sample]
        return found

    def hook(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        """Of a reference, keep input and output; of the samples, put the rule in place of the gradient."""
        self.fits = self.fits and len(inputs) == 1 and self._one_row_each(inputs[0])
        if not self.fits:
            return output
        if not self._recording:
            out: Tensor = Rule.apply(inputs[0], output.detach(), module, self)  # type: ignore[no-untyped-call]
            return out
        unpooled = not any(isinstance(m, nn.MaxPool1d) for m in self.seen)
        self.fits = self.fits and unpooled and module not in self.seen
        if isinstance(module, nn.MaxPool1d):
            output = output.detach().requires_grad_()
        self.seen[module] = inputs[0].detach(), output
        return output

    def _one_row_each(self, x: Tensor) -> bool:
        """Say whether the first axis, and no other, can be that of the series: time may come first inside the network.

        Where there are as many references as samples (``alike``) the length of the axis alone does not say so.
        """
        others = [n for n in x.shape[1:] if n % self.rows == 0]
        return len(x) == self.rows and (self.rows == 1 or not self.alike or not others)


class Rule(torch.autograd.Function):
    """Gives a module's output, whose backward pass is the rescale rule."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, out: Tensor, module: nn.Module, compared: Compared) -> Tensor:
        """Return the output as it is."""
        ctx.save_for_backward(x, out)
        ctx.module, ctx.compared = module, compared
        return out.view_as(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """Return the multipliers of the module's input from those of its output."""
        x, out = ctx.saved_tensors
        (g,), module = gradients, ctx.module
        b, out_b = ctx.compared.of_references(module)
        # Of a maximum the reference's own gradient counts too; of the others it does not enter.
        pooled = isinstance(module, nn.MaxPool1d)
        pair = (g, ctx.compared.gradient_of_references() if pooled else g)
        found = multiplier(module, x, x - b, risen(module, (x, b), (out, out_b), pair), g)
        return found, None, None, None


@contextmanager
def compared(model: nn.Module) -> Iterator[Compared]:
    """Hold the rule on the non-linear modules of the model while the block runs."""
    found = Compared(model)
    handles = [m.register_forward_hook(found.hook) for m in found.modules]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def rescale_rule(
    method: Chunked,
    model: nn.Module,
    x: Float[Tensor, "N *axes"],
    references: Float[Tensor, "R G *axes"],
    of_sample: Int[Tensor, "N"],
    target: Int[Tensor, "N"],
) -> Float[Tensor, "N *axes"] | None:
    """Return DeepLIFT averaged over the R references of each sample's group; None where the rule does not fit the
    model.

    ``of_sample``: the group of each sample.
    """
    if model.training or any(n_pooled(m) > 1 or getattr(m, "inplace", False) for m in ruled(model)):
        return None
    found, target = [], target.long()
    with compared(model) as pairs:
        for s in method.chunks(len(x)):
            groups, group = torch.unique(of_sample[s], return_inverse=True)
            pairs.alike = len(groups) == len(group)
            leaf, total = x[s].detach().requires_grad_(), torch.zeros_like(x[s])
            explained = pairs.outputs(leaf).gather(1, target[s, None]).sum()
            bar = tqdm(references, desc=type(method).__name__, disable=not method.progress, leave=False)
            for several in bar:
                pairs.record_references(several[groups], group, target[s])
                if not pairs.fits:
                    return None
                (g,) = torch.autograd.grad(explained, leaf, retain_graph=True)
                total += (x[s] - several[groups][group]) * g.to(x.dtype)
            found.append(total / len(references))
    return torch.cat(found)
