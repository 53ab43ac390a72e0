"""Weighted precision and recall of one sample, cell by cell, step by step, or feature by feature."""

import math

import numpy as np

from tests.oracles.selection import scaled, selected


def pair(attribution, importance, p, cut, unit="cell", slip=False):
    """(precision, recall) at level p; NaN where undefined."""
    s, b = scaled(attribution), [bool(v) for v in np.asarray(importance).ravel()]
    a = selected(s, p, cut)
    n_steps, n_features = np.asarray(importance).shape
    if unit != "cell":
        s, b, a = project(s, b, a, n_steps, n_features, unit, slip)
    if all(b) or not any(b):
        return math.nan, math.nan
    hit = miss = false = 0.0
    for i, weight in enumerate(s):
        if i in a and b[i]:
            hit += weight
        elif i in a:
            false += weight
        elif b[i]:
            miss += weight
    precision = hit / (hit + false) if hit + false > 0 else math.nan
    recall = hit / (hit + miss) if hit + miss > 0 else math.nan
    return precision, recall


def project(s, b, a, n_steps, n_features, unit, slip):
    """Weights, truth and selection of the time steps or the features."""
    true_steps = {i // n_features for i, v in enumerate(b) if v}
    true_features = {i % n_features for i, v in enumerate(b) if v}
    by_time = unit == "time"
    k = len(true_features) if by_time != slip else len(true_steps)
    weights, length = [], n_steps if by_time else n_features
    for u in range(length):
        cells = [s[i] for i in range(len(s)) if (i // n_features if by_time else i % n_features) == u]
        largest = sorted(cells, reverse=True)[: max(k, 1)]
        weights.append(sum(largest) / len(largest))
    truth = true_steps if by_time else true_features
    chosen = {i // n_features if by_time else i % n_features for i in a}
    return weights, [u in truth for u in range(length)], chosen


def pair_by_axis(attribution, importance, p, cut, axis, released):
    """(precision, recall) where a unit is all cells with one place on an axis of a map of any rank."""
    shape = np.shape(importance)
    places = list(np.ndindex(*shape))
    s, b = scaled(attribution), [bool(importance[at]) for at in places]
    a = selected(s, p, cut)
    units = {at[axis] for at, true in zip(places, b, strict=True) if true}
    others = {at[:axis] + at[axis + 1 :] for at, true in zip(places, b, strict=True) if true}
    if not units or len(units) == shape[axis]:
        return math.nan, math.nan
    hit = chosen_weight = true_weight = 0.0
    for u in range(shape[axis]):
        mine = [i for i, at in enumerate(places) if at[axis] == u]
        largest = sorted((s[i] for i in mine), reverse=True)[: max(len(units if released else others), 1)]
        weight, chosen = sum(largest) / len(largest), any(i in a for i in mine)
        hit += weight * (chosen and u in units)
        chosen_weight += weight * chosen
        true_weight += weight * (u in units)
    return (
        hit / chosen_weight if chosen_weight > 0 else math.nan,
        hit / true_weight if true_weight > 0 else math.nan,
    )
