"""A sine with its own amplitude and frequency at every time."""

import math


def signal(times, frequency, amplitude):
    """(T, F) as nested lists, from frequencies and amplitudes of shape (T, F)."""
    return [
        [a * math.sin(2 * math.pi * nu * t) for nu, a in zip(row, heights, strict=True)]
        for t, row, heights in zip(times, frequency, amplitude, strict=True)
    ]


def as_released(times, n_features, rng):
    """(F, T) without the factor 2π: frequencies, amplitudes, noise, number by number."""
    series = []
    for _ in range(n_features):
        nu = [rng.normal(2.0, 0.01) for _ in times]
        a = [rng.normal(1.0, 0.5) for _ in times]
        noise = [rng.normal(0.0, 0.3) for _ in times]
        series.append([a[i] * math.sin(nu[i] * t) + noise[i] for i, t in enumerate(times)])
    return series
