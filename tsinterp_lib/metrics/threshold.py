"""Measure areas under precision and recall over the score axis (:cite:p:`crabbe2021`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsinterp_lib.metrics.selection import pooled, sorted_magnitude, sorted_truth
from tsinterp_lib.metrics.ties import groups
from tsinterp_lib.registry import known
from tsinterp_lib.types import Explanation, Metric

PAIRINGS = ("same", "next")
"""A threshold goes with its own precision and recall, or with those of the next higher threshold."""

STARTS = ("smallest", "full_recall")
"""Integrate from the smallest score of all, or from the smallest score of an important cell."""

RULES = ("trapezoid", "step")
"""Between two thresholds the curve is drawn as a line, or as what it is: constant, with the value at the higher."""


@dataclass(frozen=True)
class AUPThreshold(Metric):
    r"""Measures the area under the precision over the threshold (:cite:p:`crabbe2021`).

    .. math:: \mathrm{AUP} = \int_0^1 \frac{|\{i \in B : s_i \ge \tau\}|}{|\{i : s_i \ge \tau\}|} \, d\tau

    over the distinct magnitudes, by the trapezoid rule (``rule``, default, as released) or exactly, as a ``step``
    function: a binary map has two thresholds, and the line between them takes the truth itself to (1 + d)/2 at a share
    d of important cells, where the integral is 1. Cells are counted, not weighted. It depends on the calibration
    of the scores, not on their ranking alone. ``pairing`` is ``same`` (default; precision at its own threshold) or
    ``next`` (that of the next higher threshold, and precision 1, recall 0 beyond the highest, as in some released
    scripts: :ref:`DYN-29 <dyn-29>`). ``start`` is ``smallest`` (default: from the smallest score of all, current
    scikit-learn) or ``full_recall`` (from the smallest score of an important cell, scikit-learn up to 0.23).

    The paper pools the cells of all samples, as :func:`~tsinterp_lib.metrics.dataset_level.pooled_threshold_areas`
    does; here each sample is scored. With ``pool`` every sample gets the area of all cells together, so that the mean
    is the paper's number and only seeds give it a spread: a nearly binary map has few thresholds of its own and many in
    a pool. ``scaled`` (default True): before they are pooled, the magnitudes of each sample are brought to [0, 1], as
    released; False pools them as they are and divides by the range of the pool, so that the area is over [0, 1] too.
    NaN for a constant map and where all cells are important or none is.
    """

    pairing: str = "same"
    start: str = "smallest"
    pool: bool = False
    rule: str = "trapezoid"
    scaled: bool = True

    def __post_init__(self) -> None:
        known(self.pairing, PAIRINGS, "pairing")
        known(self.start, STARTS, "start")
        known(self.rule, RULES, "rule")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        return _areas(e, self.pairing, self.start, self.rule, self.pool, self.scaled)[0][:, None]


@dataclass(frozen=True)
class AURThreshold(Metric):
    r"""Measures the area under the recall over the threshold (:cite:p:`crabbe2021`).

    .. math:: \mathrm{AUR} = \int_0^1 \frac{|\{i \in B : s_i \ge \tau\}|}{|B|} \, d\tau

    Settings and NaN as for :class:`AUPThreshold`. A nearly binary map scores high, a heavy-tailed one low, whatever
    their rankings.
    """

    pairing: str = "same"
    start: str = "smallest"
    pool: bool = False
    rule: str = "trapezoid"
    scaled: bool = True

    def __post_init__(self) -> None:
        known(self.pairing, PAIRINGS, "pairing")
        known(self.start, STARTS, "start")
        known(self.rule, RULES, "rule")

    def _scores(self, e: Explanation) -> Float[Tensor, "N L"]:
        return _areas(e, self.pairing, self.start, self.rule, self.pool, self.scaled)[1][:, None]


def _areas(
    e: Explanation, pairing: str, start: str, rule: str, pool: bool, scaled: bool
) -> tuple[Float[Tensor, "N"], Float[Tensor, "N"]]:
    if not pool:
        return areas(sorted_magnitude(e), sorted_truth(e), pairing, start, rule)
    falling, truth = pooled(e, scaled)
    if not scaled:
        low, high = falling[:, -1:], falling[:, :1]
        falling = (falling - low) / torch.where(high > low, high - low, 1.0)
    aup, aur = areas(falling, truth, pairing, start, rule)
    return aup.repeat(len(e.x)), aur.repeat(len(e.x))


def areas(
    falling: Float[Tensor, "N D"], truth: Bool[Tensor, "N D"], pairing: str, start: str, rule: str = "trapezoid"
) -> tuple[Float[Tensor, "N"], Float[Tensor, "N"]]:
    """Return both areas of rows of scores sorted from high to low and the importance mask in the same order."""
    g = groups(falling)
    hits = truth.to(torch.float64).cumsum(1)
    n_true = hits[:, -1:]
    at = g.end if pairing == "same" else g.start - 1
    beyond = at < 0  # the highest threshold, paired with the end of the curve: precision 1, recall 0
    found = torch.where(beyond, 0.0, hits.gather(1, at.clamp(min=0)))
    precision = torch.where(beyond, 1.0, found / (at + 1).clamp(min=1))
    recall = found / n_true.clamp(min=1)
    width = falling[:, :-1] - falling[:, 1:]
    if start == "full_recall":
        smallest = torch.where(truth, falling, math.inf).amin(1, keepdim=True)
        width = torch.where(falling[:, 1:] >= smallest, width, 0.0)
    undefined = ((n_true == 0) | (n_true == truth.shape[1]) | (falling[:, :1] == falling[:, -1:])).squeeze(1)
    # Falling order: cells at and above the higher threshold are selected all the way down to the next one.
    heights = [v[:, :-1] if rule == "step" else (v[:, 1:] + v[:, :-1]) / 2 for v in (precision, recall)]
    aup, aur = ((width * height).sum(1) for height in heights)
    return aup.masked_fill(undefined, math.nan), aur.masked_fill(undefined, math.nan)
