"""Tiny networks whose explanations can be computed by hand or in milliseconds."""

import torch
from torch import nn

N, T, F, C = 4, 5, 3, 2


class Linear(nn.Module):
    """Scores = W · flat(x) + b."""

    def __init__(self, n_steps=T, n_features=F, n_classes=C):
        super().__init__()
        self.n_steps, self.n_features = n_steps, n_features
        self.scores = nn.Linear(n_steps * n_features, n_classes)

    def forward(self, x):
        return self.scores(x.flatten(1))

    def weights(self, target):
        return self.scores.weight.detach()[target].view(-1, self.n_steps, self.n_features)


class Additive(nn.Module):
    """Scores = sum over steps of a smooth function of the step: Shapley values of steps are its terms."""

    def __init__(self):
        super().__init__()
        self.n_steps, self.n_features = T, F
        self.weight = nn.Parameter(torch.randn(T, F, C))

    def terms(self, x):
        return torch.tanh(torch.einsum("ntf,tfc->ntc", x, self.weight))

    def forward(self, x):
        return self.terms(x).sum(1)


class Recurrent(nn.Module):
    """An LSTM read at its last step; dropout shows whether evaluation mode is on."""

    def __init__(self, n_steps=T, n_features=F):
        super().__init__()
        self.n_steps, self.n_features = n_steps, n_features
        self.lstm = nn.LSTM(n_features, 4, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.scores = nn.Linear(4, C)

    def forward(self, x):
        return self.scores(self.dropout(self.lstm(x)[0][:, -1]))


class Convolutional(nn.Module):
    """A convolution, a ReLU module (which DeepLIFT hooks) and a mean."""

    def __init__(self, n_steps=T, n_features=F):
        super().__init__()
        self.n_steps, self.n_features = n_steps, n_features
        self.convolution = nn.Conv1d(n_features, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.scores = nn.Linear(4, C)

    def forward(self, x):
        return self.scores(self.relu(self.convolution(x.transpose(1, 2))).mean(2))


class Reused(nn.Module):
    """One ReLU used twice: Captum's DeepLIFT cannot hook it."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer, self.relu = nn.Linear(T * F, 6), nn.Linear(6, C), nn.ReLU()

    def forward(self, x):
        return self.relu(self.outer(self.relu(self.inner(x.flatten(1)))))


class OneHidden(nn.Module):
    """relu(W₁x + b₁) · W₂ + b₂."""

    def __init__(self):
        super().__init__()
        self.inner, self.relu, self.outer = nn.Linear(T * F, 6), nn.ReLU(), nn.Linear(6, C)

    def forward(self, x):
        return self.outer(self.relu(self.inner(x.flatten(1))))


class Pooled(nn.Module):
    """Two convolutions with an ELU and a maximum over pairs of steps; ``after`` puts a non-linear module behind it."""

    def __init__(self, after=False, inplace=False):
        super().__init__()
        self.n_steps, self.n_features = T, F
        self.convolution, self.elu = nn.Conv1d(F, 4, 3, padding=1), nn.ELU()
        self.wider, self.pool = nn.Conv1d(4, 6, 1), nn.MaxPool1d(2)
        self.after = nn.Sequential(nn.Linear(12, 8), nn.ReLU(inplace)) if after else nn.Identity()
        self.scores = nn.Linear(8 if after else 12, C)

    def forward(self, x):
        pooled = self.pool(self.wider(self.elu(self.convolution(x.transpose(1, 2)))))
        return torch.softmax(self.scores(self.after(pooled.flatten(1))), 1)


class Picture(nn.Module):
    """A network of images (N, 3, 8, 8): a convolution, a ReLU module, a linear map, a maximum where ``pooled``."""

    def __init__(self, pooled=False):
        super().__init__()
        self.convolution, self.relu = nn.Conv2d(3, 2, 3, padding=1), nn.ReLU()
        self.pool = nn.MaxPool2d(2) if pooled else nn.Identity()
        self.scores = nn.Linear(32 if pooled else 128, C)

    def forward(self, x):
        return self.scores(self.pool(self.relu(self.convolution(x))).flatten(1))


class Unrolled(nn.Module):
    """A network of another shape of the same cells, shown as one of series (N, D, 1)."""

    def __init__(self, model, shape):
        super().__init__()
        self.model, self.shape = model, shape

    def forward(self, x):
        return self.model(x.reshape(-1, *self.shape))


class Aged(nn.Module):
    """Scores of a mean over steps that is weighed by an age: padding and a constant input both move them."""

    def __init__(self, n_features=F):
        super().__init__()
        self.inner, self.outer = nn.Linear(n_features, 6), nn.Linear(7, C)

    def forward(self, x, age):
        mean = torch.tanh(self.inner(x) * (1 + age[:, None, None])).mean(1)
        return self.outer(torch.cat([mean, age[:, None]], 1))


def images(n=3, dtype=torch.float64, seed=3):
    """Images (n, 3, 8, 8) in [0, 1), labels in turn, a random mask."""
    from tsinterp_lib.axes import IMAGE
    from tsinterp_lib.types import Samples

    draw = torch.Generator().manual_seed(seed)
    x = torch.rand(n, 3, 8, 8, generator=draw, dtype=dtype)
    return Samples(x, torch.arange(n) % C, torch.rand(n, 3, 8, 8, generator=draw) > 0.5, axes=IMAGE)


def samples(n=N, n_steps=T, n_features=F, dtype=torch.float64, seed=3):
    """Series in [0, 1), labels in turn, a random mask."""
    from tsinterp_lib.types import Samples

    draw = torch.Generator().manual_seed(seed)
    x = torch.rand(n, n_steps, n_features, generator=draw, dtype=dtype)
    return Samples(x, torch.arange(n) % C, torch.rand(n, n_steps, n_features, generator=draw) > 0.5)
