"""Re-runs the study of vanishing saliency of 2019: an early, a middle and a late box."""

from tsinterp_lib.studies.vanishing.plan import VANISHING

STUDIES = (VANISHING,)
