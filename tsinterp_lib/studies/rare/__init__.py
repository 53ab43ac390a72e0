"""Re-runs Dynamask on rare features and rare times, and changes its choices one at a time."""

from tsinterp_lib.studies.rare.audit_plan import RARE_AUDIT
from tsinterp_lib.studies.rare.plan import RARE, RARE_100

STUDIES = (RARE, RARE_100, RARE_AUDIT)
