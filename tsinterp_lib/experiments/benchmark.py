"""Study *benchmark*: ten planted layouts of plain Gaussian noise × four networks × every explainer × every metric.

After Ismail et al., "Benchmarking Deep Learning Interpretability in Time Series Predictions", NeurIPS 2020.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.experiments.cells import Plan, Study
from tsinterp_lib.explainers import AS_RELEASED, CORRECTED
from tsinterp_lib.metrics import METRICS
from tsinterp_lib.registry import Choice

PROCESS = "gaussian_noise"
NETWORKS = ("lstm", "lstm_input_cell", "tcn", "transformer")

WITHOUT = {
    ("transformer", "shapley_value_sampling"): "125,101 series through the network: 80 s per fitted model on one core",
    ("transformer", "feature_ablation"): "250,101 series through the network: 160 s per fitted model on one core",
}
"""Pairs the study leaves out at profile ``paper``, and why; the tables show them as empty."""

LAYOUTS_AT = {"smoke": ("middle", "rare_time"), "quick": ("middle", "moving_middle", "rare_time", "rare_feature")}
NETWORKS_AT = {"smoke": ("lstm", "tcn"), "quick": ("lstm", "lstm_input_cell", "tcn")}
EXPLAINERS_AT = {
    "smoke": ("gradient", "integrated_gradients", "smoothgrad", "occlusion", "random", "position_only", "oracle"),
}


def plan(profile: str) -> Mapping[str, Plan]:
    """The two protocols side by side: the authors' code as it computes, and its stated defects mended."""
    return {
        "as_released": _plan(profile, "as_released", "probabilities", AS_RELEASED),
        "corrected": _plan(profile, "corrected", "logits", CORRECTED),
    }


def _plan(profile: str, protocol: str, output: str, explainers: Mapping[str, Choice]) -> Plan:
    shared = "shared" if protocol == "as_released" else "per_sample"
    networks = NETWORKS_AT.get(profile, NETWORKS)
    return Plan(
        datasets=tuple(
            Choice(layout, {"process": PROCESS, "protocol": protocol}, alias=f"{layout}/{PROCESS}")
            for layout in LAYOUTS_AT.get(profile, tuple(LAYOUTS))
        ),
        models=tuple(Choice(name, {"output": output}, alias=name) for name in networks),
        trainers=(Choice("standard", {"protocol": protocol}, alias="standard"),),
        explainers=tuple(explainers[name] for name in EXPLAINERS_AT.get(profile, tuple(explainers))),
        metrics=tuple(
            Choice(name, {"noise": shared} if name.startswith("masked_accuracy") else {}, alias=name)
            for name in METRICS
        ),
        without=WITHOUT,
    )


BENCHMARK = Study("benchmark", "Which explainer finds the planted cells, on which network?", plan)
