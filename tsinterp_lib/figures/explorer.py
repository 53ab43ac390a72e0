"""A grid of curves to browse in the page: every layout, process, network and method, with no network connection."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import pandas as pd

from tsinterp_lib.datasets import LAYOUTS, PROCESSES
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures import style
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Html

DASHES = {"-": "", "--": "6 3", ":": "2 3", "-.": "6 3 2 3"}

STYLE = """
.tsx { font-size: 0.85rem; } .tsx select { margin: 0 0.8em 0.4em 0.3em; max-width: 100%; }
.tsx-legend { display: flex; flex-wrap: wrap; gap: 0.1em 0.9em; margin: 0.3em 0; }
.tsx-legend label { white-space: nowrap; cursor: pointer; }
.tsx-key { display: inline-block; width: 1.6em; margin: 0 0.3em; vertical-align: middle; }
.tsx-axis { color: #777; margin: 0.2em 0 0.5em; }
.tsx-panels { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.4em; }
.tsx-panel { margin: 0; background: #fff; }
.tsx-panel svg { width: 100%; height: auto; display: block; }
.tsx-panel figcaption { font-size: 0.75rem; color: #333; margin: 0 0 0 0.3em; text-align: left; }
.tsx-grid { stroke: #e5e5e5; stroke-width: 1; }
.tsx-tick { font-size: 9px; fill: #555; } .tsx-none { font-size: 9px; fill: #888; }
.tsx-line { fill: none; stroke-width: 1.6; }
@media (max-width: 700px) { .tsx-panels { grid-template-columns: repeat(2, 1fr); } }
"""


def explorer(
    rows: pd.DataFrame, measures: Mapping[str, tuple[str, str]], shown: Sequence[str], points: int = 26
) -> Html:
    """Return curves of every data set, network and method as panels that the reader chooses from.

    ``rows`` are result rows of one protocol (columns dataset, model, explainer, metric, at, value), averaged over
    seeds here; ``measures`` maps a metric to the printed names of its value and of its axis; ``shown`` are the methods
    drawn at first; a curve is thinned to ``points`` values at most. Raises :class:`InvalidInput` where rows of several
    protocols are mixed or no curve is there.
    """
    if rows["protocol"].nunique() > 1:
        raise InvalidInput(f"rows of the protocols {', '.join(rows['protocol'].unique())}: choose one.")
    part = rows[rows["metric"].isin(measures) & rows["at"].notna() & (rows["explainer"] != "")]
    if part.empty:
        raise InvalidInput(f"no rows of the curves {', '.join(measures)}: compute them, or choose others.")
    mean = part.groupby(["metric", "dataset", "model", "explainer", "at"], sort=False)["value"].mean().reset_index()
    mean[["layout", "process"]] = mean["dataset"].str.split("/", expand=True)
    names = [e for e in words.METHODS if e in set(mean["explainer"])]
    payload = {
        "layouts": _listed(LAYOUTS, mean["layout"]),
        "processes": _listed(PROCESSES, mean["process"]),
        "networks": [{"name": n, "label": words.network(n)} for n in words.NETWORKS if n in set(mean["model"])],
        "explainers": [_drawn(name) for name in names],
        "shown": list(shown),
        "measures": {
            m: _measure(mean[mean["metric"] == m], *printed, names, points) for m, printed in measures.items()
        },
    }
    return Html(_page(payload, measures))


def _measure(part: pd.DataFrame, up: str, across: str, names: Sequence[str], points: int) -> dict[str, Any]:
    levels = sorted(part["at"].unique())
    at = levels[:: -(-len(levels) // points)]
    place = {level: i for i, level in enumerate(at)}
    values: dict[str, list[list[int | None] | None]] = {}
    part = part[part["at"].isin(place)]
    for (layout, process, model, explainer), curve in part.groupby(["layout", "process", "model", "explainer"]):
        panel = values.setdefault(f"{layout}|{process}|{model}", [None] * len(names))
        drawn: list[int | None] = [None] * len(at)
        for level, value in zip(curve["at"], curve["value"], strict=True):
            drawn[place[level]] = None if pd.isna(value) else round(1000 * value)
        panel[names.index(explainer)] = drawn
    return {"up": up, "across": across, "at": [round(float(level), 4) for level in at], "values": values}


def _listed(order: Mapping[str, object], present: pd.Series) -> list[dict[str, str]]:
    return [{"name": name, "label": name.replace("_", " ")} for name in order if name in set(present)]


def _drawn(name: str) -> dict[str, str]:
    look = style.look(name)
    return {"name": name, "label": look.name, "colour": look.colour, "dash": DASHES[look.line]}


def _page(payload: Mapping[str, Any], measures: Mapping[str, tuple[str, str]]) -> str:
    options = "".join(f"<option value='{m}'>{html.escape(up)}</option>" for m, (up, _) in measures.items())
    fixed = "".join(
        f"<optgroup label='{title}'>"
        + "".join(
            f"<option value='{axis}:{o['name']}'>{o['label']}</option>"
            for o in payload[f"{axis}s" if axis == "layout" else "processes"]
        )
        + "</optgroup>"
        for axis, title in (("layout", "one layout, every process"), ("process", "one process, every layout"))
    )
    text = json.dumps(payload, separators=(",", ":")).replace("</", "<\\/")
    script = files("tsinterp_lib.figures").joinpath("explorer.js").read_text(encoding="utf-8")
    return (
        f"<div class='tsx'><style>{STYLE}</style>"
        f"<label>curve <select name='measure'>{options}</select></label>"
        f"<label>panels <select name='fixed'>{fixed}</select></label>"
        "<div class='tsx-legend'></div><div class='tsx-axis'></div><div class='tsx-panels'></div>"
        "<noscript>This figure needs JavaScript; the numbers are in results/.</noscript>"
        f"<script type='application/json'>{text}</script><script>{script}</script></div>"
    )
