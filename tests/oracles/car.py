"""A continuous autoregression, one step at a time."""

import math


def signal(times, z, sigma=0.5):
    """One stationary series from its standard normal draws."""
    series = [sigma * z[0]]
    for i in range(1, len(times)):
        decay = 0.9 ** (times[i] - times[i - 1])
        series.append(decay * series[-1] + sigma * math.sqrt(1 - decay**2) * z[i])
    return series


def as_released(times, n_features, rng):
    """(F, T): starts at 0.01; the innovation's scale lacks the square; noise before innovation."""
    rows = []
    for _ in range(n_features):
        previous, row = 0.01, [0.01 + rng.normal(0.0, 0.3)]
        for i in range(1, len(times)):
            noise, z = rng.normal(0.0, 0.3), rng.normal(0.0, 1.0)
            decay = 0.9 ** (times[i] - times[i - 1])
            previous = decay * previous + 0.01 * math.sqrt(1 - decay) * z
            row.append(previous + noise)
        rows.append(row)
    return rows
