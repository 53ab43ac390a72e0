"""Small explanations that the tests of the metrics share."""

import torch
from torch import nn

from tsinterp_lib.metrics import METRICS
from tsinterp_lib.metrics.cards import Planted
from tsinterp_lib.types import Explanation

N, T, F = 6, 7, 5
CLOSE = {"rtol": 0, "atol": 1e-12, "equal_nan": True}
BOXES = [Planted(50, 50, 30, 30), Planted(50, 50, 20, 20), Planted(50, 50, 15, 15), Planted(50, 50, 6, 40)]


class Sum(nn.Module):
    """Class 1 where the weighted sum of all cells is positive; dropout, so that a training mode would show."""

    def __init__(self, n_cells):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, n_cells, dtype=torch.float64))
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        score = (self.dropout(x.flatten(1)) * self.weight.to(x.dtype)).sum(1)
        return torch.stack([-score, score], 1)


def background(n, seed):
    """Noise in the shape of the small examples."""
    return torch.randn(n, T, F, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def maps(kind):
    """Small attributions: ties, heavy tails, signs, one hot, constant."""
    normal = torch.randn(N, T, F, dtype=torch.float64)
    one_hot = torch.zeros_like(normal)
    one_hot[:, 3, 2] = -2.0
    return {
        "normal": normal,
        "ties": torch.randint(-4, 5, (N, T, F)).double(),
        "heavy": normal.sign() * normal.abs() ** 5,
        "binary": (normal > 0.5).double(),
        "one_hot": one_hot,
        "constant": torch.full_like(normal, 0.3),
    }[kind]


KINDS = ("normal", "ties", "heavy", "binary", "one_hot", "constant")


def explanation(a, importance=None, **given):
    """An explanation of the toy model: boxes of 4 × 3 at two places unless told otherwise."""
    n, t, f = a.shape
    if importance is None:
        importance = torch.zeros(a.shape, dtype=torch.bool)
        importance[: n // 2, 1:5, 1:4] = True
        importance[n // 2 :, 2:6, 2:5] = True
    x = torch.randn(a.shape, dtype=a.dtype)
    model = Sum(t * f)
    target = model.eval()(x).argmax(1)
    return Explanation(model.train(), x, target, a, importance, **{"background": background, **given})


def planted(box, n, a):
    """An explanation with the box in the same place in all samples; ``a`` makes the map from the mask."""
    importance = torch.zeros(n, box.n_steps, box.n_features, dtype=torch.bool)
    importance[:, 3 : 3 + box.steps, 5 : 5 + box.features] = True
    return explanation(a(importance), importance)


def random_map(importance):
    return torch.rand(importance.shape, dtype=torch.float64)


def perfect_map(importance):
    return importance.double()


def scores(name, e):
    """(N, L), a column per level of the metric."""
    return METRICS[name]().scores(e)


def by_sample(e, twin):
    """A twin of one sample over all samples."""
    rows = [twin(e.attribution[i].numpy(), e.importance[i].numpy()) for i in range(len(e.x))]
    return torch.tensor(rows, dtype=torch.float64)
