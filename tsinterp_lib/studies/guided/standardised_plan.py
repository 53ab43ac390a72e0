"""Study *guided_standardised*: traditional and guided training once more, on inputs of mean 0 and deviation 1.

The released code scales every cell to [0, 1]; Ismail et al., NeurIPS 2021, name no scaling for their series. Data,
networks, stopping rules, k and methods are those of *guided*. The scaling alone differs, and is the protocol
``standardised`` as in *audit*, whose traditional models on four layouts are the same. The Transformer, whose units cost
most, is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.audit.plan import SWITCHES
from tsinterp_lib.studies.guided.plan import METHODS, PROTOCOL, SCORES, TRADITIONAL, rankings, share
from tsinterp_lib.studies.planted import GAUSSIAN, LAYOUTS_AT, NETWORKS_AT

STANDARDISED = "standardised"
NETWORKS = ("lstm", "lstm_input_cell", "tcn")


def plan(profile: str) -> Mapping[str, Plan]:
    """Return one protocol: the released code's settings on standardised inputs."""
    switch = SWITCHES[STANDARDISED]
    layouts = LAYOUTS_AT.get(profile, tuple(LAYOUTS))
    networks = [n for n in NETWORKS_AT.get(profile, NETWORKS) if n in NETWORKS]
    settings: dict[str, Scalar] = {"process": GAUSSIAN[0], "protocol": PROTOCOL, **switch.dataset}
    return {
        STANDARDISED: Plan(
            datasets=tuple(Choice(layout, settings, alias=f"{layout}/{GAUSSIAN[0]}") for layout in layouts),
            models=tuple(Choice(name, {"output": switch.output}, alias=name) for name in networks),
            trainers=(Choice("standard", {"protocol": PROTOCOL, **switch.trainer}, alias=TRADITIONAL),),
            explainers=METHODS,
            metrics=SCORES,
            trainers_of={(n, layout): rankings(share(n, layout)) for n in networks for layout in layouts},
        )
    }


GUIDED_STANDARDISED = Study(
    "guided_standardised", "Does the gain of guided training depend on how inputs are scaled?", plan
)
