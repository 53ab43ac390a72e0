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

WIDTH = 7.2
"""Figure width in inches: text in it stays legible when the page is 390 pixels wide."""


@dataclass(frozen=True)
class Look:
    """How an explainer is drawn: its printed name, colour, marker and line."""

    name: str
    colour: str
    marker: str
    line: str = "-"


LOOKS: dict[str, Look] = {
    "gradient": Look("Gradient", "#332288", "o"),
    "input_x_gradient": Look("Input × gradient", "#4477AA", "s"),
    "integrated_gradients": Look("Integrated gradients", "#0077BB", "D"),
    "deep_lift": Look("DeepLIFT", "#33BBEE", "^"),
    "gradient_shap": Look("Gradient SHAP", "#88CCEE", "v"),
    "deep_shap": Look("DeepSHAP", "#6699CC", "P"),
    "smoothgrad": Look("SmoothGrad", "#AA4499", "X"),
    "shapley_value_sampling": Look("Shapley sampling", "#882255", "o"),
    "feature_permutation": Look("Feature permutation", "#CC6677", "s"),
    "feature_ablation": Look("Feature ablation", "#EE7733", "D"),
    "occlusion": Look("Occlusion", "#CC3311", "^"),
    "lime": Look("LIME", "#117733", "o"),
    "kernel_shap": Look("KernelSHAP", "#44AA99", "s"),
    "feature_occlusion": Look("Drawn occlusion (FO)", "#EE3377", "v"),
    "augmented_occlusion": Look("Augmented occlusion (AFO)", "#DDAA33", "P"),
    "fit": Look("FIT", "#994455", "X"),
    "dynamask": Look("Dynamask", "#BB7799", "*"),
    "retain_attention": Look("RETAIN", "#999933", "D"),
    "each_step": Look("Each step", "#AA4466", "o"),
    "each_series": Look("Each series", "#AA7766", "P"),
    "scrambled_output": Look("Scrambled output", "#661100", "s"),
    "temporal_saliency_rescaling": Look("Rescaled (TSR)", "#225555", "P"),
    "random": Look("Random", "#888888", "x", ":"),
    "permuted_features": Look("Permuted features", "#BBBBBB", "+", ":"),
    "position_only": Look("Position only", "#666666", "1", "--"),
    "oracle": Look("Oracle", "#000000", "*", "--"),
}

VARIANTS: dict[str, Look] = {
    "dynamask_wide_areas": Look("Dynamask, areas to 0.5", "#DDAACC", "*", "--"),
    "dynamask_right_axes": Look("Dynamask, right axes", "#884466", "*", "-."),
    "dynamask_hard_target": Look("Dynamask, hard target", "#663355", "*", ":"),
    "fit_kl_of_mean": Look("FIT, KL of the mean", "#CC7788", "X", "--"),
    "fit_mean_of_kl": Look("FIT, mean of the KLs", "#CC7788", "X", "--"),
    "fit_clipped": Look("FIT, clipped at zero", "#772233", "X", ":"),
}
"""Methods that a study runs with other settings under a name of their own."""

NETWORKS = {
    "lstm": "LSTM",
    "lstm_input_cell": "Input-cell LSTM",
    "tcn": "TCN",
    "transformer": "Transformer",
    "gru": "GRU",
    "retain": "RETAIN",
    "cnn": "CNN (image)",
}
NETWORK_COLOURS = {
    "lstm": ("#DDAA33", "o"),
    "lstm_input_cell": ("#BB5566", "s"),
    "tcn": ("#004488", "D"),
    "transformer": ("#228833", "^"),
    "gru": ("#999933", "v"),
    "retain": ("#66CCEE", "P"),
    "cnn": ("#AA3377", "P"),
}
"""Colour and marker of each network, where networks share a panel."""

PROTOCOLS = {"as_released": "as released", "corrected": "corrected"}


def look(explainer: str) -> Look:
    """The look of an explainer; a variant has that of its base, and one without an entry is dark grey.

    Variants are labelled ``base[what]``, rescaled methods ``tsr[base]`` or ``tsr[base, what]``, on digits
    ``rescaled_base`` or ``rescaled_base_by_what``.
    """
    if explainer in LOOKS or explainer in VARIANTS:
        return LOOKS.get(explainer) or VARIANTS[explainer]
    outer, _, inner = explainer.removesuffix("]").partition("[")
    base, _, what = inner.partition(", ")
    if explainer.startswith("rescaled_"):
        outer, (base, _, what) = "tsr", explainer.removeprefix("rescaled_").partition("_by_")
    if outer == "tsr" and base in LOOKS:
        rescaled = LOOKS[base]
        return Look(f"TSR of {rescaled.name}{f' ({what})' * bool(what)}", rescaled.colour, rescaled.marker, "-.")
    if inner and outer in LOOKS:
        return Look(f"{LOOKS[outer].name} ({inner.replace('_', ' ')})", LOOKS[outer].colour, LOOKS[outer].marker, "-.")
    return Look(explainer.replace("_", " "), "#555555", "d")


def network(name: str) -> str:
    """The printed name of a network."""
    return NETWORKS.get(name, name.replace("_", " "))


def printed(name: object) -> str:
    """The printed form of any name a table carries: explainer, network, layout or metric."""
    text = str(name)
    if text in LOOKS or text in VARIANTS or "[" in text or text.startswith("rescaled_"):
        return look(text).name
    return NETWORKS.get(text, layout(text))


def layout(label: str) -> str:
    """The printed name of a data set: its layout, without the process."""
    return label.split("/")[0].replace("_", " ")


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
    """The figure, closed for pyplot so that a notebook shows it once, as the cell's value."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure
