"""Variation between seeds and between samples, from the scores themselves."""

import math


def components(scores):
    """Mean over seeds, its squared standard error, variance between seeds and mean squared standard error within."""
    means, errors = [], []
    for values in scores:
        mean = sum(values) / len(values)
        variance = sum((v - mean) ** 2 for v in values) / (len(values) - 1)
        means.append(mean)
        errors.append(variance / len(values))
    k = len(means)
    centre = sum(means) / k
    spread = sum((m - centre) ** 2 for m in means) / (k - 1)
    noise = sum(errors) / k
    return centre, math.sqrt(spread / k), max(0.0, spread - noise), noise
