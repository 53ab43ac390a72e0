"""Compares maps before and after temporal saliency rescaling."""

from tsinterp_lib.studies.rescaling.plan import RESCALING

STUDIES = (RESCALING,)
