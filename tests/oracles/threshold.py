"""Precision and recall at every distinct score, and their areas over the score axis."""

import math

import numpy as np

from tests.oracles.areas import trapezoid
from tests.oracles.selection import scaled


def threshold_areas(attribution, importance, pairing="same", start="smallest", rule="trapezoid"):
    """(AUP, AUR) of one sample; NaN for a constant map and where all cells are important or none is."""
    return areas_of_scores(scaled(attribution), [bool(v) for v in np.asarray(importance).ravel()], pairing, start, rule)


def areas_of_scores(s, b, pairing, start, rule="trapezoid"):
    """(AUP, AUR) of a list of scores and the truth beside it."""
    thresholds = sorted(set(s))
    if all(b) or not any(b) or len(thresholds) < 2:
        return math.nan, math.nan
    points = []
    for tau in thresholds:
        above = [truth for score, truth in zip(s, b, strict=True) if score >= tau]
        points.append((sum(above) / len(above), sum(above) / sum(b)))
    points.append((1.0, 0.0))  # beyond the highest threshold nothing is selected
    if pairing == "next":
        points = points[1:]
    points = points[: len(thresholds)]
    if start == "full_recall":
        smallest = min(score for score, truth in zip(s, b, strict=True) if truth)
        first = thresholds.index(smallest)
        thresholds, points = thresholds[first:], points[first:]
    area = trapezoid if rule == "trapezoid" else steps
    return area([p for p, _ in points], thresholds), area([r for _, r in points], thresholds)


def steps(heights, thresholds):
    """The value at a threshold holds from the threshold below it."""
    total = 0.0
    for k in range(1, len(thresholds)):
        total += heights[k] * (thresholds[k] - thresholds[k - 1])
    return total
