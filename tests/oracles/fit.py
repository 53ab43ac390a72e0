"""FIT and drawn occlusion: one prefix, one feature, one draw at a time, plain floats."""

import math

import torch


def probabilities(model, prefix):
    """Class probabilities of one prefix (t, F)."""
    with torch.no_grad():
        out = model(prefix[None])[0]
    scores = out if out.dim() == 1 else out[-1]
    weights = [math.exp(float(s)) for s in scores]
    return [w / sum(weights) for w in weights]


def kl(p, q):
    """KL(p || q) in nats."""
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def with_column(series, t, column):
    """The prefix that ends at t, its last column replaced."""
    prefix = series[: t + 1].clone()
    prefix[t] = column
    return prefix


def fit_scores(model, series, draws, average):
    """``draws[t][i]`` holds the columns drawn for step t given feature i, an (S, F) array; step 0 scores zero."""
    a = torch.zeros_like(series)
    for t in range(1, len(series)):
        p, before = probabilities(model, series[: t + 1]), probabilities(model, series[:t])
        for i in range(series.shape[1]):
            hats = [probabilities(model, with_column(series, t, column)) for column in draws[t][i]]
            if average == "mean_of_kl":
                rest = sum(kl(p, hat) for hat in hats) / len(hats)
            else:
                rest = kl(p, [sum(hat[c] for hat in hats) / len(hats) for c in range(len(p))])
            a[t, i] = kl(p, before) - rest
    return a


def occlusion_scores(model, series, draws, first_step):
    """``draws[t][i]`` holds S values drawn for feature i of step t."""
    a = torch.zeros_like(series)
    for t in range(first_step, len(series)):
        p = probabilities(model, series[: t + 1])
        for i in range(series.shape[1]):
            total = 0.0
            for value in draws[t][i]:
                column = series[t].clone()
                column[i] = value
                q = probabilities(model, with_column(series, t, column))
                total += sum(abs(x - y) for x, y in zip(q, p, strict=True)) / len(p)
            a[t, i] = total / len(draws[t][i])
    return a


def conditional_moments(mean, sigma, i, value):
    """Mean and covariance of the other features of a Gaussian given feature i, by the Schur complement."""
    rest = [j for j in range(len(mean)) if j != i]
    gain = sigma[rest, i] / sigma[i, i]
    return mean[rest] + gain * (value - mean[i]), sigma[rest][:, rest] - torch.outer(gain, sigma[i, rest])


def each_step(method, model, series, targets):
    """The newest column of a method's map of every prefix; ``method(model, prefix, c)`` gives an (t, F) map."""
    return torch.stack([method(model, series[: t + 1], int(targets[t]))[-1] for t in range(len(series))])
