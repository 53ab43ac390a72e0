"""Shapley values from orders given, a group at a time."""

from tests.oracles._cells import mix, n_groups, output, spread


def shapley_value_sampling(model, series, baseline, c, kind, orders):
    """The mean gain of each group as it enters, in the orders given."""
    values = [0.0] * n_groups(kind, *series.shape)
    for order in orders:
        before = output(model, baseline, c)
        for position, g in enumerate(order):
            after = output(model, mix(baseline, series, set(order[: position + 1]), kind), c)
            values[g] += (after - before) / len(orders)
            before = after
    return spread(values, series.shape, kind, series)
