"""Pure functions: a table or a map in, a figure out."""

from tsinterp_lib.figures import style
from tsinterp_lib.figures.explorer import explorer
from tsinterp_lib.figures.maps import curves_of_processes, digits, draw_map, gallery, layouts, row_profile, saliency
from tsinterp_lib.figures.results import by_network, critical_difference, curves, dots, heat

style.use()

__all__ = [
    "by_network", "critical_difference", "curves", "curves_of_processes", "digits", "dots", "draw_map", "explorer",
    "gallery", "heat", "layouts", "row_profile", "saliency",
]  # fmt: skip
