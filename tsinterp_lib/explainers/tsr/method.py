"""Temporal saliency rescaling (TSR) of any method's map."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from tsinterp_lib import checks
from tsinterp_lib.axes import Axes
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._baseline import cut, mean_sample
from tsinterp_lib.explainers._chunked import Chunked
from tsinterp_lib.explainers._wrapper import Wrapper
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.explainers.tsr.layout import LaidOut, Layout, check_axes, check_names
from tsinterp_lib.explainers.tsr.scan import Scan, min_max
from tsinterp_lib.registry import Scalar, known
from tsinterp_lib.types import Samples

VALUES = ("first", "zero", "mean", "train_mean")
TIME_SCORES = ("masked", "mean")
FEATURE_SCORES = ("step", "series")

PAPER: dict[str, Scalar] = {"value": "zero", "quantile": None, "threshold": 0.0, "floor": 0.0, "rescale": False}
"""Settings of the paper's first algorithm; ``{**PAPER, "group_size": G}`` is its second."""

TFSR: dict[str, Scalar] = {**PAPER, "feature_score": "series"}
"""Settings of the paper's third algorithm, which scores each feature once, over all steps."""


@dataclass(frozen=True, kw_only=True)
class TemporalSaliencyRescaling(Chunked, Wrapper):
    r"""Measures how much another method's map moves when a step, and then a cell of it, is masked :cite:p:`ismail2020`.

    .. math::
        \tau_t = \sum_{t', f'} \bigl|R(x) - R(x_{\setminus t})\bigr|_{t' f'}, \qquad
        \varphi_{tf} = \begin{cases}
            \sum_{t', f'} \bigl|R(x) - R(x_{\setminus t f})\bigr|_{t' f'} & \tau_t > q \\
            \varphi_{\min} & \text{else} \end{cases}, \qquad
        a_{tf} = \tau_t \, \varphi_{tf}

    R is the map of ``base`` (default the gradient), signed as it comes, and :math:`x_{\setminus t f}` is x with cell
    (t, f) set to the occluding ``value``: ``first`` (the sample's own first cell), ``zero``, ``mean`` (of the sample),
    ``train_mean`` (the mean training sample, learned in ``prepare``), a number, or ``reference``, a series.

    The defaults are those of the released code (:ref:`B20-27 <b20-27>`): ``value`` ``first``; q the ``quantile`` 0.55
    of the time scores of the sample (steps strictly above it are looked into); ``floor`` :math:`\varphi_{\min}` 0.1;
    ``rescale`` True: τ over steps, φ over the features of each step and the map are min–max scaled, so the map lies in
    [0, 1] and has no unit. :data:`PAPER` holds the paper's settings: value zero, an absolute ``threshold`` q in place
    of the quantile, floor 0, no rescaling (units: those of R, squared). :data:`TFSR` scores features once over all
    steps (``feature_score`` ``series``; ``step`` otherwise), which is also how the paper's first algorithm is printed;
    its comment says what is computed here. ``group_size`` G masks G neighbouring features at a time. ``time_score``
    ``mean`` is the code before October 2021, :math:`\tau_t = \frac1F \sum_f |R(x)|_{tf}`, without calls.

    Steps and features are places on the axes that ``outer`` and ``inner`` name, several joined by +: ``row`` and
    ``column`` of an image; ``frame`` and ``row+column`` of a clip, in regions of G × G pixels. A mask covers the other
    axes (channels) whole, and φ is constant over them.

    ``padding``: Boolean (N, T), True at steps that are no data: they are not masked, not summed over, and score zero.
    ``shared_draws`` True (default): a base that draws has the same draws for the map of x and of all its copies, so
    that a difference is the mask's doing; False: new draws for each copy, as released for SmoothGrad, GradientSHAP and
    Shapley sampling. Baselines and references are drawn once in both cases, as released.

    Departures: scores that differ by less than rounding are equal, and equal scores are rescaled to zero (the released
    code divides zero by zero); with shared draws, copies that equal their sample are not explained, as their distance
    is zero. A map that no mask moves (the gradient of a linear model) gives zeros. With one feature or one group,
    ``rescale`` has nothing to scale φ against and makes it zero: steps that are looked into score zero, and only the
    floor of the others is left; explain a univariate series with :data:`PAPER`. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` on settings out of range, a base that is this method or
    FeaturePermutation or returns another shape, axes there are not, samples without data, or a misshapen reference;
    :class:`~tsinterp_lib.errors.UnknownName` for a ``value`` or score there is not.
    """

    needs: ClassVar[tuple[str, ...] | None] = None
    base: Explainer = field(default_factory=Gradient)
    outer: str = "time"
    inner: str = "feature"
    value: str | float = "first"
    quantile: float | None = 0.55
    threshold: float | None = None
    floor: float = 0.1
    rescale: bool = True
    time_score: str = "masked"
    feature_score: str = "step"
    group_size: int = 1
    shared_draws: bool = True
    padding: Tensor | None = field(default=None, repr=False, compare=False)
    reference: Tensor | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_names(self.outer, self.inner)
        known(self.time_score, TIME_SCORES, "time score")
        known(self.feature_score, FEATURE_SCORES, "feature score")
        if isinstance(self.value, str):
            known(self.value, VALUES, "occluding value")
        elif not math.isfinite(self.value):
            raise InvalidInput(f"`value` is {self.value}: cells are set to a finite number, or one of {VALUES}.")
        if not isinstance(self.base, Explainer):
            raise InvalidInput(f"`base` is {self.base!r}: give an explainer, e.g. Gradient(), or Choice('gradient').")
        if isinstance(self.base, TemporalSaliencyRescaling):
            raise InvalidInput("`base` rescales already: a rescaled map cannot be rescaled again; give its own base.")
        if (self.quantile is None) == (self.threshold is None):
            raise InvalidInput(
                f"`quantile` is {self.quantile} and `threshold` {self.threshold}: give one of them, the other None."
            )
        if self.quantile is not None and not 0 <= self.quantile <= 1:
            raise InvalidInput(f"`quantile` is {self.quantile}: a quantile lies in [0, 1].")
        # Without rescaling the time scores have the unit of the base's map, and no upper end.
        top = 1.0 if self.rescale else math.inf
        if self.threshold is not None and not 0 <= self.threshold <= top:
            raise InvalidInput(f"`threshold` is {self.threshold}: time scores lie in [0, {top:g}], and so does it.")
        if not (math.isfinite(self.floor) and self.floor >= 0):
            raise InvalidInput(f"`floor` is {self.floor}: feature scores are not negative; 0.1 is as released.")
        if self.group_size < 1:
            raise InvalidInput(f"`group_size` is {self.group_size}: a group holds at least one feature.")

    def for_axes(self, axes: Axes) -> Explainer:
        """Return a copy that explains inputs with these axes; raises where it rescales over others."""
        check_axes(axes, self.outer, self.inner)
        return super().for_axes(axes)

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        base = self.base.prepare(model, train)
        if self.reference is not None or self.value != "train_mean":
            return replace(self, base=base)
        return replace(self, base=base, reference=mean_sample(train))

    def cut_to(self, length: int, of: int) -> Explainer:
        """Return a copy whose base, reference and padding are cut like the samples."""
        # Padding that is said for other places than those that are cut stays as it is.
        along = self.outer in self.axes and self.axes.dim(self.outer) == self.axes.long("lengths")
        padding = self.padding[:, :length] if self.padding is not None and along else self.padding
        base, reference = self.base.cut_to(length, of), cut(self.reference, self.axes, length, of)
        return replace(self, base=base, reference=reference, padding=padding)

    def budget(self, n_steps: int, n_features: int) -> int:
        r"""Return maps of the base per sample, at most: ties, padding and cells that hold the value already save some.

        Above quantile q of T scores, all distinct, lie :math:`T - 1 - \lfloor q (T - 1) \rfloor`.
        """
        return self._budget(n_steps, math.ceil(n_features / self.group_size))

    def _budget(self, n_steps: int, n_groups: int) -> int:
        above = n_steps if self.quantile is None else n_steps - 1 - math.floor(self.quantile * (n_steps - 1) + 1e-9)
        by_time = n_steps if self.time_score == "masked" else 0
        return 1 + by_time + (n_groups if self.feature_score == "series" else above * n_groups)

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N *axes"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N *axes"]:
        layout = Layout.of(self.axes, self.outer, self.inner, self.group_size, x)
        # Series keep their own base, which may know a faster way than calls on every copy.
        base = self.base if layout.is_series else LaidOut(base=self.base, layout=layout)
        given = None if self.reference is None else checks.check_like(self.reference, x, "reference").to(x).expand_as(x)
        reference = None if given is None else layout.series(given)
        return layout.back(self._rescaled(base, model, layout.series(x), target, reference, layout.group))

    def _rescaled(
        self,
        base: Explainer,
        model: nn.Module,
        x: Float[Tensor, "N T F"],
        target: Int[Tensor, "N"],
        reference: Float[Tensor, "N T F"] | None,
        group: Int[Tensor, "F"],
    ) -> Float[Tensor, "N T F"]:
        real = self._real(x)
        value = self._value(x, real) if reference is None else reference
        with self._bar(len(x), x.shape[1], int(group.max()) + 1) as bar:
            scan = Scan.start(
                base,
                model,
                x,
                target,
                value=value,
                real=real,
                group=group,
                batch_size=self.batch_size,
                shared=self.shared_draws,
                bar=bar,
            )
            tau = self._time_scores(scan)
            above = real & (tau > self._cut(tau, real))
            phi = torch.where(above[:, :, None], self._feature_scores(scan, above), self.floor)
        a = torch.where(real[:, :, None], tau[:, :, None] * phi, 0.0)
        if not self.rescale:
            return a
        cells = real[:, :, None].expand_as(a).flatten(1)
        return min_max(a.flatten(1), cells, x.new_zeros(len(x))).view_as(a)

    def _time_scores(self, scan: Scan) -> Float[Tensor, "N T"]:
        tau = scan.of_steps() if self.time_score == "masked" else scan.a.abs().mean(2)
        return min_max(tau, scan.real, scan.equal) if self.rescale else tau

    def _feature_scores(self, scan: Scan, above: Bool[Tensor, "N T"]) -> Float[Tensor, "N #T F"]:
        phi = scan.of_features()[:, None] if self.feature_score == "series" else scan.of_cells(above)
        if self.rescale:
            phi = min_max(phi, torch.ones_like(phi, dtype=torch.bool), scan.equal[:, None].expand(phi.shape[:2]))
        return phi[:, :, scan.group]

    def _bar(self, n: int, n_steps: int, n_groups: int) -> tqdm:
        """Return a bar over all maps; their number is said before the first is computed."""
        each = self._budget(n_steps, n_groups)
        if self.progress:
            base = type(self.base).__name__
            tqdm.write(f"temporal saliency rescaling: at most {each} maps of {base} for each of {n} samples")
        return tqdm(total=n * each, desc=type(self).__name__, disable=not self.progress, leave=False)

    def _cut(self, tau: Float[Tensor, "N T"], real: Bool[Tensor, "N T"]) -> Float[Tensor, "N 1"]:
        """Say what a step's score must exceed for its features to be scored."""
        if self.quantile is None:
            return torch.full_like(tau[:, :1], self.threshold or 0.0)
        return torch.nanquantile(tau.masked_fill(~real, torch.nan), self.quantile, dim=1, keepdim=True)

    def _real(self, x: Float[Tensor, "N T F"]) -> Bool[Tensor, "N T"]:
        """Say where there is data."""
        if self.padding is None:
            return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        if self.padding.shape != x.shape[:2] or self.padding.dtype != torch.bool:
            raise InvalidInput(
                f"`padding` has shape {tuple(self.padding.shape)} and dtype {self.padding.dtype}: give one Boolean per "
                f"sample and step, {tuple(x.shape[:2])}, True where there is no data."
            )
        real = ~self.padding.to(x.device)
        if not real.any(1).all():
            first = int((~real.any(1)).nonzero()[0])
            raise InvalidInput(f"all steps of sample {first} are padding: leave samples without data out.")
        return real

    def _value(self, x: Float[Tensor, "N T F"], real: Bool[Tensor, "N T"]) -> Float[Tensor, "N T F"]:
        """Say what masked cells are set to, where no reference says it."""
        if self.value == "train_mean":
            raise InvalidInput(
                "`value` is 'train_mean' and no training sample was seen: call prepare(model, train) first, "
                "or give `reference`."
            )
        if self.value == "first":
            return x[:, :1, :1].expand_as(x)
        if self.value == "mean":
            weight = real[:, :, None].to(x.dtype)
            return ((x * weight).sum((1, 2), True) / (weight.sum((1, 2), True) * x.shape[2])).expand_as(x)
        return torch.full_like(x[:1, :1, :1], 0.0 if self.value == "zero" else float(self.value)).expand_as(x)
