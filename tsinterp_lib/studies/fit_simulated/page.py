"""Tables, sentences and figures of the simulated experiments of the FIT line, from the rows there are."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from tsinterp_lib.figures import results, style
from tsinterp_lib.registry import Choice, Scalar, build
from tsinterp_lib.statistics.means import CONTROLS, summarise
from tsinterp_lib.tables import select, words
from tsinterp_lib.tables.words import Prose
from tsinterp_lib.types import Sizes

SCORE = "average_precision_pooled"
DATA = {"state": "state", "switch_feature": "switch of features", "spike": "spike", "spike_delay_2": "delayed spike"}
METHODS = (*words.METHODS, *words.VARIANTS)


def say(rows: pd.DataFrame) -> Prose:
    """Return the best method of each data set under each protocol, and where FIT stands."""
    lines = []
    for data, printed in DATA.items():
        for protocol, how in words.PROTOCOLS.items():
            mean = _means(rows[rows["dataset"] == data], protocol)
            if mean.empty:
                lines.append(f"* {words.not_computed('fit_simulated', f'{printed}, {how}')}")
                continue
            best = words.printed(mean.index[0])
            fit = f"; FIT {mean['fit']:.2f}, place {list(mean.index).index('fit') + 1} of {len(mean)}" * ("fit" in mean)
            lines.append(f"* {printed.capitalize()}, {how}: the best is {best} with {mean.iloc[0]:.2f}{fit}.")
    return Prose("Average precision over the cells of all series:\n\n" + "\n".join(lines))


def grid(rows: pd.DataFrame, protocol: str, metric: str = SCORE) -> pd.DataFrame | Prose:
    """Return methods × data sets: means over seeds; a sentence where there are no rows."""
    part = select.pick(rows, metric, protocol)
    part = part[part["explainer"] != ""]
    if part.empty:
        return _nothing(protocol)
    table = part.pivot_table(index="explainer", columns="dataset", values="value")
    table = table.reindex(index=[e for e in METHODS if e in table.index], columns=[d for d in DATA if d in table])
    return table.rename(index=words.printed, columns=DATA).rename_axis(columns=None).round(3)


def dots(rows: pd.DataFrame, protocol: str, metric: str = SCORE) -> Figure | Prose:
    """Return mean and interval over seeds, a panel per data set; a sentence where there are no rows."""
    part = select.pick(rows, metric, protocol)
    part = part[part["explainer"] != ""]
    if part.empty:
        return _nothing(protocol)
    found = summarise(part, ["protocol", "profile", "metric", "dataset", "explainer"])
    panels = {title: found[found["dataset"] == name] for name, title in DATA.items() if name in set(found["dataset"])}
    return results.side_by_side(panels, metric.replace("_pooled", "").replace("_", " "))


def examples(seed: int = 0) -> Figure:
    """Draw one test series of each kind of data with its label, and the cells that count as important."""
    kinds: dict[str, dict[str, Scalar]] = {
        "state": {"truth": "switch", "n_steps": 100},
        "switch_feature": {},
        "spike": {},
        "spike_delay_2": {"delay": 2},
    }
    figure, axes = plt.subplots(len(kinds), 1, figsize=(style.WIDTH, 5.6), sharex=True)
    for panel, (name, params) in zip(axes, kinds.items(), strict=True):
        data = build("dataset", Choice("spike" if "spike" in name else name, params)).load(Sizes(1, 1, 60), seed)
        truth = data.test.importance
        assert truth is not None
        n = int(truth.any(2)[:, 1:].any(1).int().argmax())
        for f in range(3):
            panel.plot(data.test.x[n, :, f], lw=1.0, label=f"feature {f}")
        at = truth[n].nonzero()
        panel.plot(
            at[:, 0], data.test.x[n][at[:, 0], at[:, 1]], "o", mfc="none", mec="k", ms=7, ls="", label="important"
        )
        panel.fill_between(range(data.n_steps), *panel.get_ylim(), where=data.test.y[n] == 1, color="#EEEEEE", zorder=0)
        panel.set_ylabel(DATA[name], fontsize=8)
    axes[-1].set_xlabel("time step (grey: label 1)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return style.finish(figure)


def accuracies(rows: pd.DataFrame) -> pd.DataFrame | Prose:
    """Say how well the networks that are explained do: test accuracy over all steps, means over seeds."""
    part = rows[rows["metric"].isin(("test_accuracy", "passed_gate")) & (rows["explainer"] == "")]
    if part.empty:
        return words.not_computed("fit_simulated")
    table = part.pivot_table(index="dataset", columns=["metric", "protocol"], values="value").round(3)
    named = table.rename(index=DATA, columns=words.PROTOCOLS).rename(columns=words.printed, level="metric")
    return named.astype(object).where(named.notna(), "–")


def _nothing(protocol: str) -> Prose:
    return words.not_computed("fit_simulated", words.PROTOCOLS[protocol])


def _means(rows: pd.DataFrame, protocol: str) -> pd.Series:
    part = select.pick(rows, SCORE, protocol)
    part = part[~part["explainer"].isin(("", *CONTROLS))]
    return part.groupby("explainer")["value"].mean().sort_values(ascending=False)
