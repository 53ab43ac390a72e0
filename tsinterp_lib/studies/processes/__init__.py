"""Re-runs the benchmark of 2020 on six other background processes.

No claims of its own: the paper claims nothing of a process by itself and prints no number of one.
"""

from tsinterp_lib.studies.processes.plan import PROCESSES_STUDY

STUDIES = (PROCESSES_STUDY,)
