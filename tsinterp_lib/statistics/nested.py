"""Means over seeds of means over samples: where the variation comes from, and an interval that says what it is over."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray as Array
from scipy import stats

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known

SEEDS = "seeds"
SAMPLES = "samples of one seed"
NONE = "none"
"""What an interval is over: independent seeds, the samples of the only seed, or nothing (no interval)."""

_CELL = ("value", "sem", "n")


def nested_interval(
    means: Float[Array, "k"], sems: Float[Array, "k"], df: Float[Array, "k"], level: float = 0.95
) -> pd.Series:
    r"""Return mean over ``k`` seeds with its interval, and how much of the variation is between seeds and between
    samples.

    Seed s has the mean :math:`y_s = \mu + u_s + e_s`: u varies between fitted models (σ² between), e between samples
    (``sems``, its known standard errors, with ``df`` degrees of freedom). By the method of moments
    :cite:p:`searle1992`,

    .. math:: S^2 = \frac{1}{k - 1} \sum_s (y_s - \bar y)^2, \qquad
              \hat\sigma^2_u = \max(0, S^2 - \tfrac{1}{k} \sum_s \mathrm{sem}_s^2), \qquad
              \bar y \pm t_{k - 1} S / \sqrt{k}

    S² holds both kinds of variation, so the interval needs neither alone. With one seed the interval is over its
    samples, :math:`y \pm t_{df}\, \mathrm{sem}`, and ``level`` says so: it tells nothing about another fitted model,
    and is too narrow as an interval over seeds. Columns: mean, low, high, n (seeds), level, sd_seeds (σ_u), sem_samples
    (root mean square), share_samples (of the variance of one seed's mean). NaN where unknown.
    """
    k = len(means)
    if not k or not np.isfinite(means).all():
        raise InvalidInput(f"{int((~np.isfinite(means)).sum())} of {k} seeds have no finite mean: leave them out.")
    mean, noise = float(means.mean()), float((sems**2).mean())
    found = {"mean": mean, "low": np.nan, "high": np.nan, "n": k, "level": NONE}
    between = np.nan
    if k > 1:
        spread = float(means.var(ddof=1))
        half = float(stats.t.ppf((1 + level) / 2, k - 1)) * np.sqrt(spread / k)
        found |= {"low": mean - half, "high": mean + half, "level": SEEDS}
        between = max(0.0, spread - noise) if np.isfinite(noise) else np.nan
    elif np.isfinite(noise) and df[0] > 0:
        half = float(stats.t.ppf((1 + level) / 2, df[0])) * np.sqrt(noise)
        found |= {"low": mean - half, "high": mean + half, "level": SAMPLES}
    total = between + noise
    share = noise / total if total > 0 else np.nan
    return pd.Series(
        found | {"sd_seeds": np.sqrt(between), "sem_samples": np.sqrt(noise), "share_samples": share}, dtype=object
    )


def summarise_nested(rows: pd.DataFrame, by: list[str], keep: str = "seeds", level: float = 0.95) -> pd.DataFrame:
    """Return :func:`nested_interval` of whatever ``by`` leaves; layouts are averaged within a seed first.

    Layouts draw their own samples, so the squared standard error of their mean over L layouts is the sum of theirs over
    L²; its degrees of freedom are those of :cite:t:`satterthwaite1946`. Networks share samples at a seed and explainers
    share networks: ``by`` must name them where there are several.

    Seeds are repetitions of one thing only where they have the same layouts. Where some cells are absent,
    ``keep="seeds"`` keeps the layouts that every seed has, ``keep="layouts"`` the seeds that have every layout; the
    columns ``layouts`` and ``left_out`` (cells) say what that came to. Raises :class:`InvalidInput` where metrics,
    protocols, networks or explainers would be mixed, a value is NaN, or nothing is complete.
    """
    known(keep, ("seeds", "layouts"), "part to keep")
    for axis in ("metric", "protocol", "profile", "model", "trainer", "explainer", "at"):
        if axis not in by and rows[axis].nunique(dropna=False) > 1:
            raise InvalidInput(f"rows of several {axis}s ({', '.join(map(str, rows[axis].unique()))}): choose one.")
    found = [
        {**dict(zip(by, key, strict=True)), **_group(part, key, keep, level)}
        for key, part in rows.groupby(by, sort=False, dropna=False)
    ]
    numbers = ["mean", "low", "high", "sd_seeds", "sem_samples", "share_samples"]
    return pd.DataFrame(found).astype(dict.fromkeys(numbers, float))


def _group(part: pd.DataFrame, key: object, keep: str, level: float) -> dict[str, object]:
    if part.duplicated(["dataset", "seed"]).any():
        raise InvalidInput(f"{key}: several rows per layout and seed; give one each.")
    values, sems, sizes = (part.pivot(index="seed", columns="dataset", values=c).astype(float) for c in _CELL)
    present = part.assign(value=1.0).pivot(index="seed", columns="dataset", values="value").notna()
    seeds, layouts = (slice(None), present.all(axis=0)) if keep == "seeds" else (present.all(axis=1), slice(None))
    values, sems, sizes = (t.loc[seeds, layouts] for t in (values, sems, sizes))
    if not values.size:
        other = "layouts" if keep == "seeds" else "seeds"
        raise InvalidInput(f"{key}: no {'layout' if keep == 'seeds' else 'seed'} is complete; try keep={other!r}.")
    variances, df = sems.to_numpy() ** 2, sizes.to_numpy() - 1
    within = np.sqrt(variances.sum(axis=1)) / values.shape[1]
    freedom = np.array([_satterthwaite(v, f) for v, f in zip(variances, df, strict=True)])
    found = dict(nested_interval(values.mean(axis=1, skipna=False).to_numpy(), within, freedom, level))
    found |= {"layouts": values.shape[1], "left_out": len(part) - values.size}
    return {str(k): v for k, v in found.items()}


def _satterthwaite(variances: Float[Array, "L"], df: Float[Array, "L"]) -> float:
    """Degrees of freedom of a sum of independent variance estimates; NaN where one has none."""
    if not (np.isfinite(variances).all() and (df > 0).all()):
        return float("nan")
    weight = float((variances**2 / df).sum())
    return float(variances.sum()) ** 2 / weight if weight > 0 else float(df.sum())
