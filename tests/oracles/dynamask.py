"""Dynamask, one mask of one series, a cell at a time, from the definitions."""

import math

import torch

from tests.oracles.perturbations import perturb


def outputs(model, series):
    with torch.no_grad():
        return model(torch.as_tensor(series, dtype=torch.float64)[None])[0]


def probabilities(out):
    rows = out.tolist() if out.dim() == 2 else [out.tolist()]
    return [[math.exp(v) / sum(math.exp(u) for u in row) for v in row] for row in rows]


def error(model, series, m, s, target):
    """How far the output on the perturbed series is from that on the series; ``s``: loss, mode, perturbation."""
    keeps = [[v if s["mode"] == "preservation" else 1 - v for v in row] for row in m]
    out = outputs(model, perturb(series, keeps, **s["perturbation"]))
    clean = outputs(model, series)
    if s["loss"] == "mse":
        pairs = list(zip(out.flatten().tolist(), clean.flatten().tolist(), strict=True))
        return sum((a - b) ** 2 for a, b in pairs) / len(pairs)
    p, q = probabilities(clean), probabilities(out)
    if s["loss"] == "cross_entropy":
        terms = [-a * math.log(b) for pr, qr in zip(p, q, strict=True) for a, b in zip(pr, qr, strict=True)]
    elif s["loss"] == "log_loss":
        terms = [-math.log(qr[max(range(len(pr)), key=pr.__getitem__)]) for pr, qr in zip(p, q, strict=True)]
    else:
        wanted = target if isinstance(target, list) else [target]
        terms = [-math.log(qr[c]) for c, qr in zip(wanted, q, strict=True)]
    return sum(terms) / len(terms)


def reference(area, n):
    zeros = int((1 - area) * n)
    return [0.0] * zeros + [1.0] * (n - zeros)


def size_term(m, area):
    flat = [v for row in m for v in row]
    return sum((a - b) ** 2 for a, b in zip(sorted(flat), reference(area, len(flat)), strict=True)) / len(flat)


def time_term(m, last_pair):
    n = len(m) - 1 if last_pair else len(m) - 2
    return sum(abs(m[t + 1][i] - m[t][i]) for t in range(n) for i in range(len(m[0]))) / (n * len(m[0]))


def objective(model, series, m, *, s, area, weight, target):
    sign = 1 if s["mode"] == "preservation" else -1
    total = sign * error(model, series, m, s, target) + weight * size_term(m, area)
    return total + (s["time_weight"] * time_term(m, s["last_pair"]) if s["time_weight"] else 0.0)


def slopes(function, m, h=1e-6):
    """Central differences by every coefficient."""
    found = [[0.0] * len(m[0]) for _ in m]
    for t in range(len(m)):
        for i in range(len(m[0])):
            values = []
            for sign in (1, -1):
                moved = [row[:] for row in m]
                moved[t][i] += sign * h
                values.append(function(moved))
            found[t][i] = (values[0] - values[1]) / (2 * h)
    return found


def size_slopes(m, area):
    """Each coefficient against the reference at its rank; of equal ones the earlier cell ranks lower."""
    flat = [v for row in m for v in row]
    order = sorted(range(len(flat)), key=lambda k: (flat[k], k))
    wanted = dict(zip(order, reference(area, len(flat)), strict=True))
    width = len(m[0])
    return [[2 * (v - wanted[t * width + i]) / len(flat) for i, v in enumerate(row)] for t, row in enumerate(m)]


def fit(model, series, s, area, target):
    """Gradient descent with momentum; ``s`` also holds epochs, rate, momentum, the weights and the optimiser."""
    m = [[s["initial"]] * len(series[0]) for _ in series]
    velocity = [[0.0] * len(series[0]) for _ in series]
    sign = 1 if s["mode"] == "preservation" else -1
    for k in range(s["epochs"]):
        weight = s["size_weight"] * s["size_growth"] ** (k / s["epochs"])
        by_error = slopes(lambda at: error(model, series, at, s, target), m)
        by_size = size_slopes(m, area)
        for t in range(len(m)):
            for i in range(len(m[0])):
                g = sign * by_error[t][i] + weight * by_size[t][i]
                velocity[t][i] = s["momentum"] * velocity[t][i] + g
                moved = m[t][i] - s["learning_rate"] * velocity[t][i]
                m[t][i] = min(1.0, max(0.0, moved))
                if s["optimiser"] == "projected" and moved != m[t][i]:
                    velocity[t][i] = 0.0
    return m
