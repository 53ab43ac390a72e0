"""Inference by default: an interval on every mean; mean ranks, and differences from a control."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tsinterp_lib.errors import InvalidInput

CONTROLS = ("random", "permuted_features", "position_only", "oracle")
"""Rows every table carries and no ranking counts."""


def interval(values: pd.Series, level: float = 0.95) -> pd.Series:
    """Return mean, Student-t interval and count of independent repetitions; the interval is NaN where there is only
    one.

    The repetitions are seeds: each draws new data and new weights, so their spread holds both the variation between
    fitted models and that between samples.
    """
    v = values.dropna().to_numpy(dtype=float)
    n = len(v)
    mean = float(v.mean()) if n else np.nan
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * v.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    return pd.Series({"mean": mean, "low": mean - half, "high": mean + half, "n": n})


def stratified(values: pd.Series, strata: pd.Series, level: float = 0.95) -> tuple[float, float, float]:
    r"""Mean over strata of the means within them, with a Student interval; strata are fixed, repetitions random.

    .. math:: \bar d \pm t_{\nu} \sqrt{\frac{1}{L^2} \sum_l \frac{s_l^2}{n_l}}, \qquad
        \nu = \Bigl(\sum_l \frac{s_l^2}{n_l}\Bigr)^2 \Big/ \sum_l \frac{(s_l^2 / n_l)^2}{n_l - 1}

    after :cite:t:`satterthwaite1946`, each of the L strata with a deviation :math:`s_l` of its own; a stratum of one
    value gets the largest of the others. Layouts are the strata and seeds the repetitions: the interval speaks about
    these layouts, not about others. NaN bounds where no stratum has two values.

    Simulated, a 95 % interval covers 95 to 98 % where all strata are alike; where one of two to ten deviates ten times
    as much, 94 to 95 % at five values each, 92 to 95 % at three, 89 to 93 % at two, and 87 to 92 % where it alone has
    two. Nothing holds where the stratum of one value is the wide one: 59 % at three times the deviation of one other.
    """
    groups = values.groupby(strata.to_numpy(), sort=False)
    mean, n = groups.mean(), groups.size()
    df = int((n - 1).sum())
    centre = float(mean.mean())
    if df < 1:
        return centre, np.nan, np.nan
    spread, sizes = groups.var(ddof=1).to_numpy(dtype=float), n.to_numpy()
    widest = int(np.nanargmax(spread))
    parts = np.where(sizes > 1, spread, spread[widest]) / sizes
    freedom = np.where(sizes > 1, sizes - 1, sizes[widest] - 1)
    total, weight = float(parts.sum()), float((parts**2 / freedom).sum())
    nu = total**2 / weight if weight > 0 else df
    half = float(stats.t.ppf((1 + level) / 2, nu)) * np.sqrt(total) / len(n)
    return centre, centre - half, centre + half


def summarise(rows: pd.DataFrame, by: list[str], level: float = 0.95) -> pd.DataFrame:
    """Return mean and interval over seeds of whatever ``by`` leaves; other axes (layouts) are averaged within a seed
    first.

    Where the seeds of a group do not have the same layouts (a model fell below the gate, or is not computed yet), a
    seed's mean would depend on which it has: there each layout counts once, and the interval is :func:`stratified`.
    ``n`` is the number of seeds in both cases. Raises :class:`InvalidInput` where rows of several metrics or protocols
    would be mixed.
    """
    for axis in ("metric", "protocol", "profile"):
        if axis not in by and rows[axis].nunique() > 1:
            raise InvalidInput(f"rows of several {axis}s ({', '.join(map(str, rows[axis].unique()))}): choose one.")
    if "dataset" in by or "dataset" not in rows:
        per_seed = rows.groupby([*by, "seed"], sort=False, dropna=False)["value"].mean().reset_index()
        found = per_seed.groupby(by, sort=False, dropna=False)["value"].apply(interval, level=level).unstack()
    else:
        grouped = rows.groupby(by, sort=False, dropna=False)[["dataset", "seed", "value"]]
        found = pd.DataFrame(grouped.apply(_over_layouts, level))
    return found.reset_index()


def _over_layouts(group: pd.DataFrame, level: float) -> pd.Series:
    there = group[group["value"].notna()]
    cells = there.groupby(["dataset", "seed"], sort=False)["value"].mean()
    layouts, seeds = there["dataset"].nunique(), there["seed"].nunique()
    if len(cells) == layouts * seeds:
        return interval(group.groupby("seed", sort=False)["value"].mean(), level)
    mean, low, high = stratified(cells, cells.index.get_level_values("dataset").to_series(), level)
    return pd.Series({"mean": mean, "low": low, "high": high, "n": float(seeds)})


def mean_ranks(rows: pd.DataFrame, higher_is_better: bool = True) -> pd.Series:
    """Average ranks of explainers (1 is best) over blocks of layout × network, the best first.

    They are for tables of many metrics, not for tests: :func:`tsinterp_lib.statistics.friedman.friedman` ranks within
    layouts, networks averaged, because networks of a layout are not independent. Even at
    ``blocks=("dataset", "model")`` it differs: it averages over the seeds that all explainers have and lets values tie
    that agree to six decimals; here each explainer's seeds count as they are, and only equal values tie. An explainer
    that is missing in a block is left out, controls too; raises :class:`InvalidInput` where fewer than three explainers
    or two blocks remain.
    """
    rows = rows[~rows["explainer"].isin((*CONTROLS, ""))]
    grid = rows.pivot_table(index=["dataset", "model"], columns="explainer", values="value").dropna(axis=1)
    if grid.shape[0] < 2 or grid.shape[1] < 3:
        raise InvalidInput(f"{grid.shape[1]} explainers in {grid.shape[0]} blocks: a ranking needs at least 3 and 2.")
    return grid.rank(axis=1, ascending=not higher_is_better).mean().sort_values()


def difference_from(rows: pd.DataFrame, control: str = "random") -> pd.DataFrame:
    """Return rows with the control's value on the same model subtracted: ``Diff(AUP)``, ``Diff(AUR)`` of the 2021
    paper.
    """
    on = ["protocol", "profile", "dataset", "model", "trainer", "metric", "at", "seed"]
    base = rows[rows["explainer"] == control][[*on, "value"]].rename(columns={"value": "control"})
    merged = rows[rows["explainer"] != control].merge(base, on=on, how="inner", validate="many_to_one")
    return merged.assign(value=merged["value"] - merged["control"]).drop(columns="control")
