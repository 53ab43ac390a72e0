"""KernelSHAP for sets given, and what it estimates: exact Shapley values, over all subsets."""

import itertools
import math

import numpy as np

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


def kernel_regression(model, series, baseline, c, kind, sets, anchor):
    """Weighted least squares on the sets given, by its normal equations with an intercept; the first two anchor it."""
    rows = np.array([[1.0, *map(float, pattern)] for pattern in sets])
    on = [{g for g, present in enumerate(pattern) if present} for pattern in sets]
    y = np.array([output(model, mix(baseline, series, groups, kind), c) for groups in on])
    weight = np.diag([anchor, anchor] + [1.0] * (len(sets) - 2))
    coefficients = np.linalg.solve(rows.T @ weight @ rows, rows.T @ weight @ y)
    return spread(coefficients[1:], series.shape, kind, series)
