"""DeepLIFT: the rescale rule on one hidden layer, a unit at a time."""

import torch


def deep_lift_one_hidden_layer(w1, b1, w2, x, baseline, c):
    """The rescale rule on relu(w1 · x + b1) · w2, one flat input, one unit at a time."""
    a = torch.zeros_like(x)
    for unit in range(len(b1)):
        z, z0 = float(w1[unit] @ x + b1[unit]), float(w1[unit] @ baseline + b1[unit])
        multiplier = (max(z, 0) - max(z0, 0)) / (z - z0)
        for i in range(len(x)):
            a[i] += (x[i] - baseline[i]) * w1[unit, i] * multiplier * w2[c, unit]
    return a
