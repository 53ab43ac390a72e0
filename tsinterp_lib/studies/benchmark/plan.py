"""Studies *benchmark* and *processes*: planted layouts × background processes × four networks × every explainer.

After Ismail et al., "Benchmarking Deep Learning Interpretability in Time Series Predictions", NeurIPS 2020. The first
takes plain Gaussian noise at five seeds, the second the other six processes at one.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.explainers import AS_RELEASED, CORRECTED
from tsinterp_lib.registry import Choice
from tsinterp_lib.studies.planted import GAUSSIAN, LAYOUTS_AT, NETWORKS, NETWORKS_AT, planted

METHODS = (
    "gradient",
    "integrated_gradients",
    "deep_lift",
    "gradient_shap",
    "deep_shap",
    "smoothgrad",
    "shapley_value_sampling",
    "feature_permutation",
    "feature_ablation",
    "occlusion",
    "input_x_gradient",
    "lime",
    "kernel_shap",
    "random",
    "position_only",
    "oracle",
    "permuted_features",
)
"""What the grid compares; costlier methods (rescaling, masks, generators) have studies of their own."""

METRICS = (
    "precision_mass", "recall_mass", "precision_count", "recall_count", "aup_mass", "aur_mass", "aupr_mass",
    "aup_count", "aur_count", "aupr_count", "aup_threshold", "aur_threshold", "auroc", "average_precision",
    "masked_accuracy_mass", "masked_accuracy_count", "masked_accuracy_area_mass", "masked_accuracy_area_count",
    "aup_mass_time", "aur_mass_time", "aup_count_time", "aur_count_time", "aup_mass_feature", "aur_mass_feature",
    "aup_count_feature", "aur_count_feature", "aup_mass_time_as_released", "aur_mass_time_as_released",
    "aup_count_time_as_released", "aur_count_time_as_released", "aup_mass_feature_as_released",
    "aur_mass_feature_as_released", "aup_count_feature_as_released", "aur_count_feature_as_released", "information",
    "entropy", "saliency_distribution",
)  # fmt: skip
"""What the grid scores; metrics that one study needs are named there."""

WITHOUT = {
    ("transformer", "shapley_value_sampling"): "125,101 series through the network: 80 s per fitted model on one core",
    ("transformer", "feature_ablation"): "250,101 series through the network: 160 s per fitted model on one core",
}
"""Pairs the study leaves out at profile ``paper``, and why; the tables show them as empty."""

PROCESSES_AT = {"smoke": ("harmonic", "narma"), "quick": ("harmonic", "gaussian_process", "autoregressive")}
EXPLAINERS_AT = {
    "smoke": ("gradient", "integrated_gradients", "smoothgrad", "occlusion", "random", "position_only", "oracle"),
}


def plan(profile: str, processes: tuple[str, ...] = GAUSSIAN) -> Mapping[str, Plan]:
    """Return the two protocols side by side: the authors' code as it computes, and the same changed in stated
    points.
    """
    return {
        "as_released": _plan(profile, processes, "as_released", "probabilities", AS_RELEASED),
        "corrected": _plan(profile, processes, "corrected", "logits", CORRECTED),
    }


def scores(protocol: str) -> tuple[Choice, ...]:
    """Return every metric of the grid, with the replacement noise of the protocol: one draw for all samples, or one
    each.
    """
    noise = "shared" if protocol == "as_released" else "per_sample"
    return tuple(
        Choice(name, {"noise": noise} if name.startswith("masked_accuracy") else {}, alias=name) for name in METRICS
    )


def _plan(
    profile: str, processes: tuple[str, ...], protocol: str, output: str, explainers: Mapping[str, Choice]
) -> Plan:
    some = processes if processes == GAUSSIAN else PROCESSES_AT.get(profile, processes)
    return Plan(
        datasets=tuple(
            planted(layout, process, protocol) for process in some for layout in LAYOUTS_AT.get(profile, tuple(LAYOUTS))
        ),
        models=tuple(Choice(name, {"output": output}, alias=name) for name in NETWORKS_AT.get(profile, NETWORKS)),
        trainers=(Choice("standard", {"protocol": protocol}, alias="standard"),),
        explainers=tuple(explainers[name] for name in EXPLAINERS_AT.get(profile, METHODS)),
        metrics=scores(protocol),
        without=WITHOUT,
    )


BENCHMARK = Study("benchmark", "Which explainer finds the planted cells, on which network?", plan)
