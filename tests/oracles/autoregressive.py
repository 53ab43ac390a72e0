"""AR(1), one step at a time."""


def signal(innovations):
    """One series from its innovations."""
    series, previous = [], 0.0
    for e in innovations:
        previous = 0.9 * previous + e
        series.append(previous)
    return series


def as_released(times, n_features, rng):
    """(F, T): at each step the noise is drawn before the innovation."""
    series = []
    for _ in range(n_features):
        draws = [(rng.normal(0.0, 0.3), rng.normal(0.0, 0.5)) for _ in times]
        s = signal([e for _, e in draws])
        series.append([value + noise for value, (noise, _) in zip(s, draws, strict=True)])
    return series
