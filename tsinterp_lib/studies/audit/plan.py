"""Study *audit*: one choice of the released code changed at a time, everything else as released.

Each switch is a protocol of its own, so that no table mixes two: what it changes is one entry of :data:`SWITCHES`.
Choices of a method or a metric change no model and are variants under ``as_released``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.explainers import AS_RELEASED
from tsinterp_lib.registry import Choice, Scalar

LAYOUTS = ("middle", "small_middle", "rare_time", "rare_feature")
NETWORKS = ("lstm", "lstm_input_cell", "tcn")


@dataclass(frozen=True)
class Switch:
    """Says what one switch adds to the released settings of data, network and trainer, and why it matters."""

    why: str
    dataset: Mapping[str, Scalar]
    output: str
    trainer: Mapping[str, Scalar]
    layouts: tuple[str, ...] = LAYOUTS
    networks: tuple[str, ...] = NETWORKS


SWITCHES: dict[str, Switch] = {
    "as_released": Switch("nothing is changed", {}, "probabilities", {}),
    "one_softmax": Switch(
        "the networks end in a softmax and the loss applies another: its floor is 0.313 and gradients shrink",
        {},
        "logits",
        {"output": "logits"},
    ),
    "validation_selection": Switch(
        "the test set selects the weights, stops training, and is then explained",
        {},
        "probabilities",
        {"protocol": "corrected", "output": "probabilities"},
    ),
    "trained_on": Switch(
        # Without the LSTM: it stays at chance for more than 30 epochs before it learns.
        "training stops at 99 % accuracy; here it goes on until 30 epochs bring no better test accuracy",
        {},
        "probabilities",
        {"stop_accuracy": 1.01, "patience": 30},
        networks=("lstm_input_cell", "tcn"),
    ),
    "standardised": Switch(
        "inputs are scaled to [0, 1] and not centred; here each cell has mean 0 and deviation 1",
        {"scaling": "standard"},
        "probabilities",
        {},
    ),
    "box_of_15": Switch(
        "the code plants 14 × 14 cells in small middle, the papers say 15 × 15",
        {"box": 15},
        "probabilities",
        {},
        ("small_middle",),
    ),
}
"""What can be switched in the data, the network or its training."""

METHODS = ("gradient", "integrated_gradients", "deep_lift", "gradient_shap", "smoothgrad", "random", "oracle")

VARIANTS = (
    Choice("integrated_gradients", {"baseline": "zero", "n_steps": 50}, alias="integrated_gradients[zero]"),
    Choice("integrated_gradients", {"baseline": "train_mean", "n_steps": 50}, alias="integrated_gradients[train mean]"),
    Choice("deep_lift", {"baseline": "train_mean"}, alias="deep_lift[train mean]"),
    Choice("smoothgrad", {"n_samples": 5, "noise_std": 0.1, "absolute": True}, alias="smoothgrad[noise 0.1]"),
    # Methods that are released by time step, or with another baseline than the rest, beside what they could be.
    *(AS_RELEASED[name] for name in ("occlusion", "feature_permutation", "feature_ablation")),
    Choice("occlusion", {**AS_RELEASED["occlusion"].params, "window_features": 1}, alias="occlusion[each cell]"),
    Choice("feature_permutation", {"groups": "time"}, alias="feature_permutation[all 100 samples]"),
    Choice("feature_ablation", {"groups": "cell", "baseline": "uniform"}, alias="feature_ablation[uniform]"),
    *(Choice("permuted_features", {"base": AS_RELEASED[b]}, alias=f"permuted_features[{b}]") for b in METHODS[:5]),
)
"""Choices of a method, all on the models as released: the baseline, the noise, the cells replaced together, the samples
shuffled among, which map the "random" row permutes."""

METRICS = (
    *(Choice(f"{area}_{cut}", {}, alias=f"{area}_{cut}") for area in ("aup", "aur") for cut in ("mass", "count")),
    *(
        Choice(f"{area}_count_{domain}{weights}", {}, alias=f"{area}_count_{domain}{weights}")
        for area in ("aup", "aur")
        for domain in ("time", "feature")
        for weights in ("", "_as_released")
    ),
    Choice("auroc", {}, alias="auroc"),
    *(
        Choice("masked_accuracy_area_count", {"noise": noise}, alias=f"masked_accuracy_area_count[{noise}]")
        for noise in ("shared", "per_sample")
    ),
)


def plan(profile: str) -> Mapping[str, Plan]:
    """Return one plan per switch; ``smoke`` takes one layout and one network."""
    return {name: _plan(profile, name, switch) for name, switch in SWITCHES.items()}


def _plan(profile: str, name: str, switch: Switch) -> Plan:
    layouts = switch.layouts[:1] if profile == "smoke" else switch.layouts
    networks = switch.networks[:1] if profile == "smoke" else switch.networks
    settings: dict[str, Scalar] = {"process": "gaussian_noise", "protocol": "as_released", **switch.dataset}
    return Plan(
        datasets=tuple(Choice(layout, settings, alias=f"{layout}/gaussian_noise") for layout in layouts),
        models=tuple(Choice(network, {"output": switch.output}, alias=network) for network in networks),
        trainers=(Choice("standard", {"protocol": "as_released", **switch.trainer}, alias="standard"),),
        explainers=(*(AS_RELEASED[m] for m in METHODS), *(VARIANTS if name == "as_released" else ())),
        metrics=METRICS,
    )


AUDIT = Study("audit", "Which choices of the released code move the numbers, and by how much?", plan, most_seeds=3)
