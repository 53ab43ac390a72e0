"""Study *processes*: the benchmark on the six other background processes."""

from __future__ import annotations

from functools import partial

from tsinterp_lib.datasets import PROCESSES
from tsinterp_lib.engine.grid import Study
from tsinterp_lib.studies.benchmark.plan import plan
from tsinterp_lib.studies.planted import GAUSSIAN

OTHERS = tuple(name for name in PROCESSES if name not in GAUSSIAN)


PROCESSES_STUDY = Study(
    "processes", "Does the answer hold on other background processes?", partial(plan, processes=OTHERS), most_seeds=1
)
