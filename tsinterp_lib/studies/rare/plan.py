"""Study *rare*: a white box that reads one cell in twenty, and methods that are to find it.

After the rare feature and rare time experiments of Crabbé & van der Schaar, "Explaining Time Series Predictions with
Dynamic Masks", ICML 2021. The black box is known in closed form and needs no training; every series has a white box of
its own. A run is a seed, with ten series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.registry import Choice, Scalar

SERIES = 10
SERIES_AT = {"smoke": 2, "quick": 4}
EPOCHS_AT = {"smoke": 10}
RELEASED_AREAS = "0.001:0.05:50"
"""Up to the true share of important cells, and no further: as released, the answer bounds the search."""
WIDE_AREAS = "0.01:0.5:50"
AREAS_AT = {"smoke": "0.01:0.05:5"}

RELEASED_AREA: dict[str, Scalar] = {"pairing": "next", "start": "full_recall"}
"""The released scripts pair a threshold with the next point of the curve, under scikit-learn of that time."""


MANY_AT = {"smoke": 3, "quick": 40, "paper": 100}
FEW_METHODS = ("dynamask", "occlusion", "integrated_gradients", "random", "oracle")
"""What is run on a hundred series: the mask, the two cheapest methods that it is compared with, and two controls."""


def datasets(protocol: str) -> tuple[Choice, ...]:
    """Return both sets of important cells over the noise of a protocol."""
    return tuple(Choice(f"arma_{name}", {"protocol": protocol}, alias=name) for name in ("rare_feature", "rare_time"))


def methods(protocol: str, profile: str) -> tuple[Choice, ...]:
    """Return Dynamask, the four methods the released scripts compare it with, augmented occlusion, and the controls."""
    released = protocol == "as_released"
    narrow = mask(profile, "sgd" if released else "projected")
    wide = Choice("dynamask", {**narrow.params, "areas": WIDE_AREAS})
    return (
        own("dynamask", narrow),
        *(() if released else (own("dynamask_wide_areas", wide),)),
        _by_step("occlusion", window_steps=1, window_features=1, baseline="train_mean"),
        own("augmented_occlusion", Choice("augmented_occlusion")),
        _by_step("feature_permutation", groups="feature"),
        _by_step("integrated_gradients", baseline="zero"),
        _by_step("shapley_value_sampling", groups="feature", n_permutations=25, baseline="train_mean"),
        own("random", Choice("random")),
        own("oracle", Choice("oracle")),
    )


def mask(profile: str, optimiser: str = "sgd") -> Choice:
    """Return Dynamask with the settings of the released scripts."""
    settings: dict[str, Scalar] = {
        "loss": "mse",
        "epochs": EPOCHS_AT.get(profile, 1000),
        "learning_rate": 1.0,
        "size_weight": 1.0,
        "size_growth": 1000.0,
        "optimiser": optimiser,
        "areas": AREAS_AT.get(profile, RELEASED_AREAS),
    }
    return Choice("dynamask", settings)


def scores(protocol: str) -> tuple[Choice, ...]:
    """Return areas over the score axis, per series and pooled as released; areas over the ranking; what a mask
    holds.
    """
    dialect = RELEASED_AREA if protocol == "as_released" else {}
    areas = [f"{name}_threshold" for name in ("aup", "aur")]
    each = (Choice(name, dialect, alias=name) for name in areas)
    pooled = (Choice(name, {**dialect, "pool": True}, alias=f"{name}_pooled") for name in areas)
    return (*each, *pooled, *(Choice(name) for name in ("auroc", "average_precision", "information", "entropy")))


def plan(profile: str) -> Mapping[str, Plan]:
    """Return both protocols; smaller profiles have fewer series, areas and epochs."""
    return {
        protocol: Plan(
            datasets=datasets(protocol),
            models=(Choice("white_box"),),
            trainers=(Choice("given"),),
            explainers=methods(protocol, profile),
            metrics=scores(protocol),
            samples=SERIES_AT.get(profile, SERIES),
        )
        for protocol in ("as_released", "corrected")
    }


def plan_100(profile: str) -> Mapping[str, Plan]:
    """Return the released protocol on ten times as many series, for a few of its methods."""
    few = plan(profile)["as_released"]
    kept = tuple(e for e in few.explainers if e.label in FEW_METHODS)
    return {"as_released": replace(few, explainers=kept, samples=MANY_AT.get(profile))}


def own(alias: str, base: Choice) -> Choice:
    """Return a method that is shown one series at a time."""
    return Choice("each_series", {"base": base}, alias=alias)


def _by_step(name: str, **params: Scalar) -> Choice:
    return Choice("each_series", {"base": Choice(name, params), "steps_as_samples": True}, alias=name)


RARE = Study("rare", "Which methods find the few cells that a known function reads?", plan)
RARE_100 = Study("rare_100", "Do ten series of a run say what a hundred say?", plan_100)
