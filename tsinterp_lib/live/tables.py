"""Tables of the chapters that describe the library or measure something small; all return pandas frames."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import pandas as pd

from tsinterp_lib.compare import explain
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.datasets.planted import Planted
from tsinterp_lib.engine.explain import Seeds, explained
from tsinterp_lib.explainers import CORRECTED, EXPLAINERS, convergence_delta
from tsinterp_lib.guard import counted
from tsinterp_lib.models import MODELS
from tsinterp_lib.registry import Choice
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.tables import words
from tsinterp_lib.trainers import Fitted
from tsinterp_lib.types import Dataset


def layouts(protocol: str = "corrected") -> pd.DataFrame:
    """Return size, place and density of the planted block of each layout, as the data of a protocol have it."""
    found = {name: Planted(layout=name, protocol=protocol).planted_layout() for name in LAYOUTS}
    rows = [
        {
            "layout": words.layout(name),
            "block (time × feature)": f"{item.n_steps} × {item.n_features}",
            "first time step": _start(item.time_start),
            "first feature": _start(item.feature_start),
            "density": round(item.density, 4),
            "the class is coded by": item.coded_by.replace("_", " "),
        }
        for name, item in found.items()
    ]
    return pd.DataFrame(rows).set_index("layout")


def contrast(data: Mapping[str, Dataset]) -> pd.DataFrame:
    """Return mean over cells of the difference between signal cells and the rest, in standard deviations of the rest.

    Inside: ``|mean of planted cells of class 1 − of class 0|``. Outside: the same for all other cells.
    """
    rows = {}
    for name, d in data.items():
        x, m, y = d.train.x.double(), d.train.importance, d.train.y
        assert m is not None
        spread = x[~m].std()
        gap = [abs(x[y == 1][part[y == 1]].mean() - x[y == 0][part[y == 0]].mean()) / spread for part in (m, ~m)]
        raised = abs(x[m].mean() - x[~m].mean()) / spread
        rows[words.layout(name)] = {
            "class gap inside": float(gap[0]),
            "class gap outside": float(gap[1]),
            "block against the rest": float(raised),
        }
    return pd.DataFrame(rows).T.round(2)


def networks() -> pd.DataFrame:
    """Return the four networks at the benchmark's size: parameters and what their docstring says first."""
    rows = {}
    for name, maker in MODELS.items():
        model = maker(n_steps=50, n_features=50, n_classes=2)
        rows[words.network(name)] = {
            "parameters": f"{sum(p.numel() for p in model.parameters()):,}",
            "what it is": _first_sentence(maker),
        }
    return pd.DataFrame(rows).T


def explainers() -> pd.DataFrame:
    """Return every explainer: what it computes, in its docstring's first words, and where it is defined."""
    rows = {
        words.method(name): {"name in code": name, "what it computes": _first_sentence(cls)}
        for name, cls in EXPLAINERS.items()
    }
    return pd.DataFrame(rows).T


def completeness(fitted: Mapping[str, Fitted], dataset: Dataset, samples: int, seed: int) -> pd.DataFrame:
    """Return mean ``|sum of scores − (f(x) − f(baseline))|`` as a share of the mean ``|f(x) − f(baseline)|``."""
    complete = ("integrated_gradients", "deep_lift", "deep_shap", "gradient_shap")
    test, table = dataset.test[:samples], {}
    for name in complete:
        row = {}
        for network, f in fitted.items():
            seeds = Seeds(seed, seed_from(name, seed))
            e, explainer, *_ = explained(f.model, CORRECTED[name], test, dataset.train, seeds)
            with scope(seed_from(name, seed)):
                delta = convergence_delta(explainer, f.model, test.x, test.y, e.attribution)
            difference = e.attribution.flatten(1).sum(1) - delta
            row[words.network(network)] = float(delta.abs().mean() / difference.abs().mean())
        table[words.method(name)] = row
    return pd.DataFrame(table).T.round(3)


def deep_lift_identity(fitted: Mapping[str, Fitted], dataset: Dataset, samples: int) -> pd.DataFrame:
    """Return largest ``|DeepLIFT − gradient × (x − b)|`` as a share of the largest score; 0 means they are the same
    method.
    """
    test, rows = dataset.test[:samples], {}
    b = dataset.train.x.mean(0)
    for network, f in fitted.items():
        maps = explain(f.model, test, {n: CORRECTED[n] for n in ("deep_lift", "gradient")}, dataset.train)
        lift = maps["deep_lift"].attribution
        product = maps["gradient"].attribution * (test.x - b)
        rows[words.network(network)] = {
            "largest relative difference": float((lift - product).abs().max() / lift.abs().max())
        }
    return pd.DataFrame(rows).T.round(6)


def cost(
    fitted: Fitted, dataset: Dataset, explainers: Mapping[str, Choice], samples: int, seed: int = 0
) -> pd.DataFrame:
    """Return series through the network per explained sample, and milliseconds, measured now on this machine."""
    import time

    rows = {}
    for name, choice in explainers.items():
        if name in CONTROLS:
            continue
        start = time.perf_counter()
        with counted(fitted.model) as calls:
            explain(fitted.model, dataset.test[:samples], {name: choice}, dataset.train, seed=seed)
        seconds = time.perf_counter() - start
        rows[words.method(name)] = {
            "series": round(calls[0] / samples),
            "milliseconds": round(1e3 * seconds / samples),
        }
    return pd.DataFrame(rows).T


def _start(start: int | tuple[int, int] | None) -> str:
    if start is None:
        return "drawn per sample"
    return str(start) if isinstance(start, int) else f"{start[0]} in class 0, {start[1]} in class 1"


def _first_sentence(thing: object) -> str:
    """Return the first sentence of a docstring, without its citation role."""
    import re

    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    text = re.sub(r",?\s*:math:`[^`]*`", "", text)
    text = re.sub(r"\s*\(?:cite:[a-z]+:`[^`]*`\)?", "", text)
    return re.sub(r":[a-z:]+:`~?([^`]*)`|``([^`]*)``", r"\1\2", text).strip()
