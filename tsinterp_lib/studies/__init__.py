"""TODO say."""

from __future__ import annotations

from tsinterp_lib.engine.grid import Study
from tsinterp_lib.studies.audit.plan import AUDIT
from tsinterp_lib.studies.benchmark.plan import BENCHMARK
from tsinterp_lib.studies.digits.guided_plan import MNIST_GUIDED
from tsinterp_lib.studies.digits.plan import MNIST_RESCALED, MNIST_SERIES, MNIST_VIEWS
from tsinterp_lib.studies.fit_simulated.plan import FIT_SIMULATED
from tsinterp_lib.studies.guided.plan import GUIDED
from tsinterp_lib.studies.guided.standardised_plan import GUIDED_STANDARDISED
from tsinterp_lib.studies.processes.plan import PROCESSES_STUDY
from tsinterp_lib.studies.rare.audit_plan import RARE_AUDIT
from tsinterp_lib.studies.rare.plan import RARE, RARE_100
from tsinterp_lib.studies.rescaling.plan import RESCALING
from tsinterp_lib.studies.state.plan import STATE, STATE_MASKS
from tsinterp_lib.studies.vanishing.plan import VANISHING

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
