"""Re-runs the simulated experiments of the FIT paper."""

from tsinterp_lib.studies.fit_simulated.plan import FIT_SIMULATED

STUDIES = (FIT_SIMULATED,)
