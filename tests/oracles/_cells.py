"""What the slow twins share: one output of one series, cells by group, mixed series."""

import itertools

import torch


def output(model, series, c):
    """f_c of one series (T, F)."""
    with torch.no_grad():
        return float(model(series[None])[0, c])


def group_of(kind, t, f, n_features):
    return {"cell": t * n_features + f, "time": t, "feature": f}[kind]


def n_groups(kind, n_steps, n_features):
    return {"cell": n_steps * n_features, "time": n_steps, "feature": n_features}[kind]


def mix(series, other, groups, kind):
    """``series`` with the cells of the groups from ``other``."""
    mixed = series.clone()
    for t, f in itertools.product(*map(range, series.shape)):
        if group_of(kind, t, f, series.shape[1]) in groups:
            mixed[t, f] = other[t, f]
    return mixed


def spread(values, shape, kind, like):
    a = like.new_zeros(shape)
    for t, f in itertools.product(*map(range, shape)):
        a[t, f] = values[group_of(kind, t, f, shape[1])]
    return a
