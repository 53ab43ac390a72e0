"""How far each mask moves a method's map: the distances that temporal saliency rescaling is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from tsinterp_lib import checks
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer, Paired
from tsinterp_lib.explainers.tsr.copies import Copies, Generators
from tsinterp_lib.explainers.tsr.linear_entry import LinearEntrySpace

ROUNDING = 16
"""Distances that differ by less than so many units of rounding of the whole map count as equal."""


@dataclass(frozen=True, eq=False)
class Scan:
    """Holds the map ``a`` of the samples, and what it takes to explain masked copies of them."""

    model: nn.Module
    x: Float[Tensor, "N T F"]
    target: Int[Tensor, "N"]
    value: Float[Tensor, "N T F"]
    real: Bool[Tensor, "N T"]
    group: Int[Tensor, "F"]
    batch_size: int
    shared: bool
    pairing: Paired
    generators: Generators
    a: Float[Tensor, "N T F"]
    entry: LinearEntrySpace | None
    bar: tqdm

    @classmethod
    def start(
        cls,
        base: Explainer,
        model: nn.Module,
        x: Float[Tensor, "N T F"],
        target: Int[Tensor, "N"],
        *,
        value: Float[Tensor, "N T F"],
        real: Bool[Tensor, "N T"],
        group: Int[Tensor, "F"],
        batch_size: int,
        shared: bool,
        bar: tqdm,
    ) -> Scan:
        """Return the samples' own maps; the base draws for them as it would alone."""
        # What is not said of a method is always right: one call per mask, all samples in their order.
        pairing = base.for_copies(x, shared) or Paired(lambda of: base, (slice(0, len(x)),), together=True)
        generators = Generators.now()
        every = torch.arange(len(x), device=x.device)
        maps = [pairing.explainer(every[p])._attribute(model, x[p], target[p]) for p in pairing.parts]
        a = checks.check_attribution(torch.cat([m.detach() for m in maps]), x, type(base).__name__)
        bar.update(len(x))
        entry = None if pairing.together else LinearEntrySpace.of(pairing.explainer(every), model, x, batch_size)
        rows = batch_size if entry is None else entry.rows
        return cls(model, x, target, value, real, group, rows, shared, pairing, generators, a, entry, bar)

    @property
    def n_groups(self) -> int:
        """Groups of neighbouring features; the last may be smaller."""
        return int(self.group.max()) + 1

    @property
    def equal(self) -> Float[Tensor, "N"]:
        """Return the spread up to which distances of a sample count as equal."""
        return ROUNDING * torch.finfo(self.a.dtype).eps * self.a.abs().sum((1, 2))

    def of_steps(self) -> Float[Tensor, "N T"]:
        """Distances where one step is masked; zero at padded steps."""
        steps = torch.arange(self.x.shape[1], device=self.x.device).expand(self.real.shape)
        return self._distances(steps, None, self.real & self._differs().any(2))

    def of_cells(self, above: Bool[Tensor, "N T"]) -> Float[Tensor, "N T G"]:
        """Distances where one group of features is masked at one step, for the steps ``above``; zero elsewhere."""
        n, n_steps = above.shape
        result = self.x.new_zeros(n, n_steps, self.n_groups)
        most = int(above.sum(1).max())
        if most == 0:
            return result
        order = above.to(torch.uint8).argsort(dim=1, descending=True, stable=True)[:, :most]
        steps = order.repeat_interleave(self.n_groups, 1)
        groups = torch.arange(self.n_groups, device=self.x.device).repeat(most).expand(steps.shape)
        rows = torch.arange(n, device=self.x.device)[:, None]
        wanted = above[rows, steps] & self._differs()[rows, steps, groups]
        found = self._distances(steps, groups, wanted).view(n, most, self.n_groups)
        result[rows, order] = found
        return result

    def of_features(self) -> Float[Tensor, "N G"]:
        """Distances where one group of features is masked at all steps."""
        groups = torch.arange(self.n_groups, device=self.x.device).expand(len(self.x), -1)
        return self._distances(None, groups, (self._differs() & self.real[:, :, None]).any(1))

    def _differs(self) -> Bool[Tensor, "N T G"]:
        """Say whether masking a group at a step changes anything; where draws are new each time, an equal copy
        counts.
        """
        if not self.shared:
            return torch.ones(*self.x.shape[:2], self.n_groups, dtype=torch.bool, device=self.x.device)
        changed = (self.x != self.value).to(torch.int32)
        counts = changed.new_zeros(*self.x.shape[:2], self.n_groups).index_add_(2, self.group, changed)
        return counts > 0

    def _distances(
        self, steps: Int[Tensor, "N J"] | None, groups: Int[Tensor, "N J"] | None, wanted: Bool[Tensor, "N J"]
    ) -> Float[Tensor, "N J"]:
        """Sums of absolute differences between the map of each wanted copy and its sample's; zero elsewhere."""
        found = self.x.new_zeros(wanted.shape)
        for n, j in self._batches(wanted):
            copies = Copies(
                self.x,
                self.value,
                self.real,
                of=n,
                steps=None if steps is None else steps[n, j],
                groups=None if groups is None else groups[n, j],
                group=self.group,
            )
            found[n, j] = torch.cat([self._moved(maps, n[s]) for s, maps in self._maps(copies, self.target[n])])
            self.bar.update(int(wanted[n, j].sum()))
        if not torch.isfinite(found).all():
            raise InvalidInput("`base` returned NaN or infinite scores for a masked copy: its model overflows there.")
        return torch.where(wanted, found, 0.0)

    def _maps(self, copies: Copies, target: Int[Tensor, "K"]) -> Iterator[tuple[slice, Float[Tensor, "k T F"]]]:
        """Return the base's maps of the copies, in one block or several."""
        if self.entry is not None:
            yield from self.entry.maps(copies, target)
            return
        explainer = self.pairing.explainer(copies.of)
        with self.generators.replayed() if self.shared else nullcontext():
            yield slice(None), explainer._attribute(self.model, copies.series(), target).detach().to(self.x.dtype)

    def _moved(self, maps: Float[Tensor, "k T F"], of: Int[Tensor, "k"]) -> Float[Tensor, "k"]:
        """Say how far maps lie from their samples', summed over all cells that are data."""
        change = torch.linalg.vector_norm(maps - self.a[of], 1, dim=2)
        return torch.where(self.real[of], change, 0.0).sum(1)

    def _batches(self, wanted: Bool[Tensor, "N J"]) -> Iterator[tuple[Int[Tensor, "K"], Int[Tensor, "K"]]]:
        """Return samples and columns of the wanted copies, as many as may share a call."""
        if self.pairing.together:
            every = torch.arange(len(wanted), device=wanted.device)
            for j in wanted.any(0).nonzero()[:, 0]:
                yield every, j.expand(len(wanted))
            return
        for part in self.pairing.parts:
            chosen = wanted[part].nonzero()
            for start in range(0, len(chosen), self.batch_size):
                n, j = chosen[start : start + self.batch_size].unbind(1)
                yield n + part.start, j


def min_max(
    s: Float[Tensor, "*batch D"], where: Bool[Tensor, "*batch D"], equal: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch D"]:
    """``s`` scaled to [0, 1] along the last axis over the entries ``where``, zero at others.

    Values whose spread is no more than ``equal`` become zeros.
    """
    low = s.masked_fill(~where, torch.inf).amin(-1, keepdim=True)
    spread = s.masked_fill(~where, -torch.inf).amax(-1, keepdim=True) - low
    constant = ~(spread > equal.unsqueeze(-1)) | ~where
    return torch.where(constant, 0.0, (s - low) / torch.where(spread > 0, spread, 1.0))
