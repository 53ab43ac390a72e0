"""Changes the choices of the released code one at a time."""

from tsinterp_lib.studies.audit.plan import AUDIT

STUDIES = (AUDIT,)
