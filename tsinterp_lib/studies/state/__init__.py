"""Re-runs the hidden-state experiment of FIT and Dynamask."""

from tsinterp_lib.studies.state.plan import STATE, STATE_MASKS

STUDIES = (STATE, STATE_MASKS)
