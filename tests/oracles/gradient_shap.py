"""GradientSHAP for draws given."""

import torch

from tests.oracles.gradient import gradient


def gradient_shap(model, x, target, draws):
    """The mean over draws (reference, position on the path, noise), each with one entry per sample."""
    total = torch.zeros_like(x)
    for reference, alpha, noise in draws:
        for n in range(len(x)):
            noisy = x[n] + noise[n]
            point = alpha[n] * noisy + (1 - alpha[n]) * reference[n]
            total[n] += (noisy - reference[n]) * gradient(model, point[None], target[n : n + 1])[0]
    return total / len(draws)
