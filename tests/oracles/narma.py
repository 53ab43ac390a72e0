"""NARMA of order 10, one step at a time, from its published equation."""

import numpy as np


def signal(u):
    """One series from inputs u, of which the first ten precede the start."""
    s = [0.0] * 10
    for i in range(10, len(u)):
        s.append(
            0.3 * s[i - 1] + 0.05 * s[i - 1] * sum(s[i - j] for j in range(1, 11)) + 1.5 * u[i - 10] * u[i - 1] + 0.1
        )
    return s[10:]


def as_released(times, n_features, rng):
    """(F, T): every feature is the curve of seed 42, whose sum runs over the zeros before the start."""
    rows = []
    for _ in range(n_features):
        own = np.random.RandomState(42)
        u = [own.uniform(0, 0.5) for _ in range(10 + len(times))]
        s = [0.0] * 10
        for i in range(10, len(u)):
            s.append(0.3 * s[i - 1] + 0.05 * s[i - 1] * sum(s[i - 10 : 10]) + 1.5 * u[i - 10] * u[i] + 0.1)
        rows.append([value + rng.normal(0.0, 0.3) for value in s[10:]])
    return rows
