"""What KernelSHAP estimates: exact Shapley values, over all subsets."""

import itertools
import math

from tests.oracles._cells import mix, n_groups, output, spread


def shapley(model, series, baseline, c, kind):
    """Exact Shapley values: all subsets."""
    n = n_groups(kind, *series.shape)
    values = []
    for g in range(n):
        others, value = [h for h in range(n) if h != g], 0.0
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for subset in itertools.combinations(others, size):
                with_g = output(model, mix(baseline, series, {*subset, g}, kind), c)
                value += weight * (with_g - output(model, mix(baseline, series, set(subset), kind), c))
        values.append(value)
    return spread(values, series.shape, kind, series)
