"""Pure functions: a table or a map in, a figure out."""

from tsinterp_lib.figures import style
from tsinterp_lib.figures.comparison import critical_difference, forest, pair_matrix
from tsinterp_lib.figures.digit_maps import digit_grid, digit_views, mass_by_group
from tsinterp_lib.figures.effects import effects, gains, verdicts
from tsinterp_lib.figures.explorer import explorer
from tsinterp_lib.figures.maps import curves_of_processes, digits, draw_map, gallery, layouts, row_profile, saliency
from tsinterp_lib.figures.masks import blurs, extremal_curve, mask_history, masks
from tsinterp_lib.figures.published import against_published
from tsinterp_lib.figures.results import by_network, curves, dots, heat
from tsinterp_lib.figures.scoreboard import claim_counts, outcome_counts, scoreboard_table
from tsinterp_lib.figures.spread import boxes, time_against_features

style.use()

__all__ = [
    "against_published",
    "blurs",
    "boxes",
    "by_network",
    "claim_counts",
    "critical_difference",
    "curves",
    "curves_of_processes",
    "digit_grid",
    "digit_views",
    "digits",
    "dots",
    "draw_map",
    "effects",
    "explorer",
    "extremal_curve",
    "forest",
    "gains",
    "gallery",
    "heat",
    "layouts",
    "mask_history",
    "masks",
    "mass_by_group",
    "outcome_counts",
    "pair_matrix",
    "row_profile",
    "saliency",
    "scoreboard_table",
    "time_against_features",
    "verdicts",
]  # fmt: skip
