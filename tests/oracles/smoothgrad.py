"""SmoothGrad for noises given."""

from tests.oracles.gradient import gradient


def smoothgrad(model, x, target, noises, absolute):
    """The mean of the gradients at x + noise, for the noises given."""
    maps = []
    for noise in noises:
        a = gradient(model, x + noise, target)
        maps.append(a.abs() if absolute else a)
    return sum(maps) / len(maps)
