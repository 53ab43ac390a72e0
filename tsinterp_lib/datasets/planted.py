"""Make series whose important cells are known, because we put the class there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from tsinterp_lib import checks
from tsinterp_lib.datasets.layouts import PLANTED, Layout
from tsinterp_lib.datasets.processes.base import ENGINES, PROTOCOLS, Array, Process
from tsinterp_lib.datasets.scaling import SCALINGS, Scaler, fit
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import Choice, build, known
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

DTYPES = {"float32": torch.float32, "float64": torch.float64}
BYTES_PER_CELL = 64
"""Raw and scaled float64, a draw of the process and its temporaries, the tensor, the mask."""


@dataclass(frozen=True)
class Planted(DatasetSource):
    r"""Plants a class signal into background noise of a process, in the box of a layout :cite:p:`ismail2020`.

    .. math:: x_{ntf} = b_{ntf} + \mu s_n m_{ntf}, \qquad y_n \sim \mathrm{Bernoulli}(1/2)

    with background :math:`b`, amplitude :math:`\mu` (``amplitude``), mask :math:`m` of the layout's box and sign
    :math:`s_n = 2 y_n - 1` (or 1 in both classes where the position of the box codes the class). Then every cell
    (t, f) is scaled (``minmax`` or ``standard``), fitted on the training split. Two classes; T = F = 50 for the layouts
    of 2020, 100 or 50, after their names, for the boxes of :cite:t:`ismail2019`.

    ``protocol="as_released"`` is the authors' code: a 14 × 14 box in ``small_middle`` (:ref:`B20-22 <b20-22>`), moving
    boxes that never touch the last row or column (:ref:`B20-21 <b20-21>`), TimeSynth's processes as they are
    (:ref:`B20-23 <b20-23>`), and, for ``gaussian_noise``, a box drawn anew from N(s·μ, 1) (the same law). ``corrected``
    changes these. ``box`` (14 or 15) overrides the side of ``small_middle``.
    ``background_mean`` and ``background_scale`` change the background to mean + scale · b before anything is planted:
    with ``gaussian_noise``, N(mean, scale²). ``data_seed`` fixes the data, so that the seed given to ``load`` changes
    nothing: what differs between such seeds is then the training alone.
    ``engine="timesynth"`` draws from the TimeSynth package itself (only ``as_released``). Departing from the authors,
    who seeded nothing, each split has its own stream, so that its size changes no other split.

    Raises ``UnknownName`` for a layout, process, protocol, engine, scaling or dtype that does not exist,
    ``InvalidInput`` for a box on a layout that takes none, ``MemoryBudgetExceeded`` before allocating too much.
    """

    layout: str
    process: str = "gaussian_noise"
    protocol: str = "corrected"
    engine: str = "own"
    scaling: str = "minmax"
    box: int | None = None
    amplitude: float = 1.0
    dtype: str = "float32"
    background_mean: float = 0.0
    background_scale: float = 1.0
    data_seed: int | None = None

    def __post_init__(self) -> None:
        known(self.layout, PLANTED, "layout")
        known(self.protocol, PROTOCOLS, "protocol")
        known(self.engine, ENGINES, "engine")
        known(self.scaling, SCALINGS, "scaling")
        known(self.dtype, DTYPES, "dtype")
        if self.box is not None and self.layout != "small_middle":
            raise InvalidInput(f"`box` is {self.box} for layout {self.layout!r}: only small_middle takes a box.")
        if self.box not in (None, 14, 15):
            raise InvalidInput(f"`box` is {self.box}: small_middle is 14 (the authors' code) or 15 (the papers) wide.")
        if not np.isfinite(self.amplitude):
            raise InvalidInput(f"`amplitude` is {self.amplitude}: the class signal must be finite; 1.0 is published.")
        if not (np.isfinite(self.background_mean) and 0 < self.background_scale < np.inf):
            raise InvalidInput(
                f"`background_mean` is {self.background_mean} and `background_scale` {self.background_scale}: both "
                "must be finite, the scale above zero; 0 and 1 leave the process as it is."
            )
        self.background_process()

    def background_process(self) -> Process:
        """Return the process of the background; raises ``UnknownName`` where there is none of this name."""
        choice = Choice(self.process, {"protocol": self.protocol, "engine": self.engine})
        process = build("process", choice)
        return process

    def planted_layout(self) -> Layout:
        """Return the layout with the box this protocol gives it."""
        layout = PLANTED[self.layout]
        if self.layout != "small_middle":
            return layout
        side = self.box or (14 if self.protocol == "as_released" else 15)
        return replace(layout, n_steps=side, n_features=side)

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the settings, the sizes and the seed."""
        total, side = sizes.train + sizes.validation + sizes.test, self.planted_layout().side
        checks.check_memory(total * side**2 * BYTES_PER_CELL, f"data set {self.layout!r} of {total} series")
        base = ("planted", self.layout, self.process, self.protocol, seed if self.data_seed is None else self.data_seed)
        train = self.draw(sizes.train, seed_from(*base, "train"))
        validation = self.draw(sizes.validation, seed_from(*base, "validation"))
        test = self.draw(sizes.test, seed_from(*base, "test"))
        scaler = fit(train[0], self.scaling)
        names = tuple(f"feature {f}" for f in range(side))
        background = ProcessBackground(self.background_process(), scaler, self.dtype, self._background)
        return Dataset(
            self.layout,
            self._samples(scaler, *train),
            self._samples(scaler, *validation),
            self._samples(scaler, *test),
            n_classes=2,
            feature_names=names,
            background=background,
        )

    def draw(self, n: int, seed: int) -> tuple[Array, np.ndarray, np.ndarray]:
        """Return raw series (N, T, F) in float64, labels (N) and masks (N, T, F), before any scaling."""
        process, layout = self.background_process(), self.planted_layout()
        labels, boxes, redraw = (np.random.default_rng(seed_from(seed, p)) for p in ("labels", "boxes", "redraw"))
        x = process.sample(n, layout.side, layout.side, process.generator(seed_from(seed, "background")))
        y = labels.integers(0, 2, size=n)
        mask = layout.mask(*layout.starts(y, boxes, touch_edge=self.protocol == "corrected"))
        sign = np.where(y == 1, 1.0, -1.0) if layout.coded_by == "sign" else np.ones(n)
        if self.process == "gaussian_noise" and self.protocol == "as_released":
            # Row-major order of the mask keeps each sample's draws together; every box has the same number of cells.
            x[mask] = redraw.normal(size=int(mask.sum()))
        x = self._background(x)
        x += self.amplitude * sign[:, None, None] * mask
        return x, y, mask

    def _background(self, x: Array) -> Array:
        # Untouched where nothing is changed: the bytes of published data do not depend on a product by one.
        if (self.background_mean, self.background_scale) == (0.0, 1.0):
            return x
        return self.background_mean + self.background_scale * x

    def _samples(self, scaler: Scaler, x: Array, y: np.ndarray, mask: np.ndarray) -> Samples:
        return Samples(torch.from_numpy(scaler(x)).to(DTYPES[self.dtype]), torch.from_numpy(y), torch.from_numpy(mask))


@dataclass(frozen=True, eq=False)
class ProcessBackground:
    """Draws ``background(n, seed)``: n series of a process without any class signal, through the training scaler."""

    process: Process
    scaler: Scaler
    dtype: str
    changed: Callable[[Array], Array]

    def __call__(self, n: int, seed: int) -> Float[Tensor, "N T F"]:
        """Return (n, T, F) in the dtype of the data."""
        n_steps, n_features = self.scaler.shift.shape
        checks.check_memory(n * n_steps * n_features * BYTES_PER_CELL, f"a background of {n} series")
        raw = self.process.sample(n, n_steps, n_features, self.process.generator(seed_from("background", seed)))
        return torch.from_numpy(self.scaler(self.changed(raw))).to(DTYPES[self.dtype])
