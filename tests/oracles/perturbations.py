"""Perturbations, a cell at a time."""

import math


def perturb(series, m, name, **settings):
    return [
        [_cell(name, [row[i] for row in series], t, m[t][i], **settings) for i in range(len(series[0]))]
        for t in range(len(series))
    ]


def _cell(name, column, t, keep, sigma_max=2.0, width=2, kernel="corrected", value=0.0):
    if name == "gaussian_blur":
        sigma = sigma_max * (1 + 1e-7 - keep)
        weights = [math.exp(-((s - t) ** 2) / (2 * sigma**2)) for s in range(len(column))]
        return sum(w * v for w, v in zip(weights, column, strict=True)) / sum(weights)
    return keep * column[t] + (1 - keep) * _away(name, column, t, width, kernel, value)


def _away(name, column, t, width, kernel, value):
    if name == "moving_average":
        return sum(column) / len(column)
    if name == "reference":
        return value
    steps = range(len(column))
    if name == "windowed_average":
        near = [column[s] for s in steps if abs(s - t) <= width]
        return sum(near) / (len(near) if kernel == "corrected" else 2 * width + 1)
    if kernel == "as_released":
        return sum(column[s] for s in steps if s <= t + width) / (2 * width + 1)
    past = [column[s] for s in steps if t - width <= s <= t]
    return sum(past) / len(past)
