"""Re-runs the benchmark of 2020: which explainer finds planted cells, on which network?"""

from tsinterp_lib.studies.benchmark.plan import BENCHMARK

STUDIES = (BENCHMARK,)
