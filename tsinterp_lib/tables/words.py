"""Words for what rows hold: the one way to print a name, an interval, a sentence, and what is not computed yet."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

METHODS = {
    "gradient": "Gradient",
    "input_x_gradient": "Input × gradient",
    "integrated_gradients": "Integrated gradients",
    "deep_lift": "DeepLIFT",
    "gradient_shap": "Gradient SHAP",
    "deep_shap": "DeepSHAP",
    "guided_backprop": "Guided backprop",
    "smoothgrad": "SmoothGrad",
    "noise_ensemble": "Noise ensemble",
    "squared": "Squared",
    "shapley_value_sampling": "Shapley sampling",
    "feature_permutation": "Feature permutation",
    "feature_ablation": "Feature ablation",
    "occlusion": "Occlusion",
    "lime": "LIME",
    "kernel_shap": "KernelSHAP",
    "feature_occlusion": "Drawn occlusion (FO)",
    "augmented_occlusion": "Augmented occlusion (AFO)",
    "fit": "FIT",
    "dynamask": "Dynamask",
    "retain_attention": "RETAIN",
    "each_step": "Each step",
    "each_series": "Each series",
    "scrambled_output": "Scrambled output",
    "temporal_saliency_rescaling": "Rescaled (TSR)",
    "random": "Random",
    "blurred": "Blurred",
    "sobel": "Sobel edges",
    "permuted_features": "Permuted features",
    "position_only": "Position only",
    "oracle": "Oracle",
}
"""The printed name of every explainer, in the order in which tables and figures have them."""

VARIANTS = {
    "dynamask_wide_areas": "Dynamask, areas to 0.5",
    "dynamask_right_axes": "Dynamask, right axes",
    "dynamask_hard_target": "Dynamask, hard target",
    "fit_kl_of_mean": "FIT, KL of the mean",
    "fit_mean_of_kl": "FIT, mean of the KLs",
    "fit_clipped": "FIT, clipped at zero",
}
"""Methods that a study runs with other settings under a name of their own."""

TIME_ONLY = ("shapley_value_sampling", "feature_permutation", "occlusion", "lime", "kernel_shap")
"""Methods that by default, and in every study of planted layouts, score whole time steps: features are out of their
reach by construction."""

DAGGER = "† scores whole time steps and cannot tell features apart, by its settings"

NETWORKS = {
    "lstm": "LSTM",
    "lstm_input_cell": "Input-cell LSTM",
    "tcn": "TCN",
    "transformer": "Transformer",
    "gru": "GRU",
    "retain": "RETAIN",
    "cnn": "CNN (image)",
    "image_cnn": "Small CNN",
    "resnet": "ResNet",
    "vgg16": "VGG-16",
}
"""The printed name of every network, in the order in which tables and figures have them."""

PROTOCOLS = {"as_released": "as released", "corrected": "corrected"}

ACCENTED = {"Crabbe": "Crabbé"}
"""First authors whose names have letters that a key has not."""

METRICS = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    "aup_count": "AUP (count)",
    "aur_count": "AUR (count)",
    "aup_mass": "AUP (mass)",
    "aur_mass": "AUR (mass)",
    "aup_threshold": "AUP (threshold)",
    "aur_threshold": "AUR (threshold)",
    "aup_threshold_pooled": "AUP (threshold, pooled)",
    "aur_threshold_pooled": "AUR (threshold, pooled)",
    "aup_count_time": "AUP of time steps",
    "aup_count_feature": "AUP of features",
    "diff_aup": "Diff(AUP)",
    "diff_aur": "Diff(AUR)",
}
"""The printed name of a score, its dialect in brackets where the literature uses one name for several."""


NOT_YET = "not computed yet"
"""The words for what has no rows; :func:`not_computed` makes a sentence of them."""


class Prose(str):
    """Holds a text that a notebook shows as Markdown."""

    def _repr_markdown_(self) -> str:
        return str(self)


class Html(str):
    """Holds a table or a picture that a notebook shows as HTML."""

    def _repr_html_(self) -> str:
        return str(self)


def metrics(*names: str) -> dict[str, str]:
    """Return the printed names of some scores, by name and in the order given."""
    return {name: METRICS[name] for name in names}


def method(explainer: str) -> str:
    """Return the printed name of an explainer, of a variant ``base[what]``, or of one rescaled.

    Rescaled methods are labelled ``tsr[base]`` or ``tsr[base, what]``, on digits ``rescaled_base`` or
    ``rescaled_base_by_what``. A name that is not listed is printed with spaces for underscores.
    """
    if explainer in METHODS or explainer in VARIANTS:
        return METHODS.get(explainer) or VARIANTS[explainer]
    base, what = rescaled_of(explainer)
    if base in METHODS:
        return f"TSR of {METHODS[base]}{f' ({what})' * bool(what)}"
    outer, _, inner = explainer.removesuffix("]").partition("[")
    if inner and outer in METHODS:
        return f"{METHODS[outer]} ({inner.replace('_', ' ')})"
    return explainer.replace("_", " ")


def marked(explainer: str, blind: Collection[str] = TIME_ONLY) -> str:
    """Return the printed name of an explainer, or of any name, with a dagger where it is one that cannot see
    features.
    """
    return printed(explainer) + "†" * (explainer in blind)


def below(*explainers: str, start: str = "\n\n") -> str:
    """Return the line below a text that names these explainers: what the dagger means, or nothing where none has one.

    ``start`` stands before it.
    """
    return f"{start}{DAGGER}." if set(explainers) & set(TIME_ONLY) else ""


def rescaled_of(explainer: str) -> tuple[str, str]:
    """Return the method that a rescaled one rescales, and with which settings; two empty strings for any other."""
    if explainer.startswith("rescaled_"):
        base, _, what = explainer.removeprefix("rescaled_").partition("_by_")
        return base, what
    outer, _, inner = explainer.removesuffix("]").partition("[")
    base, _, what = inner.partition(", ")
    return (base, what) if outer == "tsr" else ("", "")


def network(name: str) -> str:
    """Return the printed name of a network."""
    return NETWORKS.get(name, name.replace("_", " "))


def printed(name: object) -> str:
    """Return the printed form of any name a table carries: explainer, network, layout or metric."""
    text = str(name)
    if text in METHODS or text in VARIANTS or "[" in text or text.startswith("rescaled_"):
        return method(text)
    return NETWORKS.get(text, layout(text))


def layout(label: str) -> str:
    """Return the printed name of a data set: its layout, without the process."""
    return label.split("/")[0].replace("_", " ")


def paper(key: str) -> str:
    """Return the printed name of a paper from its key in the bibliography: ``ismail2021`` as ``Ismail 2021``."""
    name = key[:-4].capitalize()
    return f"{ACCENTED.get(name, name)} {key[-4:]}"


def interval(mean: float, low: float, high: float, decimals: int = 3, sign: bool = False) -> str:
    """Return ``0.123 [0.100, 0.150]``; where there are no bounds, ``0.123 (one seed)``; a dash where there is no value.

    ``sign`` prints a plus before what is not negative, as for differences.
    """
    if math.isnan(mean):
        return "–"
    form = f"{'+' if sign else ''}.{decimals}f"
    bounds = " (one seed)" if math.isnan(low) else f" [{low:{form}}, {high:{form}}]"
    return f"{mean:{form}}{bounds}"


def interval_of(row: Any, decimals: int = 3, sign: bool = False) -> str:
    """Return :func:`interval` of what has a mean, a low and a high, as a row of a table."""
    return interval(float(row["mean"]), float(row["low"]), float(row["high"]), decimals, sign)


def not_computed(study: str = "", what: str = "", command: str = "run", profile: str | None = None) -> Prose:
    """Return the one sentence that says what is missing and, of a study, how to compute it; ``what`` is its subject."""
    size = f" --profile {profile}" if profile else ""
    said = f"{what}: {NOT_YET}" if what else NOT_YET.capitalize()
    return Prose(f"*{said}; `tsinterp {command} {study}{size}` computes it.*" if study else f"*{said}.*")
