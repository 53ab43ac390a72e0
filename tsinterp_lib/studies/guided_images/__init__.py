"""Trains networks of images with saliency guidance, beside its controls.

No claims of its own: the paper's claims on images are about all 60,000 digits and its network, and ours are smaller.
"""

from tsinterp_lib.studies.guided_images.plan import GUIDED_IMAGES

STUDIES = (GUIDED_IMAGES,)
