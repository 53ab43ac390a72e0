"""Names the profiles: how large an experiment is."""

from __future__ import annotations

from tsinterp_lib.engine.grid import Profile
from tsinterp_lib.types import Sizes

PROFILES: dict[str, Profile] = {
    "smoke": Profile("smoke", Sizes(train=60, validation=20, test=6), max_epochs=2, n_seeds=1),
    "quick": Profile("quick", Sizes(train=500, validation=100, test=40), max_epochs=100, n_seeds=2),
    "paper": Profile("paper", Sizes(train=1000, validation=200, test=100), max_epochs=500, n_seeds=5),
    "mnist_10k": Profile("mnist_10k", Sizes(train=10_000, validation=1_000, test=1_000), max_epochs=20, n_seeds=1),
    "mnist_3k": Profile("mnist_3k", Sizes(train=3_000, validation=500, test=1_000), max_epochs=12, n_seeds=1),
    "mnist_full": Profile("mnist_full", Sizes(train=55_000, validation=5_000, test=10_000), max_epochs=20, n_seeds=5),
}
"""``smoke``: seconds, for tests · ``quick``: minutes, a laptop · ``paper``: the published sizes of planted data ·
``mnist_10k``: a sixth of the MNIST digits, half an hour · ``mnist_3k``: fewer, for long series · ``mnist_full``: all
of them."""
