"""What "absent" means: the baselines and references that attribution methods compare an input with."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import checks
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers._replaced import outputs
from tsinterp_lib.registry import known
from tsinterp_lib.types import Explainer, Samples

BASELINES = ("zero", "uniform", "train_mean")
REFERENCES = ("uniform", "train")


class Complete(Explainer):
    """A method whose scores should sum to the difference that the input makes: its completeness can be measured."""

    @abstractmethod
    def baseline_output(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N"]:
        """Output ``target`` where the input is absent (mean over references), from the same draws as ``attribute``."""


@dataclass(frozen=True, kw_only=True)
class Baselined(Chunked):
    """A method that compares each sample with one baseline.

    ``baseline``: ``zero``; ``uniform``, drawn from U[0, 1) for every sample and cell at each call; ``train_mean``, the
    mean training sample, learned in ``prepare``. ``reference``: a series that is used instead, shape (T, F) or one
    that broadcasts to x. Raises :class:`InvalidInput` on a reference of another shape, or where nothing was learned.
    """

    baseline: str = "zero"
    reference: Tensor | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.baseline, BASELINES, "baseline")

    def prepare(self, model: nn.Module, train: Samples) -> Explainer:
        """A copy that knows the mean training sample, where ``baseline`` asks for it."""
        if self.reference is not None or self.baseline != "train_mean":
            return self
        return replace(self, reference=checks.check_series(train.x, "train.x").mean(0))

    def baseline_of(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N T F"]:
        """The baseline of every sample; a drawn one is drawn anew, and before anything else a method draws."""
        if self.reference is not None:
            return checks.check_like(self.reference, x, "reference").to(x).expand_as(x)
        if self.baseline == "zero":
            return torch.zeros_like(x)
        if self.baseline == "uniform":
            return torch.rand(x.shape, dtype=x.dtype, device=x.device)
        raise InvalidInput(
            "`baseline` is 'train_mean' and no training sample was seen: call prepare(model, train) first, "
            "or give `reference`."
        )

    def baseline_output(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N"]:
        """Output ``target`` of the model at the baseline of each sample."""
        return outputs(model, self.baseline_of(x), target, self.batch_size)


@dataclass(frozen=True, kw_only=True)
class Referenced(Chunked):
    """A method that compares each sample with several references.

    ``references``: ``train``, ``n_references`` training samples drawn without replacement in ``prepare``; ``uniform``,
    ``n_references`` series drawn from U[0, 1) for every ``group_size`` samples (None: for all of them together) at
    each call. ``reference``: series that are used instead, shape (R, T, F).
    """

    references: str = "train"
    n_references: int = 20
    group_size: int | None = None
    reference: Tensor | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.references, REFERENCES, "kind of references")
        if self.n_references < 1 or (self.group_size is not None and self.group_size < 1):
            raise InvalidInput(
                f"`n_references` is {self.n_references} and `group_size` {self.group_size}: both must be at least 1."
            )

    def prepare(self, model: nn.Module, train: Samples) -> Explainer:
        """A copy that holds its training references (all training samples where there are fewer than asked for)."""
        if self.reference is not None or self.references != "train":
            return self
        chosen = torch.randperm(len(train))[: self.n_references]
        return replace(self, reference=checks.check_series(train.x, "train.x")[chosen.to(train.x.device)])

    def draws(self, x: Float[Tensor, "N T F"]) -> Iterator[tuple[slice, Float[Tensor, "R T F"]]]:
        """Each group of samples with its references."""
        size = self.group_size or len(x)
        if self.reference is not None:
            given = checks.check_like(self.reference, x[:1].expand(len(self.reference), *x.shape[1:]), "reference")
            yield slice(0, len(x)), given.to(x).expand(-1, *x.shape[1:])
        elif self.references == "uniform":
            for start in range(0, len(x), size):
                shape = (self.n_references, *x.shape[1:])
                yield slice(start, min(start + size, len(x))), torch.rand(shape, dtype=x.dtype, device=x.device)
        else:
            raise InvalidInput(
                "`references` is 'train' and no training sample was seen: call prepare(model, train) first, "
                "or give `reference`."
            )

    def baseline_output(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N"]:
        """Output ``target`` of the model, averaged over the references of each sample."""
        means = []
        for group, references in list(self.draws(x)):
            at = [outputs(model, r.expand_as(x[group]), target[group], self.batch_size) for r in references]
            means.append(torch.stack(at).mean(0))
        return torch.cat(means)
