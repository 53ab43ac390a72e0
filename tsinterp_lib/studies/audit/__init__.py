"""Changes the choices of the released code one at a time.

No claims of its own: the paper names none of these choices, and what it claims is judged in *benchmark*.
"""

from tsinterp_lib.studies.audit.plan import AUDIT

STUDIES = (AUDIT,)
