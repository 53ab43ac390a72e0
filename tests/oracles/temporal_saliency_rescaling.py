"""Temporal saliency rescaling: one masked copy and one call of the base at a time."""

from itertools import product

import numpy as np


def scaled(values):
    """Min-max to [0, 1]; equal values are zeros."""
    low, high = min(values), max(values)
    return [0.0 if high == low else (v - low) / (high - low) for v in values]


def distance(a, other, steps):
    return sum(abs(float(a[t, f] - other[t, f])) for t in steps for f in range(a.shape[1]))


def masked(series, value, steps, features):
    copy = series.clone()
    for t in steps:
        for f in features:
            copy[t, f] = value[t, f]
    return copy


def temporal_saliency_rescaling(
    explain, series, value, q=0.55, alpha=None, floor=0.1, rescale=True, before_2021=False, once=False, group=1, pad=()
):
    """``explain`` maps one series (T, F) to its map; ``pad`` lists padded steps; returns the map and the calls made."""
    n_steps, n_features = series.shape
    steps = [t for t in range(n_steps) if t not in pad]
    groups = [range(f, min(f + group, n_features)) for f in range(0, n_features, group)]
    calls = [0]

    def moved(at, features):
        calls[0] += 1
        return distance(a, explain(masked(series, value, at, features)), steps)

    a = explain(series)
    calls[0] += 1
    whole = range(n_features)
    tau = [float(a[t].abs().mean()) if before_2021 else moved([t], whole) for t in steps]
    if rescale:
        tau = scaled(tau)
    cut = np.quantile(tau, q) if alpha is None else alpha
    phi_once = [moved(steps, features) for features in groups] if once else None
    result = series.new_zeros(n_steps, n_features)
    for t, score in zip(steps, tau, strict=True):
        phi = [floor] * len(groups)
        if score > cut:
            phi = phi_once if once else [moved([t], features) for features in groups]
            phi = scaled(phi) if rescale else phi
        for features, value_of_group in zip(groups, phi, strict=True):
            for f in features:
                result[t, f] = score * value_of_group
    if rescale:
        cells = [(t, f) for t in steps for f in range(n_features)]
        for (t, f), v in zip(cells, scaled([float(result[c]) for c in cells]), strict=True):
            result[t, f] = v
    return result, calls[0]


def over_axes(explain, x, value, outer, inner, q=0.55, alpha=None, floor=0.1, rescale=True, once=False, group=1):
    """The same over any axes of one sample: ``outer`` and ``inner`` are their positions; returns the map."""
    cells = list(product(*(range(length) for length in x.shape)))

    def step_of(cell):
        return tuple(cell[d] for d in outer)

    def region_of(cell):
        return tuple(cell[d] // group for d in inner)

    def moved(masked_cells):
        copy = x.clone()
        for cell in masked_cells:
            copy[cell] = value[cell]
        other = explain(copy)
        return sum(abs(float(a[cell] - other[cell])) for cell in cells)

    a = explain(x)
    steps = sorted({step_of(cell) for cell in cells})
    regions = sorted({region_of(cell) for cell in cells})
    tau = [moved([cell for cell in cells if step_of(cell) == step]) for step in steps]
    tau = scaled(tau) if rescale else tau
    cut = np.quantile(tau, q) if alpha is None else alpha
    result = x.new_zeros(x.shape)
    for step, score in zip(steps, tau, strict=True):
        phi = [floor] * len(regions)
        if score > cut:
            phi = []
            for region in regions:
                inside = [cell for cell in cells if region_of(cell) == region]
                phi.append(moved(inside if once else [cell for cell in inside if step_of(cell) == step]))
            phi = scaled(phi) if rescale else phi
        for cell in cells:
            if step_of(cell) == step:
                result[cell] = score * phi[regions.index(region_of(cell))]
    if rescale:
        for cell, v in zip(cells, scaled([float(result[cell]) for cell in cells]), strict=True):
            result[cell] = v
    return result
