"""Study *guided_narma*: traditional and guided training on NARMA noise whose values are not scaled.

Ismail et al., NeurIPS 2021, name neither the background nor the scaling of their series. On plain Gaussian noise scaled
to [0, 1] precision is three to nine times lower than printed; a search over named settings, on traditional rows alone,
found that these two come closest to the printed levels, the Transformer apart.
The guided rows are its test. All else is as in *guided*; the two
settings are the protocol ``raw_narma``.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.guided.plan import METHODS, PROTOCOL, SCORES, TRADITIONAL, rankings, share
from tsinterp_lib.studies.planted import LAYOUTS_AT, NETWORKS_AT

RAW_NARMA = "raw_narma"
PROCESS = "narma"
NETWORKS = ("tcn", "lstm_input_cell", "lstm", "transformer")
"""The fast ones first: stopped early, the study lacks the Transformer's last seed and nothing else."""


def plan(profile: str) -> Mapping[str, Plan]:
    """Return one protocol: the released code's settings on raw NARMA noise."""
    layouts = LAYOUTS_AT.get(profile, tuple(LAYOUTS))
    networks = [n for n in NETWORKS if n in NETWORKS_AT.get(profile, NETWORKS)]
    settings: dict[str, Scalar] = {"process": PROCESS, "protocol": PROTOCOL, "scaling": "none"}
    return {
        RAW_NARMA: Plan(
            datasets=tuple(Choice(layout, settings, alias=f"{layout}/{PROCESS}") for layout in layouts),
            models=tuple(Choice(name, {"output": "probabilities"}, alias=name) for name in networks),
            trainers=(Choice("standard", {"protocol": PROTOCOL}, alias=TRADITIONAL),),
            explainers=METHODS,
            metrics=SCORES,
            trainers_of={(n, layout): rankings(share(n, layout)) for n in networks for layout in layouts},
        )
    }


GUIDED_NARMA = Study("guided_narma", "Do the printed levels and gains come back on raw NARMA noise?", plan)
