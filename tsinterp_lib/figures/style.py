"""One place for sizes, fonts and colours: an explainer has the same colour and marker on every page.

Colours are from Paul Tol's colour-blind safe sets, one hue per family: blues for gradients, warm hues for
perturbations, greens for surrogates, greys for controls. Markers differ within a family, so that print in grey works.
"""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from tsinterp_lib.tables import words

WIDTH = 7.2
"""Figure width in inches: text in it stays legible when the page is 390 pixels wide."""


@dataclass(frozen=True)
class Look:
    """Says how an explainer is drawn: its printed name, colour, marker and line."""

    name: str
    colour: str
    marker: str
    line: str = "-"


LOOKS: dict[str, Look] = {
    "gradient": Look(words.METHODS["gradient"], "#332288", "o"),
    "input_x_gradient": Look(words.METHODS["input_x_gradient"], "#4477AA", "s"),
    "integrated_gradients": Look(words.METHODS["integrated_gradients"], "#0077BB", "D"),
    "deep_lift": Look(words.METHODS["deep_lift"], "#33BBEE", "^"),
    "gradient_shap": Look(words.METHODS["gradient_shap"], "#88CCEE", "v"),
    "deep_shap": Look(words.METHODS["deep_shap"], "#6699CC", "P"),
    "guided_backprop": Look(words.METHODS["guided_backprop"], "#5566AA", "p"),
    "smoothgrad": Look(words.METHODS["smoothgrad"], "#AA4499", "X"),
    "noise_ensemble": Look(words.METHODS["noise_ensemble"], "#773377", "h"),
    "squared": Look(words.METHODS["squared"], "#664499", "8"),
    "shapley_value_sampling": Look(words.METHODS["shapley_value_sampling"], "#882255", "o"),
    "feature_permutation": Look(words.METHODS["feature_permutation"], "#CC6677", "s"),
    "feature_ablation": Look(words.METHODS["feature_ablation"], "#EE7733", "D"),
    "occlusion": Look(words.METHODS["occlusion"], "#CC3311", "^"),
    "lime": Look(words.METHODS["lime"], "#117733", "o"),
    "kernel_shap": Look(words.METHODS["kernel_shap"], "#44AA99", "s"),
    "feature_occlusion": Look(words.METHODS["feature_occlusion"], "#EE3377", "v"),
    "augmented_occlusion": Look(words.METHODS["augmented_occlusion"], "#DDAA33", "P"),
    "fit": Look(words.METHODS["fit"], "#994455", "X"),
    "dynamask": Look(words.METHODS["dynamask"], "#BB7799", "*"),
    "retain_attention": Look(words.METHODS["retain_attention"], "#999933", "D"),
    "each_step": Look(words.METHODS["each_step"], "#AA4466", "o"),
    "each_series": Look(words.METHODS["each_series"], "#AA7766", "P"),
    "scrambled_output": Look(words.METHODS["scrambled_output"], "#661100", "s"),
    "temporal_saliency_rescaling": Look(words.METHODS["temporal_saliency_rescaling"], "#225555", "P"),
    "random": Look(words.METHODS["random"], "#888888", "x", ":"),
    "blurred": Look(words.METHODS["blurred"], "#999988", "2", ":"),
    "sobel": Look(words.METHODS["sobel"], "#777766", "3", "--"),
    "permuted_features": Look(words.METHODS["permuted_features"], "#BBBBBB", "+", ":"),
    "position_only": Look(words.METHODS["position_only"], "#666666", "1", "--"),
    "oracle": Look(words.METHODS["oracle"], "#000000", "*", "--"),
}

VARIANTS: dict[str, Look] = {
    "dynamask_wide_areas": Look(words.VARIANTS["dynamask_wide_areas"], "#DDAACC", "*", "--"),
    "dynamask_right_axes": Look(words.VARIANTS["dynamask_right_axes"], "#884466", "*", "-."),
    "dynamask_hard_target": Look(words.VARIANTS["dynamask_hard_target"], "#663355", "*", ":"),
    "fit_kl_of_mean": Look(words.VARIANTS["fit_kl_of_mean"], "#CC7788", "X", "--"),
    "fit_mean_of_kl": Look(words.VARIANTS["fit_mean_of_kl"], "#CC7788", "X", "--"),
    "fit_clipped": Look(words.VARIANTS["fit_clipped"], "#772233", "X", ":"),
}

NETWORK_COLOURS = {
    "lstm": ("#DDAA33", "o"),
    "lstm_input_cell": ("#BB5566", "s"),
    "tcn": ("#004488", "D"),
    "transformer": ("#228833", "^"),
    "gru": ("#999933", "v"),
    "retain": ("#66CCEE", "P"),
    "cnn": ("#AA3377", "P"),
    "image_cnn": ("#AA3377", "X"),
    "resnet": ("#774411", "s"),
    "vgg16": ("#447744", "o"),
}
"""Colour and marker of each network, where networks share a panel."""


def look(explainer: str) -> Look:
    """Return the look of an explainer; a variant has that of its base, and one without an entry is dark grey."""
    if explainer in LOOKS or explainer in VARIANTS:
        return LOOKS.get(explainer) or VARIANTS[explainer]
    base = words.rescaled_of(explainer)[0] or explainer.partition("[")[0]
    drawn = LOOKS.get(base)
    if drawn is None:
        return Look(words.method(explainer), "#555555", "d")
    return Look(words.method(explainer), drawn.colour, drawn.marker, "-.")


def use() -> None:
    """Set the defaults for every figure and table of the book."""
    pd.set_option("display.max_colwidth", None)  # a cut sentence in a table is worse than a tall row
    sns.set_theme(style="ticks", context="notebook", font_scale=0.9)
    mpl.rcParams.update(
        {
            "figure.dpi": 110,
            "savefig.dpi": 160,
            "savefig.bbox": "tight",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 10,
            "axes.labelsize": 9.5,
            "xtick.labelsize": 8.5,
            "ytick.labelsize": 8.5,
            "legend.fontsize": 8.5,
            "legend.frameon": False,
            "figure.constrained_layout.use": True,
            "svg.hashsalt": "tsinterp",
        }
    )


def finish(figure: Figure) -> Figure:
    """Draw the figure, closed for pyplot so that a notebook shows it once, as the cell's value."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure
