"""Removes and retrains on series whose important cells are known.

No claims of its own: nobody has published remove and retrain on series.
"""

from tsinterp_lib.studies.roar_series.plan import ROAR_SERIES

STUDIES = (ROAR_SERIES,)
