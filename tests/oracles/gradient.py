"""Gradient: central differences, a cell at a time."""

import torch

from tests.oracles._cells import output


def gradient(model, x, target, h=1e-5):
    """Central differences, a cell at a time."""
    a = torch.zeros_like(x)
    n_samples, n_steps, n_features = x.shape
    for n in range(n_samples):
        for t in range(n_steps):
            for f in range(n_features):
                up, down = x[n].clone(), x[n].clone()
                up[t, f] += h
                down[t, f] -= h
                c = int(target[n])
                a[n, t, f] = (output(model, up, c) - output(model, down, c)) / (2 * h)
    return a
