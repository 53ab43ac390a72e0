"""Study *guided_draws*: seeds of the data crossed with seeds of the training, from first weights that trainings share.

Elsewhere a seed draws the data and the training at once, and guided and traditional models start from other weights.
Here each layout has three data sets, each trained from three first weights, the same for all data and for both
trainings: what of an interval is data and what is training, and what pairing by first weights does to the gain of
guidance. All else is as in *guided*.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.guided.plan import METHODS, PROTOCOL, TRADITIONAL, share
from tsinterp_lib.studies.planted import GAUSSIAN

DATA_SEEDS = (0, 1, 2)
LAYOUTS = ("middle", "rare_feature")
NETWORKS = ("tcn", "lstm_input_cell")
METRICS = ("auroc", "aup_count", "aur_count")


def plan(profile: str) -> Mapping[str, Plan]:
    """Return one protocol: the released code's; a data set per layout and seed of the data."""
    seeds = DATA_SEEDS[:1] if profile == "smoke" else DATA_SEEDS
    layouts = LAYOUTS[:1] if profile == "smoke" else LAYOUTS
    networks = NETWORKS[:1] if profile == "smoke" else NETWORKS
    shared: dict[str, Scalar] = {"protocol": PROTOCOL, "first_weights": "shared"}
    return {
        PROTOCOL: Plan(
            datasets=tuple(_data(layout, seed) for layout in layouts for seed in seeds),
            models=tuple(Choice(name, {"output": "probabilities"}, alias=name) for name in networks),
            trainers=(Choice("standard", shared, alias=TRADITIONAL),),
            explainers=METHODS,
            metrics=tuple(Choice(name, {}, alias=name) for name in METRICS),
            trainers_of={
                (n, layout): (
                    Choice("saliency_guided", {**shared, "share": share(n, layout), "ranking": "signed"}, "guided"),
                )
                for n in networks
                for layout in layouts
            },
        )
    }


def _data(layout: str, seed: int) -> Choice:
    settings: dict[str, Scalar] = {"process": GAUSSIAN[0], "protocol": PROTOCOL, "data_seed": seed}
    return Choice(layout, settings, alias=f"{layout}/{GAUSSIAN[0]}/{seed}")


GUIDED_DRAWS = Study(
    "guided_draws", "How much of an interval is the data, and how much the training?", plan, most_seeds=3
)
