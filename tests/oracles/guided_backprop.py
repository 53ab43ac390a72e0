"""Guided backpropagation through one hidden layer: relu(W₁x + b₁) · W₂ + b₂."""

import torch


def guided_one_hidden_layer(model, x, target):
    """A hidden unit passes back only what is positive, and only where it is on."""
    a = torch.zeros_like(x)
    for n, series in enumerate(x):
        hidden = model.inner(series.flatten())
        for unit, value in enumerate(hidden):
            back = model.outer.weight[int(target[n]), unit].item()
            if value > 0 and back > 0:
                a[n] += (back * model.inner.weight[unit]).detach().view_as(series)
    return a
