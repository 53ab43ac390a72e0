"""Re-runs it on six other background processes."""

from tsinterp_lib.studies.processes.plan import PROCESSES_STUDY

STUDIES = (PROCESSES_STUDY,)
