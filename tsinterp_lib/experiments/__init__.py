"""Studies and profiles, by name."""

from tsinterp_lib.experiments.audit import AUDIT
from tsinterp_lib.experiments.benchmark import BENCHMARK, PROCESSES_STUDY
from tsinterp_lib.experiments.cells import Profile, Study
from tsinterp_lib.experiments.fit_simulated import FIT_SIMULATED
from tsinterp_lib.experiments.guided import GUIDED
from tsinterp_lib.experiments.guided_standardised import GUIDED_STANDARDISED
from tsinterp_lib.experiments.mnist_guided import MNIST_GUIDED
from tsinterp_lib.experiments.mnist_series import MNIST_RESCALED, MNIST_SERIES, MNIST_VIEWS
from tsinterp_lib.experiments.rare import RARE, RARE_100
from tsinterp_lib.experiments.rare_audit import RARE_AUDIT
from tsinterp_lib.experiments.rescaling import RESCALING
from tsinterp_lib.experiments.state import STATE, STATE_MASKS
from tsinterp_lib.experiments.vanishing import VANISHING
from tsinterp_lib.types import Sizes

STUDIES: dict[str, Study] = {
    "benchmark": BENCHMARK,
    "processes": PROCESSES_STUDY,
    "audit": AUDIT,
    "guided": GUIDED,
    "guided_standardised": GUIDED_STANDARDISED,
    "rescaling": RESCALING,
    "mnist_series": MNIST_SERIES,
    "mnist_rescaled": MNIST_RESCALED,
    "mnist_views": MNIST_VIEWS,
    "mnist_guided": MNIST_GUIDED,
    "state": STATE,
    "state_masks": STATE_MASKS,
    "rare": RARE,
    "rare_100": RARE_100,
    "rare_audit": RARE_AUDIT,
    "fit_simulated": FIT_SIMULATED,
    "vanishing": VANISHING,
}

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
