"""A sine per feature, one time at a time."""

import math


def signal(times, phases, frequency=2.0):
    """(T, F) as nested lists."""
    return [[math.sin(2 * math.pi * frequency * t + phase) for phase in phases] for t in times]


def as_released(times, n_features, rng):
    """(F, T): one curve for all features, noise drawn number by number."""
    return [[math.sin(2 * math.pi * 2 * t) + rng.normal(0.0, 0.3) for t in times] for _ in range(n_features)]
