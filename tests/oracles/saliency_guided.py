"""Saliency guided training by its definition: one sample, one cell, one class at a time; 64-bit floats."""

import math

import torch


def gradient(model, x, y):
    """The gradient of one sample's true output with respect to its cells, dropout off."""
    model.eval()
    x = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(model(x[None])[0, int(y)], x)
    return g


def lowest_cells(scores, k):
    """The k cells (t, f) of lowest score, by sorting (score, flat index) pairs."""
    n_steps, n_features = scores.shape
    cells = sorted((float(scores[t, f]), t * n_features + f) for t in range(n_steps) for f in range(n_features))
    return [(flat // n_features, flat % n_features) for _, flat in cells[:k]]


def mask(model, x, y, share, absolute):
    """True at the masked cells of each sample."""
    found = torch.zeros_like(x, dtype=torch.bool)
    for n in range(len(x)):
        g = gradient(model, x[n], y[n])
        k = math.floor(share * x[n].numel())
        for t, f in lowest_cells(g.abs() if absolute else g, k):
            found[n, t, f] = True
    return found


def divergence(p, q):
    """sum p (log p - log q) of one sample, class by class."""
    return sum(p[c] * (torch.log(p[c]) - torch.log(q[c])) for c in range(len(p)))


def probabilities(output, kind):
    """One sample's class probabilities."""
    if kind == "probabilities":
        return [output[c].clamp_min(1e-12) for c in range(len(output))]
    total = sum(torch.exp(output[c]) for c in range(len(output)))
    return [torch.exp(output[c]) / total for c in range(len(output))]


def loss(model, x, y, changed, weight, kind, direction="original_first", detach="neither"):
    """The guided loss, summed sample by sample and divided by their number; the model has no dropout."""
    model.train()
    total = 0.0
    for n in range(len(x)):
        original, other = model(x[n][None])[0], model(changed[n][None])[0]
        log_sum = torch.log(sum(torch.exp(original[c]) for c in range(len(original))))
        p = probabilities(original.detach() if detach == "original" else original, kind)
        q = probabilities(other.detach() if detach == "changed" else other, kind)
        if direction == "changed_first":
            p, q = q, p
        total = total + log_sum - original[int(y[n])] + weight * divergence(p, q)
    return total / len(x)
