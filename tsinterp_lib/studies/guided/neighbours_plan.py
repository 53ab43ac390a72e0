"""Study *guided_neighbours*: what lies beside raw NARMA noise, a named setting at a time, on four layouts.

The settings of *guided_narma* were found by a search. Its neighbours say what of them matters: how low the noise is,
how far its mean lies from zero, the curve of the process, the scaling, and what methods compare with. Each is a
protocol of its own. The two fast networks that the search was judged by, traditional and guided by signed gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.explainers import AS_RELEASED
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.guided.narma_plan import PROCESS
from tsinterp_lib.studies.guided.plan import EXPLAINERS, PROTOCOL, TRADITIONAL, rankings, share

LAYOUTS = ("middle", "rare_feature", "rare_time", "positional_time")
"""One of each kind: a block, few features, few steps, and one that a place and no sign codes."""

NETWORKS = ("tcn", "lstm_input_cell")
METRICS = ("aup_count", "aur_count", "auroc")
BASELINED = ("integrated_gradients", "deep_lift")
"""Methods that compare with one baseline: those that a setting of the baseline changes."""


@dataclass(frozen=True)
class Neighbour:
    """Holds what one setting changes of the data and of the baseline of raw NARMA noise."""

    why: str
    dataset: Mapping[str, Scalar] = field(default_factory=dict)
    process: str = PROCESS
    baseline: str | None = None


def _noise(mean: float, scale: float) -> dict[str, Scalar]:
    return {"background_mean": mean, "background_scale": scale}


NEIGHBOURS: dict[str, Neighbour] = {
    "noise_025_03": Neighbour("N(0.25, 0.3²): NARMA's mean and noise, without its curve", _noise(0.25, 0.3),
                              "gaussian_noise"),
    "noise_01_02": Neighbour("N(0.1, 0.2²): lower noise, nearer zero", _noise(0.1, 0.2), "gaussian_noise"),
    "raw_car": Neighbour("the process car: the same noise about zero", process="car"),
    "standard_narma": Neighbour("NARMA, every cell of mean 0 and deviation 1", {"scaling": "standard"}),
    "zero_baseline": Neighbour("raw NARMA, baselines of zero for U[0, 1)", baseline="zero"),
    "mean_baseline": Neighbour("raw NARMA, the mean training series as baseline", baseline="train_mean"),
}  # fmt: skip
"""Return a protocol per neighbour; raw NARMA noise itself is *guided_narma*."""


def plan(profile: str) -> Mapping[str, Plan]:
    """Return a protocol per neighbour; raw NARMA noise itself is *guided_narma*."""
    return {name: _plan(profile, neighbour) for name, neighbour in NEIGHBOURS.items()}


def _plan(profile: str, neighbour: Neighbour) -> Plan:
    layouts = LAYOUTS[:1] if profile == "smoke" else LAYOUTS
    networks = NETWORKS[:1] if profile == "smoke" else NETWORKS
    process = neighbour.process
    settings: dict[str, Scalar] = {"process": process, "protocol": PROTOCOL, "scaling": "none", **neighbour.dataset}
    chosen = EXPLAINERS if neighbour.baseline is None else (*BASELINED, "random", "position_only", "oracle")
    return Plan(
        datasets=tuple(Choice(layout, settings, alias=f"{layout}/{process}") for layout in layouts),
        models=tuple(Choice(name, {"output": "probabilities"}, alias=name) for name in networks),
        trainers=(Choice("standard", {"protocol": PROTOCOL}, alias=TRADITIONAL),),
        explainers=tuple(_with(AS_RELEASED[name], neighbour.baseline) for name in chosen),
        metrics=tuple(Choice(name, {}, alias=name) for name in METRICS),
        trainers_of={(n, layout): rankings(share(n, layout))[:1] for n in networks for layout in layouts},
    )


def _with(method: Choice, baseline: str | None) -> Choice:
    if baseline is None or "baseline" not in method.params:
        return method
    return Choice(method.name, {**method.params, "baseline": baseline}, alias=method.label)


GUIDED_NEIGHBOURS = Study(
    "guided_neighbours", "What of raw NARMA noise comes close to the printed levels?", plan, most_seeds=2
)
