"""Trains networks of images with saliency guidance, beside its controls."""

from tsinterp_lib.studies.guided_images.plan import GUIDED_IMAGES

STUDIES = (GUIDED_IMAGES,)
