"""Remove and retrain in loops: which cells go, what takes their place, and the toy problem of the paper."""

import itertools

import numpy as np


def removed(a, level, keep, squared, units):
    """Flat cells of one map that are replaced; ``units`` gives the unit of each flat cell. No two units may tie."""
    flat = [float(v) ** 2 if squared else float(v) for v in np.asarray(a).ravel()]
    total = {}
    for cell, unit in enumerate(units):
        total[unit] = total.get(unit, 0.0) + flat[cell]
    order = sorted(total, key=lambda unit: -total[unit])
    k = int(level * len(order) + 1e-9)
    gone = set(order[k:] if keep else order[:k])
    return {cell for cell, unit in enumerate(units) if unit in gone}


def neighbours(shape, at, plane):
    """(place, weight) of the neighbours of a place: one sixth beside, one twelfth across a corner, halves on a line."""
    found = []
    for steps in itertools.product((-1, 0, 1), repeat=len(plane)):
        moved = sum(abs(s) for s in steps)
        other = list(at)
        for dim, step in zip(plane, steps, strict=True):
            other[dim] += step
        if moved and all(0 <= other[d] < shape[d] for d in plane):
            found.append((tuple(other), 1 / 2 if len(plane) == 1 else 1 / (6 * moved)))
    return found


def imputed(x, mask, plane):
    """One sample without noise: each replaced cell the weighted mean of its neighbours, by one dense system."""
    x, mask = np.asarray(x, float), np.asarray(mask)
    places = list(np.ndindex(x.shape))
    index = {place: i for i, place in enumerate(places)}
    left, right = np.eye(len(places)), np.zeros(len(places))
    for place in places:
        if not mask[place]:
            right[index[place]] = x[place]
            continue
        near = neighbours(x.shape, place, plane)
        for other, weight in near:
            left[index[place], index[other]] -= weight / sum(w for _, w in near)
    return np.linalg.solve(left, right).reshape(x.shape)


def toy_data(rng, n, a, d):
    """The toy problem of the paper: 16 features, of which four know the sign of z."""
    z, eta, eps = rng.standard_normal(n), rng.standard_normal(n), rng.standard_normal((n, 16))
    return np.outer(z, a) / 10 + np.outer(eta, d) + eps / 10, (z > 0).astype(int)


def toy_curves(seeds, counts=range(0, 17, 2)):
    """Accuracy in percent, (retrain or not, order) → one number per count of removed features; least squares."""
    curves = {(again, order): [] for again in (True, False) for order in ("true", "random", "inverse")}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        a = np.zeros(16)
        a[:4] = rng.standard_normal(4)
        d = rng.standard_normal(16)
        train, test = toy_data(rng, 1000, a, d), toy_data(rng, 5000, a, d)
        true = np.argsort(-np.abs(a), kind="stable")
        orders = {"true": true, "random": rng.permutation(16), "inverse": np.argsort(np.abs(a), kind="stable")}
        fitted = _fit(*train)
        for (again, name), curve in curves.items():
            line = []
            for k in counts:
                gone = orders[name][:k]
                cut = [(np.where(np.isin(np.arange(16), gone), 0.0, x), y) for x, y in (train, test)]
                w = _fit(*cut[0]) if again else fitted
                line.append(100 * np.mean(_predict(w, cut[1][0]) == cut[1][1]))
            curve.append(line)
    return {key: np.mean(lines, 0) for key, lines in curves.items()}


def _fit(x, y):
    return np.linalg.lstsq(np.c_[x, np.ones(len(x))], 2.0 * y - 1, rcond=None)[0]


def _predict(w, x):
    return (np.c_[x, np.ones(len(x))] @ w > 0).astype(int)
