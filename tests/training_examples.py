"""Small data and models that the tests of training share."""

import torch

from tsinterp_lib.models import MODELS
from tsinterp_lib.seeding import scope
from tsinterp_lib.types import Dataset, Samples

T, F = 6, 4


def data(signal=1.0, n_train=210, n_classes=2, noisy_labels=0.0, seed=0):
    """Gaussian series whose class is the level of one feature; a share of training labels may be drawn anew."""
    g = torch.Generator().manual_seed(seed)

    def split(n, noisy=0.0):
        y = torch.arange(n) % n_classes
        x = torch.randn(n, T, F, generator=g)
        x[:, :, 1] += signal * (y - (n_classes - 1) / 2)[:, None]
        redraw = torch.rand(n, generator=g) < noisy
        return Samples(x, torch.where(redraw, torch.randint(0, n_classes, (n,), generator=g), y))

    return Dataset("level", split(n_train, noisy_labels), split(60), split(50), n_classes, tuple("abcd"))


def build(output="logits", name="lstm", seed=0, **more):
    with scope(seed):
        return MODELS[name](n_steps=T, n_features=F, output=output, **more)
