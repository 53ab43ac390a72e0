"""Study *rare_audit*: one choice of the rare feature experiment changed at a time, everything else as released.

A switch of the data is a protocol of its own; choices of the mask and of the score are variants under ``as_released``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.rare import plan as rare

SERIES_AT = {"smoke": 2, "quick": 3}
SERIES = 5

MASKS: dict[str, dict[str, Scalar]] = {
    "earlier cells win ties": {"ties": "earlier"},
    "momentum 1": {"momentum": 1.0},
    "velocity ends at bounds": {"optimiser": "projected"},
    "full rate": {"rate": "own"},
}
"""What can be changed in the fit of a mask: which of equal coefficients count as the largest, whether the velocity
decays or ends at a bound, and whether a mask's rate depends on how many masks are fitted with it."""

AREAS: dict[str, dict[str, Scalar]] = {
    "own threshold": {"pairing": "same"},
    "from the smallest score": {"start": "smallest"},
    "exact integral": {"rule": "step"},
    "all three": {"pairing": "same", "start": "smallest", "rule": "step"},
}
"""What can be changed in the areas over the threshold."""

OWN_FEATURES = "own_features"
KEPT = ("dynamask", "occlusion", "integrated_gradients", "random", "oracle")


def plan(profile: str) -> Mapping[str, Plan]:
    """Return the released experiment with all variants, and the same with features drawn anew for every series."""
    released = rare.plan(profile)["as_released"]
    kept = tuple(e for e in released.explainers if e.label in KEPT)
    base = replace(
        released,
        datasets=tuple(d for d in released.datasets if d.label == "rare_feature"),
        metrics=scores(),
        samples=SERIES_AT.get(profile, SERIES),
    )
    own = Choice("arma_rare_feature", {"protocol": "as_released", "alike": False}, alias="rare_feature")
    return {
        "as_released": replace(base, explainers=(*kept, *masks(profile))),
        OWN_FEATURES: replace(base, datasets=(own,), explainers=kept),
    }


def masks(profile: str) -> tuple[Choice, ...]:
    """Return Dynamask as released with one setting changed, a variant each."""
    released = rare.mask(profile)
    return tuple(
        rare.own(f"dynamask[{name}]", Choice("dynamask", {**released.params, **changed}))
        for name, changed in MASKS.items()
    )


def scores() -> tuple[Choice, ...]:
    """Return both areas over all cells of a run, as released and with one choice changed; and two scores of the
    order.
    """
    areas = [
        Choice(f"{area}_threshold", {**rare.RELEASED_AREA, **changed, "pool": True}, alias=f"{area}_threshold{name}")
        for area in ("aup", "aur")
        for name, changed in (("", {}), *((f"[{what}]", how) for what, how in AREAS.items()))
    ]
    return (*areas, Choice("auroc"), Choice("average_precision"))


RARE_AUDIT = Study("rare_audit", "Which released choices carry the scores of a mask?", plan, most_seeds=3)
