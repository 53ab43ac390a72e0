"""LIME for patterns given: ridge regression by its normal equations."""

import math

import numpy as np

from tests.oracles._cells import mix, output, spread


def lime_ridge(model, series, baseline, c, kind, patterns, width, alpha):
    """Ridge regression on on-off patterns, weighted by cosine similarity, by its normal equations."""
    outputs, weights = [], []
    for pattern in patterns:
        copy = mix(baseline, series, {g for g, on in enumerate(pattern) if on}, kind)
        outputs.append(output(model, copy, c))
        flat, flat_copy = series.flatten().numpy(), copy.flatten().numpy()
        norms = np.linalg.norm(flat) * np.linalg.norm(flat_copy)
        distance = 1 - (flat @ flat_copy / norms if norms > 0 else 0.0)  # nothing is like a series of zeros
        weights.append(math.exp(-(distance**2) / (2 * width**2)))
    z, y, k = np.array(patterns, float), np.array(outputs), np.array(weights)
    zc, yc = z - np.average(z, axis=0, weights=k), y - np.average(y, weights=k)
    values = np.linalg.solve(zc.T @ (k[:, None] * zc) + alpha * np.eye(z.shape[1]), zc.T @ (k * yc))
    return spread(values, series.shape, kind, series)
