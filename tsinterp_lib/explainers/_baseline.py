"""What "absent" means: the baselines and references that attribution methods compare an input with."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks, parts
from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer, Paired
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers._replaced import outputs
from tsinterp_lib.registry import known
from tsinterp_lib.types import Samples

BASELINES = ("zero", "uniform", "train_mean", "train_min")
LEARNED = ("train_mean", "train_min")
REFERENCES = ("uniform", "train", "explained")


def mean_sample(train: Samples) -> Float[Tensor, "*axes"]:
    """Return the mean training sample; padding does not enter, and a place that is padding in all samples is zero."""
    if train.lengths is None:
        return train.x.mean(0)
    real = parts.real(train)
    return torch.where(real, train.x, 0.0).sum(0) / real.sum(0).clamp_min(1)


def lowest_value(train: Samples) -> Tensor:
    """Return the lowest training value of each channel or feature, in a shape that broadcasts to a sample."""
    kept = [train.axes.dim(name) for name in ("channel", "feature") if name in train.axes]
    return train.x.amin([d for d in range(train.x.dim()) if d not in kept], keepdim=True)[0]


def cut(reference: Tensor | None, axes: Axes, length: int, of: int) -> Tensor | None:
    """Return the first ``length`` places of a reference on the axis time, token or frame of its samples.

    One without that axis, or with another number of places than ``of`` on it, is left as it is: it broadcasts, or is
    refused where it is used.
    """
    behind = len(axes.names) + 1 - axes.long("lengths")  # axes from that one on
    if reference is None or reference.dim() < behind or reference.shape[-behind] != of:
        return reference
    return reference.narrow(reference.dim() - behind, 0, length)


class Complete(Explainer):
    """Marks a method whose scores should sum to the difference the input makes: its completeness can be measured."""

    @abstractmethod
    def baseline_output(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N"]:
        """Return output ``target`` where the input is absent (mean over references), from the same draws as
        ``attribute``.
        """


@dataclass(frozen=True, kw_only=True)
class Baselined(Chunked):
    r"""Compares each sample with one baseline.

    ``baseline``: ``zero``; ``uniform``, drawn from U[0, 1) for every sample and cell at each call; ``train_mean``, the
    mean training sample, learned in ``prepare`` (over what is no padding); ``train_min``, the lowest training value of
    each channel or feature (black, on images). ``reference``: a sample that is used
    instead, shape (\*axes) or one that broadcasts to x. Raises :class:`InvalidInput` on a reference of another shape,
    or where nothing was learned.
    """

    baseline: str = "zero"
    reference: Tensor | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.baseline, BASELINES, "baseline")

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        if self.reference is not None or self.baseline not in LEARNED:
            return self
        return replace(self, reference=mean_sample(train) if self.baseline == "train_mean" else lowest_value(train))

    def cut_to(self, length: int, of: int) -> Explainer:
        """Return a copy whose reference is cut like the samples."""
        return replace(self, reference=cut(self.reference, self.axes, length, of))

    @property
    def keeps_values(self) -> bool:
        """Say whether the baseline is known without computing with values of the training samples."""
        return self.reference is not None or self.baseline not in LEARNED

    def copies_keep_baselines(self, x: Float[Tensor, "N *axes"], together: bool = False) -> Paired:
        """For :meth:`for_copies`: each copy keeps its sample's baseline.

        What else a method draws (orders, patterns) must not depend on the sample.
        """
        b = self.baseline_of(x)
        return Paired(lambda of: replace(self, reference=b[of]), (slice(0, len(x)),), together)

    def baseline_of(self, x: Float[Tensor, "N *axes"]) -> Float[Tensor, "N *axes"]:
        """Return the baseline of every sample; a drawn one is drawn anew, and before anything else a method draws."""
        if self.reference is not None:
            return checks.check_like(self.reference, x, "reference").to(x).expand_as(x)
        if self.baseline == "zero":
            return torch.zeros_like(x)
        if self.baseline == "uniform":
            return torch.rand(x.shape, dtype=x.dtype, device=x.device)
        raise InvalidInput(
            f"`baseline` is {self.baseline!r} and no training sample was seen: call prepare(model, train) first, "
            "or give `reference`."
        )

    def baseline_output(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N"]:
        """Return output ``target`` of the model at the baseline of each sample."""
        return outputs(model, self.baseline_of(x), target, self.batch_size)


@dataclass(frozen=True, kw_only=True)
class Referenced(Chunked):
    r"""Compares each sample with several references.

    ``references``: ``train``, ``n_references`` training samples drawn without replacement in ``prepare``; ``uniform``,
    ``n_references`` series drawn from U[0, 1) for every ``group_size`` samples (None: for all of them together) at
    each call; ``explained``, the samples of the call themselves and as many zero ones, as the scripts of
    :cite:t:`tonekaboni2020` hand Captum: what a sample is compared with is then the batch it is in, itself included.
    ``reference``: samples that are used instead, shape (R, \*axes); ``reference_lengths``: how long each
    of them is, where that differs. A shorter sample is compared with the references that are at least as long.
    """

    references: str = "train"
    n_references: int = 20
    group_size: int | None = None
    reference: Tensor | None = field(default=None, repr=False, compare=False)
    reference_lengths: Tensor | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.references, REFERENCES, "kind of references")
        if self.n_references < 1 or (self.group_size is not None and self.group_size < 1):
            raise InvalidInput(
                f"`n_references` is {self.n_references} and `group_size` {self.group_size}: both must be at least 1."
            )

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        if self.reference is not None or self.references != "train":
            return self
        # All training samples, where there are fewer than asked for.
        chosen = torch.randperm(len(train))[: self.n_references].to(train.x.device)
        lengths = None if train.lengths is None else train.lengths[chosen]
        return replace(self, reference=train.x[chosen], reference_lengths=lengths)

    def cut_to(self, length: int, of: int) -> Explainer:
        """Return a copy whose references are cut like the samples; those that end before are left out."""
        reference, lengths = self.reference, self.reference_lengths
        if reference is not None and lengths is not None:
            reference = reference[lengths >= length]
            if not len(reference):
                raise InvalidInput(
                    f"the sample is {length} long and all {len(lengths)} references are shorter: draw more with "
                    "`n_references`, or give `reference`."
                )
        cut_down = cut(reference, self.axes, length, of)
        return replace(self, reference=cut_down, reference_lengths=None)

    def copies_keep_references(self, x: Float[Tensor, "N *axes"]) -> Paired:
        """For :meth:`for_copies`: each copy keeps the references of its sample's group."""
        groups, references = zip(*self.draws(x), strict=True)
        starts = torch.tensor([group.start for group in groups])

        def explainer(of: Int[Tensor, "K"]) -> Explainer:
            group = int(torch.searchsorted(starts, of[:1].cpu(), right=True)) - 1
            return replace(self, reference=references[group])

        return Paired(explainer, tuple(groups))

    def draws(self, x: Float[Tensor, "N *axes"]) -> Iterator[tuple[slice, Float[Tensor, "R *axes"]]]:
        """Return each group of samples with its references."""
        size = self.group_size or len(x)
        if self.reference is not None:
            given = checks.check_like(self.reference, x[:1].expand(len(self.reference), *x.shape[1:]), "reference")
            yield slice(0, len(x)), given.to(x).expand(-1, *x.shape[1:])
        elif self.references == "uniform":
            for start in range(0, len(x), size):
                shape = (self.n_references, *x.shape[1:])
                yield slice(start, min(start + size, len(x))), torch.rand(shape, dtype=x.dtype, device=x.device)
        elif self.references == "explained":
            yield slice(0, len(x)), torch.cat([torch.zeros_like(x), x])
        else:
            raise InvalidInput(
                "`references` is 'train' and no training sample was seen: call prepare(model, train) first, "
                "or give `reference`."
            )

    def baseline_output(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N"]:
        """Return output ``target`` of the model, averaged over the references of each sample."""
        means = []
        for group, references in list(self.draws(x)):
            at = [outputs(model, r.expand_as(x[group]), target[group], self.batch_size) for r in references]
            means.append(torch.stack(at).mean(0))
        return torch.cat(means)
