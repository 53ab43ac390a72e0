"""Feature ablation, a group at a time."""

from tests.oracles._cells import mix, n_groups, output, spread


def feature_ablation(model, series, other, c, kind):
    """f(x) − f(x with one group from ``other``), for each group."""
    whole = output(model, series, c)
    values = [whole - output(model, mix(series, other, {g}, kind), c) for g in range(n_groups(kind, *series.shape))]
    return spread(values, series.shape, kind, series)
