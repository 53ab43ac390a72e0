"""The Matérn 3/2 kernel pair by pair, and a textbook Cholesky root."""

import math

import numpy as np


def kernel(times):
    """The covariance with 1e-12 on its diagonal."""
    k = [[(1 + math.sqrt(3) * abs(a - b)) * math.exp(-math.sqrt(3) * abs(a - b)) for b in times] for a in times]
    for i in range(len(times)):
        k[i][i] += 1e-12
    return k


def root(k):
    """The lower triangular L with L Lᵀ = k."""
    n = len(k)
    low = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = k[i][j] - sum(low[i][m] * low[j][m] for m in range(j))
            low[i][j] = math.sqrt(rest) if i == j else rest / low[j][j]
    return low


def signal(times, z):
    """(T, F) from standard normal z of shape (T, F)."""
    low = root(kernel(times))
    n_features = len(z[0])
    return [[sum(low[i][j] * z[j][f] for j in range(i + 1)) for f in range(n_features)] for i in range(len(times))]


def as_released(times, n_features, rng):
    """(F, T): numpy's own multivariate normal for each feature, then its noise."""
    series = []
    for _ in range(n_features):
        s = rng.multivariate_normal(np.zeros(len(times)), kernel(times))
        series.append([value + rng.normal(0.0, 0.3) for value in s])
    return series
