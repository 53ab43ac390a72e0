"""A made-up table of rows whose every expected number is a closed form: known additive effects, known spread.

The value of a cell is ``mu + (z + l) · k``: ``mu`` and ``k`` are sums of one effect per axis (protocol, layout,
process, model, trainer, explainer, metric; ``mu`` also of the level ``at``), ``z`` belongs to the seed, ``l`` to the
layout, and both are zero on average. So the mean of any balanced group is the sum of each axis's mean effect, and its
spread over seeds is that of ``z`` times the mean ``k``: whatever a table averages, subtracts, pairs or sorts is known.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from tsinterp_lib.engine.store import COLUMNS

SCALES = {"protocol": 0.05, "layout": 0.04, "process": 0.03, "model": 0.08, "trainer": 0.05, "explainer": 0.12,
          "metric": 0.06}  # fmt: skip
BASE, SLOPE, SPREAD = 0.3, 0.1, 0.001
MODEL_METRICS = {"test_accuracy": 0.01, "validation_accuracy": 0.01, "epochs": 100.0}
"""Metrics of the model itself, and how much larger or smaller its effects are."""


def share(text: str) -> float:
    """A number in (0, 1) that belongs to a text."""
    return (zlib.crc32(text.encode()) % 9973 + 1) / 9975


def answers(*functions: Callable[..., object] | str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Says of which public functions a test knows the answer; ``tests/test_known_answers.py`` asks for all of them."""
    return lambda test: test


@dataclass(frozen=True)
class World:
    """What there is on each axis, and the effects that are not those of the name alone."""

    protocols: Sequence[str] = ("as_released",)
    layouts: Sequence[str] = ("middle", "rare_time")
    processes: Sequence[str] = ("gaussian_noise",)
    models: Sequence[str] = ("lstm", "tcn")
    trainers: Sequence[str] = ("standard",)
    explainers: Sequence[str] = ("gradient", "smoothgrad", "occlusion", "random", "oracle", "position_only")
    metrics: Sequence[str] = ("auroc",)
    levels: Sequence[float] = ()
    seeds: Sequence[int] = (0, 1, 2)
    profile: str = "paper"
    effects: Mapping[tuple[str, str], float] = field(default_factory=dict)
    spreads: Mapping[tuple[str, str], float] = field(default_factory=dict)
    whole_labels: bool = False
    """Whether data sets are named without a process: ``rare_feature``."""

    def names(self, axis: str) -> Sequence[str]:
        return {"process": self.processes}.get(axis) or getattr(self, f"{axis}s")

    def effect(self, axis: str, name: str) -> float:
        return self.effects.get((axis, name), SCALES[axis] * share(f"{axis} {name}"))

    def spread(self, axis: str, name: str) -> float:
        # Not of layouts: the mean of what they add times what they spread would not be zero.
        return 0.0 if axis == "layout" else self.spreads.get((axis, name), SPREAD * share(f"spread {axis} {name}"))

    def _sum(self, of: Callable[[str, str], float], given: Mapping[str, object]) -> float:
        """The sum of one effect per axis: that of the given name or names, else the mean over all there are."""
        total = 0.0
        for axis in SCALES:
            wanted = given.get(axis, self.names(axis))
            wanted = [wanted] if isinstance(wanted, str) else list(wanted)
            total += float(np.mean([of(axis, name) for name in wanted]))
        return total

    def mean(self, **given: object) -> float:
        """The mean over seeds, layouts, … of what is given: one name, or several, per axis."""
        at = given.pop("at", np.mean(self.levels) if len(self.levels) else 0.0)
        pull = np.mean([self.l(name) for name in _several(given.get("layout", self.layouts))])
        return BASE + SLOPE * float(at) + self._sum(self.effect, given) + float(pull) * self.k(**given)

    def k(self, **given: object) -> float:
        """The mean factor of the spread over seeds (and layouts) of what is given."""
        given.pop("at", None)
        return self._sum(self.spread, given)

    def z(self, seed: int) -> float:
        """What a seed adds, in multiples of ``k``; zero on average."""
        place = list(self.seeds).index(seed)
        return (place - (len(self.seeds) - 1) / 2) * (1.0 if len(self.seeds) > 1 else 0.0)

    def l(self, layout: str) -> float:  # noqa: E743
        """What a layout adds, in multiples of ``k``; zero on average."""
        place, n = list(self.layouts).index(layout), len(self.layouts)
        return 0.5 * (place - (n - 1) / 2)

    def half(self, k: float, level: float = 0.95) -> float:
        """Half the Student interval over seeds of a mean whose factor is ``k``."""
        n = len(self.seeds)
        sd = float(np.std([self.z(s) for s in self.seeds], ddof=1))
        return float(stats.t.ppf((1 + level) / 2, n - 1)) * sd * abs(k) / float(np.sqrt(n))

    def bounds(self, **given: object) -> tuple[float, float, float]:
        """Mean, low and high of what is given, over seeds."""
        mean, half = self.mean(**given), self.half(self.k(**given))
        return mean, mean - half, mean + half

    def apart(self, one: Mapping[str, object], other: Mapping[str, object]) -> tuple[float, float, float]:
        """Mean, low and high of the difference of two that are paired by seed."""
        mean, half = self.mean(**one) - self.mean(**other), self.half(self.k(**one) - self.k(**other))
        return mean, mean - half, mean + half

    def seconds(self, **given: object) -> float:
        """The seconds of a cell, or of the model itself where no explainer is given."""
        return 1.0 + 100.0 * (self._sum(self.effect, {"metric": self.metrics[0], "explainer": "", **given}))

    def rows(self, failed: Callable[[pd.DataFrame], pd.Series] | None = None) -> pd.DataFrame:
        """All rows; ``failed`` says of which models' rows the gate was not passed."""
        axes = ["protocol", "layout", "process", "model", "trainer", "explainer", "metric", "at", "seed"]
        levels = list(self.levels) or [np.nan]
        cells = product(self.protocols, self.layouts, self.processes, self.models, self.trainers, self.explainers,
                        self.metrics, levels, self.seeds)  # fmt: skip
        maps = pd.DataFrame(list(cells), columns=axes)
        own = product(self.protocols, self.layouts, self.processes, self.models, self.trainers, [""],
                      MODEL_METRICS, [np.nan], self.seeds)  # fmt: skip
        models = pd.DataFrame(list(own), columns=axes)
        for frame in (maps, models):
            frame["value"] = self._values(frame)
        scale = models["metric"].map(MODEL_METRICS)
        models["value"] = np.where(models["metric"] == "epochs", 0.0, 0.95) + scale * models["value"]
        gate = models[models["metric"] == "test_accuracy"].assign(metric="passed_gate", value=1.0)
        if failed is not None:
            gate["value"] = 1.0 - failed(gate).astype(float)
        table = pd.concat([maps, models, gate], ignore_index=True)
        return self._finished(table)

    def accuracy(self, **given: object) -> float:
        """The mean test accuracy of what is given."""
        return 0.95 + 0.01 * self.mean(**{"explainer": "", "metric": "test_accuracy", "at": 0.0, **given})

    def _values(self, frame: pd.DataFrame) -> pd.Series:
        mu, k = (sum(frame[a].map({n: of(a, n) for n in frame[a].unique()}) for a in SCALES)
                 for of in (self.effect, self.spread))  # fmt: skip
        pull = frame["seed"].map({s: self.z(s) for s in self.seeds})
        pull = pull + frame["layout"].map({d: self.l(d) for d in self.layouts})
        return BASE + SLOPE * frame["at"].fillna(0.0) + mu + pull * k

    def _finished(self, table: pd.DataFrame) -> pd.DataFrame:
        table["dataset"] = table["layout"] if self.whole_labels else table["layout"] + "/" + table["process"]
        table["cell"] = table["seed"].astype(str)
        for axis in ("protocol", "dataset", "model", "trainer", "explainer"):
            table["cell"] += " " + table[axis]
        axes = ("protocol", "layout", "process", "model", "trainer", "explainer")
        effects = sum(table[a].map({n: self.effect(a, n) for n in table[a].unique()}) for a in axes)
        table["seconds"] = 1.0 + 100.0 * (effects + self.effect("metric", self.metrics[0]))
        table["forward_calls"] = (10 * table["seconds"]).astype(int)
        constant = {"study": "made_up", "profile": self.profile, "sem": 0.01, "n": 25, "device": "cpu", "version": "1"}
        constant |= {"base": "", "variant": ""}
        return table.assign(**constant)[list(COLUMNS)]


def _several(names: object) -> list[str]:
    return [names] if isinstance(names, str) else [str(n) for n in names]  # type: ignore[attr-defined]


def near(found: object, expected: object, atol: float = 1e-9) -> None:
    """Check that numbers are equal up to rounding, NaN where NaN is expected."""
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), atol=atol, rtol=0)


def drawn(axes: object) -> list[tuple[list[float], list[float]]]:
    """The x and y of every line on axes, in the order of drawing, without lines across the whole panel."""
    lines = [(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)) for line in axes.lines]  # type: ignore[attr-defined]
    return [(x.tolist(), y.tolist()) for x, y in lines]


def labels(axes: object) -> list[str]:
    """The names along the y axis, from the bottom up."""
    ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)  # type: ignore[attr-defined]
    return [text.get_text() for _, text in sorted(ticks, key=lambda tick: tick[0])]
