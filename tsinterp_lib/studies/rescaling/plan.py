"""Study *rescaling*: maps before and after temporal saliency rescaling, on the same models and samples.

Rescaling costs up to 1,201 maps of its base per sample, so the first ten test samples of each data set are explained.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.explainers import AS_RELEASED, CORRECTED
from tsinterp_lib.explainers.tsr import PAPER, TFSR
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.planted import planted

NETWORKS = ("lstm", "lstm_input_cell", "tcn")
SAMPLES = {"smoke": 2, "quick": 5, "paper": 10}
LAYOUTS_AT = {"smoke": ("middle", "rare_time"), "quick": ("middle", "moving_middle", "rare_time", "rare_feature")}
NETWORKS_AT = {"smoke": ("lstm", "tcn")}

IG = "integrated_gradients"
STEPS = 16
"""Integrated gradients take 16 steps here instead of 50, before and after: rescaling multiplies their cost by 1,201."""

ONE_AT_A_TIME: dict[str, dict[str, Scalar]] = {
    "value zero": {"value": "zero"},
    "value mean": {"value": "mean"},
    "every step": {"quantile": None, "threshold": 0.0},
    "no floor": {"floor": 0.0},
    "not rescaled": {"rescale": False},
}
"""Settings of the released code, each changed alone; the paper's settings change four of them at once."""

METRICS = (
    *(f"{area}_{cut}" for area in ("aup", "aur") for cut in ("mass", "count")),
    *(f"{area}_count_{domain}" for area in ("aup", "aur") for domain in ("time", "feature")),
    "auroc",
    "average_precision",
    "entropy",
    "masked_accuracy_area_count",
)


def rescaled(base: Choice, what: str = "", **settings: Scalar) -> Choice:
    """Return temporal saliency rescaling of a method, labelled ``tsr[method]`` or ``tsr[method, what]``."""
    label = f"tsr[{base.label}, {what}]" if what else f"tsr[{base.label}]"
    return Choice("temporal_saliency_rescaling", {"base": base, **settings}, alias=label)


def plan(profile: str) -> Mapping[str, Plan]:
    """As released: four methods before and after. Corrected: the settings of code and paper, on the gradient."""
    methods = (
        AS_RELEASED["gradient"],
        Choice(IG, {**AS_RELEASED[IG].params, "n_steps": STEPS}, alias=IG),
        AS_RELEASED["smoothgrad"],
        AS_RELEASED["occlusion"],
    )
    gradient = CORRECTED["gradient"]
    settings = (
        gradient,
        rescaled(gradient),
        rescaled(gradient, "paper", **PAPER),
        rescaled(gradient, "series", **TFSR),
        rescaled(gradient, "groups of 10", group_size=10),
        rescaled(gradient, "before 2021-10", time_score="mean"),
        *(rescaled(gradient, what, **changed) for what, changed in ONE_AT_A_TIME.items()),
    )
    released = (*methods, *map(rescaled, methods))
    some = (methods[0], rescaled(methods[0])) if profile == "smoke" else released
    return {
        "as_released": _plan(profile, "as_released", "probabilities", some),
        "corrected": _plan(profile, "corrected", "logits", settings[:3] if profile == "smoke" else settings),
    }


def _plan(profile: str, protocol: str, output: str, methods: tuple[Choice, ...]) -> Plan:
    noise = "shared" if protocol == "as_released" else "per_sample"
    return Plan(
        datasets=tuple(planted(x, "gaussian_noise", protocol) for x in LAYOUTS_AT.get(profile, tuple(LAYOUTS))),
        models=tuple(Choice(n, {"output": output}, alias=n) for n in NETWORKS_AT.get(profile, NETWORKS)),
        trainers=(Choice("standard", {"protocol": protocol}, alias="standard"),),
        explainers=(*methods, AS_RELEASED["random"], AS_RELEASED["position_only"], AS_RELEASED["oracle"]),
        metrics=tuple(
            Choice(name, {"noise": noise} if name.startswith("masked_accuracy") else {}, alias=name) for name in METRICS
        ),
        samples=SAMPLES.get(profile, 10),
    )


RESCALING = Study(
    "rescaling", "Does rescaling improve a map, at what cost, and where does it hurt?", plan, most_seeds=2
)
