"""Image against series: tables and sentences of the studies *mnist_series* and *mnist_views*, made from rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from torch import Tensor

from tsinterp_lib.datasets.digit_views import VIEWS
from tsinterp_lib.engine.maps import Maps
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.statistics.nested import NONE, SAMPLES, nested_interval
from tsinterp_lib.studies.digits.plan import METHODS, NETWORKS, RESCALED, TRAINER, rescaled
from tsinterp_lib.tables import words
from tsinterp_lib.tables.words import Prose

SHARE = "saliency_share_"
KEYS, NUMBERS = ["dataset", "model", "explainer"], ["mean", "low", "high", "n", "level"]
PLACES = {
    name: place
    for place, name in enumerate(
        [
            *(f"{view}_{side}" for view in VIEWS for side in (28, 14, 8)),
            *NETWORKS,
            *(n for m in METHODS for n in (m.label, rescaled(m.label), f"{rescaled(m.label)}_by_mean")),
        ]
    )
}
"""The order of rows and columns: the widest view, the CNN, and each method before its rescaled form, come first."""


def intervals(rows: pd.DataFrame, metric: str, level: float = 0.95) -> pd.DataFrame:
    """Return mean and interval by data set, network and explainer: columns of these, mean, low, high, n and level.

    See :func:`tsinterp_lib.statistics.nested.nested_interval`: over seeds where a network has several, over its test
    images where it has one; ``level`` says which, and ``n`` counts them. A map without any mass has no share: rows
    without a value are left out, and where nothing is left all numbers are NaN.
    """
    part = rows[(rows["metric"] == metric) & (rows["explainer"] != "")]
    groups = part.groupby(KEYS, sort=False, observed=True)
    found = [dict(zip(KEYS, key, strict=True)) | _interval(group, level) for key, group in groups]
    return pd.DataFrame(found, columns=[*KEYS, *NUMBERS]).sort_values(
        KEYS, key=lambda names: names.astype(str).map(PLACES)
    )


def _interval(rows: pd.DataFrame, level: float) -> dict[str, object]:
    there = rows.dropna(subset="value")
    if there.empty:
        return dict.fromkeys(("mean", "low", "high"), np.nan) | {"n": 0, "level": NONE}
    value, sem, n = (there[c].to_numpy(dtype=float) for c in ("value", "sem", "n"))
    found = nested_interval(value, sem, n - 1, level)
    images = {"n": int(n[0])} if found["level"] == SAMPLES else {}
    return {c: found[c] for c in NUMBERS} | images


def shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Return share of mass in each group of cells, by data set, network and explainer."""
    groups = sorted({str(m) for m in rows["metric"] if str(m).startswith(SHARE)})
    return pd.concat([intervals(rows, m).assign(group=m.removeprefix(SHARE)) for m in groups], ignore_index=True)


def accuracy_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy, epochs and whether the gate was passed: a row per data set and network."""
    shown = ["test_accuracy", "validation_accuracy", "epochs", "passed_gate"]
    table = rows[rows["metric"].isin(shown)].pivot_table(index=["dataset", "model"], columns="metric", values="value")
    table = table.sort_index(key=lambda labels: labels.map(PLACES))
    return table[shown].round(3).rename(index=words.network, level="model")


def enrichment(rows: pd.DataFrame, group: str = "cells") -> pd.DataFrame:
    """Return share of mass in a group divided by that of random maps: 1 is no preference; explainers × networks."""
    table = intervals(rows, SHARE + group)
    grid = table.pivot_table(index="explainer", columns=["dataset", "model"], values="mean", sort=False)
    grid = grid / grid.loc["random"]
    return grid.droplevel("dataset", axis=1) if table["dataset"].nunique() == 1 else grid


def before_and_after(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per network and rescaled method: the share on the ink and the area under masked accuracy, before and
    after.

    ``gain`` is the share after minus before, ``apart`` whether the two intervals do not overlap; images are the same,
    so that this is a strict test.
    """
    ink, area = (intervals(rows, m) for m in (f"{SHARE}cells", "masked_accuracy_area_count"))
    found = []
    for base in RESCALED:
        for key in ("dataset", "model"):
            ink[key] = ink[key].astype(str)
        for (dataset, model), part in ink.groupby(["dataset", "model"], sort=False):
            s = part.set_index("explainer")
            m = area[(area["dataset"] == dataset) & (area["model"] == model)].set_index("explainer")
            if base not in s.index or rescaled(base) not in s.index:
                continue
            a, b = s.loc[base], s.loc[rescaled(base)]
            found.append(
                {
                    "dataset": dataset,
                    "network": words.network(str(model)),
                    "method": words.method(base),
                    "ink before": a["mean"],
                    "ink after": b["mean"],
                    "gain": b["mean"] - a["mean"],
                    "apart": bool(a["high"] < b["low"] or b["high"] < a["low"]),
                    "area before": m["mean"].get(base),
                    "area after": m["mean"].get(rescaled(base)),
                    "area random": m["mean"].get("random"),
                }
            )
    return pd.DataFrame(found)


def grid(rows: pd.DataFrame, metric: str, minus: str | None = None) -> pd.DataFrame:
    """Return means of a metric, explainers × networks (and data sets, where several); ``minus`` subtracts a control."""
    table = intervals(rows, metric)
    several = table["dataset"].nunique() > 1
    columns = ["model", "dataset"] if several else ["model"]
    found = table.pivot_table(index="explainer", columns=columns, values="mean", sort=False)
    found = found - found.loc[minus] if minus else found
    found = found.drop(index=minus) if minus else found
    if several:
        names = [(str(column[0]), str(column[1])) for column in found.columns]
        found.columns = [f"{words.network(m)}, {d.split('_')[0]}" for m, d in names]
    return found


def one_method(kept: Maps, dataset: str, explainer: str) -> dict[str, Tensor]:
    """Return the kept maps of one explainer on every network, the one that sees the image first."""
    return {m: a for (d, m, e), a in kept.maps.items() if (d, e) == (dataset, explainer)}


def view_maps(kept: Maps, explainer: str) -> dict[str, tuple[Tensor, Tensor]]:
    """Return maps of one explainer before and after rescaling: the CNN on the image first, then the TCN on each
    view.
    """
    datasets = sorted(kept.series, key=lambda d: -kept.series[d].shape[2])  # many features first
    image = next(d for d in datasets if d.startswith("multivariate"))
    shown = {"image (CNN)": (image, "cnn")} | {f"{_features(kept, d)} (TCN)": (d, "tcn") for d in datasets}
    after = rescaled(explainer)
    return {name: (kept.of(d, m)[explainer], kept.of(d, m)[after]) for name, (d, m) in shown.items()}


def say_trained(rows: pd.DataFrame, profile: str) -> Prose:
    """Say how many digits each network saw, when it stopped, and how many fitted networks stand behind the numbers."""
    chosen, settings = PROFILES[profile], TRAINER.params
    sizes, fitted = chosen.sizes, rows.groupby("model", observed=True)["seed"].nunique()
    enough = f"{settings['stop_accuracy']:.0%}".replace("%", " %")
    networks = ", ".join(f"{words.network(m)} {fitted[m]}" for m in NETWORKS if m in fitted.index)
    return Prose(
        f"{sizes.train:,} training digits, {sizes.validation:,} others to select and stop, at most {chosen.max_epochs} "
        f"epochs, stop at {enough} on the latter; learning rate {settings['learning_rate']}, "
        f"batch {settings['batch_size']}. Fitted networks behind each number, one seed each: {networks}. Where there "
        "are several, intervals are over seeds; where there is one, over its test images, and another fitted network "
        "may lie outside."
    )


def say_images(rows: pd.DataFrame) -> Prose:
    """Say how the CNN's maps differ from those of the series networks, in numbers."""
    ink = enrichment(rows)
    series = [m for m in ink.columns if m != "cnn"]
    plain = [e for e in ink.index if e in ("gradient", "smoothgrad")]
    others = [e for e in ink.index if e not in (*plain, "random", "occlusion")]
    best = str(ink.loc[others, series].mean().idxmax())
    area = grid(rows, "masked_accuracy_area_count", minus="random")
    return Prose(
        "The mass on the ink, in multiples of what a random map puts there: gradients and their smoothed form have "
        f"{ink.loc[plain, 'cnn'].mean():.1f} on the CNN and {ink.loc[plain, series].to_numpy().mean():.1f} on the "
        f"networks that read columns; the {len(others)} methods that multiply by the input or replace it have "
        f"{ink.loc[others, 'cnn'].mean():.1f} and {ink.loc[others, series].to_numpy().mean():.1f} "
        f"({ink.loc[others, best].mean():.1f} on the {words.network(best)}). "
        f"The area under masked accuracy lies below that of random maps by {-area.loc[plain, 'cnn'].mean():.2f} (CNN) "
        f"and {-area.loc[plain, series].to_numpy().mean():.2f} (series) for the former, by "
        f"{-area.loc[others, 'cnn'].mean():.2f} and {-area.loc[others, series].to_numpy().mean():.2f} for the latter."
    )


def say_rescaled(compared: pd.DataFrame) -> Prose:
    """Say what rescaling adds, in counts of network and method."""
    pairs = before_and_after(compared)
    more, fewer = pairs[pairs["gain"] > 0], pairs[pairs["area after"] < pairs["area before"]]
    return Prose(
        f"Rescaling puts more mass on the ink in {len(more)} of {len(pairs)} pairs of network and method, in "
        f"{int(more['apart'].sum())} of them with intervals that do not overlap, and finds cells that matter more (a "
        f"lower area under masked accuracy) in {len(fewer)}."
    )


def _features(kept: Maps, dataset: str) -> str:
    steps, features = kept.series[dataset].shape[1:]
    return f"{steps} × {features}"


def say_digits(scores: pd.DataFrame) -> Prose:
    """Say which methods beat the random row on real digits, by network."""
    lines, named = [], []
    for network, part in scores.groupby("model", sort=False):
        part = part.set_index("explainer")
        chance = part.loc["random"]
        better = [words.marked(str(e)) for e in part.index[part["high"] < chance["low"]]]
        best = str(part.drop(index="random")["mean"].idxmin())
        named += [best, *map(str, part.index[part["high"] < chance["low"]])]
        lines.append(
            f"On the {words.network(str(network))}, {', '.join(better) or 'no method'} "
            f"{'find' if len(better) != 1 else 'finds'} cells that matter more than random ones; the steepest fall is "
            f"that of {words.marked(best)} ({part['mean'][best]:.2f} against {chance['mean']:.2f})."
        )
    return Prose(" ".join(lines) + words.below(*named))
