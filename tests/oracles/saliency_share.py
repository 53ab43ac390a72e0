"""The share of a map's mass in a group of cells, one cell at a time."""

from torch import Tensor


def ink(x: Tensor) -> list[list[bool]]:
    """Which cells are brighter than half way between the darkest and the brightest."""
    values = [float(v) for v in x.flatten()]
    middle = (min(values) + max(values)) / 2
    return [[float(v) > middle for v in step] for step in x]


def share(a: Tensor, important: list[list[bool]], group: str) -> float:
    """Share of the min–max scaled magnitude in a group; ``a`` is one map (T, F)."""
    values = [abs(float(v)) for v in a.flatten()]
    low, high = min(values), max(values)
    inside = total = 0.0
    for t in range(a.shape[0]):
        for f in range(a.shape[1]):
            s = (abs(float(a[t, f])) - low) / (high - low)
            total += s
            time = any(important[t])
            feature = any(row[f] for row in important)
            belongs = {
                "both": time and feature,
                "time_only": time and not feature,
                "feature_only": feature and not time,
                "neither": not time and not feature,
                "cells": important[t][f],
            }
            inside += s if belongs[group] else 0.0
    return inside / total
