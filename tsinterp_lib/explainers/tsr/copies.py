"""Masked copies of series, explained many at a time, each the way its own sample is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers.deep_lift import DeepLift, DeepShap
from tsinterp_lib.explainers.feature_ablation import FeatureAblation
from tsinterp_lib.explainers.feature_permutation import FeaturePermutation
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.explainers.gradient_shap import GradientShap
from tsinterp_lib.explainers.input_x_gradient import InputXGradient
from tsinterp_lib.explainers.integrated_gradients import IntegratedGradients
from tsinterp_lib.explainers.kernel_shap import KernelShap
from tsinterp_lib.explainers.lime import Lime
from tsinterp_lib.explainers.occlusion import Occlusion
from tsinterp_lib.explainers.shapley_value_sampling import ShapleyValueSampling
from tsinterp_lib.explainers.smoothgrad import SmoothGrad
from tsinterp_lib.types import Explainer


@dataclass(frozen=True)
class Copies:
    """K copies of samples: copy k is sample ``of[k]`` with some cells replaced by those of ``value``.

    ``steps`` is the step replaced in each copy, or None for every step that is not padded; ``groups`` the group of
    ``group_size`` neighbouring features replaced, or None for all features.
    """

    x: Float[Tensor, "N T F"]
    value: Float[Tensor, "N T F"]
    real: Bool[Tensor, "N T"]
    of: Int[Tensor, "K"]
    steps: Int[Tensor, "K"] | None
    groups: Int[Tensor, "K"] | None
    group_size: int

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, s: slice) -> Copies:
        """Some of the copies."""
        steps, groups = (None if v is None else v[s] for v in (self.steps, self.groups))
        return replace(self, of=self.of[s], steps=steps, groups=groups)

    def features(self) -> Bool[Tensor, "K F"]:
        """The features that each copy has replaced."""
        n_features = self.x.shape[2]
        if self.groups is None:
            return torch.ones(len(self.of), n_features, dtype=torch.bool, device=self.x.device)
        own = torch.arange(n_features, device=self.x.device) // self.group_size
        return own == self.groups[:, None]

    def changed_step(self) -> Float[Tensor, "K F"]:
        """The step that differs from the sample's, where each copy has one such step."""
        return torch.where(self.features(), self.value[self.of, self.steps], self.x[self.of, self.steps])

    def series(self) -> Float[Tensor, "K T F"]:
        """The copies."""
        if self.steps is None:
            mask = self.features()[:, None] & self.real[self.of][:, :, None]
            return torch.where(mask, self.value[self.of], self.x[self.of])
        copies = self.x[self.of]
        copies[torch.arange(len(copies), device=copies.device), self.steps] = self.changed_step()
        return copies


@dataclass(frozen=True)
class Paired:
    """How copies of samples reach a method so that each is treated as its sample is.

    ``parts``: samples whose copies may share a call; ``explainer``: the method for the copies of samples ``of``, all
    from one part; ``together``: copies of all samples must come in one call, in the samples' order, one of each.
    """

    explainer: Callable[[Int[Tensor, "K"]], Explainer]
    parts: tuple[slice, ...]
    together: bool = False


@singledispatch
def paired(base: Explainer, x: Float[Tensor, "N T F"], shared: bool) -> Paired:
    """Draws what ``base`` compares samples with, once, and says how copies of ``x`` reach it (see :class:`Paired`).

    What this does for a method that is not registered is always right: one call per mask, all samples in their order.
    A method whose scores of a series depend on that series alone is registered with ``paired.register``, and masks
    then go through it together. ``shared``: all calls start from the same generator state.
    """
    return Paired(lambda of: base, (slice(0, len(x)),), together=True)


@paired.register(Gradient)
@paired.register(InputXGradient)
def _plain(base: Explainer, x: Tensor, shared: bool) -> Paired:
    return Paired(lambda of: base, (slice(0, len(x)),))


@paired.register(IntegratedGradients)
@paired.register(DeepLift)
@paired.register(FeatureAblation)
@paired.register(Occlusion)
@paired.register(ShapleyValueSampling)
@paired.register(KernelShap)
@paired.register(Lime)
def _with_baseline(
    base: IntegratedGradients | DeepLift | FeatureAblation | Occlusion | ShapleyValueSampling | KernelShap | Lime,
    x: Tensor,
    shared: bool,
) -> Paired:
    """Each copy keeps its sample's baseline; what else is drawn (orders, patterns) does not depend on the series."""
    b = base.baseline_of(x)
    # Captum's lasso goes series by series and draws as it goes.
    together = isinstance(base, Lime) and base.penalty == "lasso"
    return Paired(lambda of: replace(base, reference=b[of]), (slice(0, len(x)),), together)


@paired.register(DeepShap)
def _with_references(base: DeepShap | GradientShap, x: Tensor, shared: bool) -> Paired:
    """Each copy keeps the references of its sample's group."""
    groups, references = zip(*base.draws(x), strict=True)
    starts = torch.tensor([group.start for group in groups])

    def explainer(of: Int[Tensor, "K"]) -> Explainer:
        group = int(torch.searchsorted(starts, of[:1].cpu(), right=True)) - 1
        return replace(base, reference=references[group])

    return Paired(explainer, tuple(groups))


@paired.register(GradientShap)
def _gradient_shap(base: GradientShap, x: Tensor, shared: bool) -> Paired:
    """Its draws are made per row: the same ones fall to copy and sample only where all samples come in their order."""
    return Paired(lambda of: base, (slice(0, len(x)),), True) if shared else _with_references(base, x, shared)


@paired.register(SmoothGrad)
def _smoothgrad(base: SmoothGrad, x: Tensor, shared: bool) -> Paired:
    return Paired(lambda of: base, (slice(0, len(x)),), together=shared)


@paired.register(FeaturePermutation)
def _refused(base: FeaturePermutation, x: Tensor, shared: bool) -> Paired:
    raise InvalidInput(
        "`base` is FeaturePermutation: its scores of a series depend on the others in the batch, so the map of one "
        "masked copy is not defined; choose a base that explains each series by itself."
    )


@dataclass(frozen=True)
class Generators:
    """The state of torch's and numpy's global generators, to be gone back to."""

    torch_state: Tensor
    cuda_states: tuple[Tensor, ...]
    numpy_state: object

    @classmethod
    def now(cls) -> Generators:
        """The present state."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return cls(torch.get_rng_state(), tuple(cuda), np.random.get_state())

    @contextmanager
    def replayed(self) -> Iterator[None]:
        """What is drawn in the block is what was drawn after ``now``; the generators are then as before the block."""
        before = Generators.now()
        try:
            self._restore()
            yield
        finally:
            before._restore()

    def _restore(self) -> None:
        torch.set_rng_state(self.torch_state)
        np.random.set_state(self.numpy_state)  # type: ignore[arg-type]
        if self.cuda_states:
            torch.cuda.set_rng_state_all(list(self.cuda_states))
