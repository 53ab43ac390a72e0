"""Removes and retrains on series whose important cells are known."""

from tsinterp_lib.studies.roar_series.plan import ROAR_SERIES

STUDIES = (ROAR_SERIES,)
