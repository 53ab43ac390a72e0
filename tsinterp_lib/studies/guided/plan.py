"""Study *guided*: the planted layouts again, with saliency guided training and what else could explain its gain.

After Ismail et al., "Improving Deep Learning Interpretability by Saliency Guided Training", NeurIPS 2021, Tables 2 and
7 to 11. Data, networks and stopping rules are those of *benchmark* as released, so the models it trained serve as the
traditional ones: ``joined.py`` puts both together. The released layout *small middle* has a box of 14 × 14 cells, that
of the 2021 tables 15 × 15.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.explainers import AS_RELEASED
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.planted import GAUSSIAN, LAYOUTS_AT, NETWORKS, NETWORKS_AT, planted

MASKED: dict[str, tuple[int, int, int, int]] = {
    "middle": (30, 40, 50, 30),
    "small_middle": (60, 60, 40, 60),
    "moving_middle": (60, 80, 70, 90),
    "moving_small_middle": (5, 5, 80, 70),
    "rare_time": (30, 40, 50, 50),
    "moving_rare_time": (50, 80, 50, 50),
    "rare_feature": (30, 30, 30, 30),
    "moving_rare_feature": (10, 5, 5, 10),
    "positional_time": (30, 40, 70, 60),
    "positional_feature": (2, 5, 10, 10),
}
"""k of Tables 8 to 11 in percent of the cells, per layout, in the order of ``NETWORKS``; no rule is published."""

FIXED = 50
"""One k for all, in percent, as for the paper's images: nothing can have been tuned on the test metrics."""

EXPLAINED = ("gradient", "integrated_gradients", "deep_lift", "gradient_shap", "deep_shap", "smoothgrad")
EXPLAINERS = (*EXPLAINED, "random", "position_only", "oracle")
METHODS = tuple(AS_RELEASED[name] for name in EXPLAINERS)
METRICS = ("aup_count", "aur_count", "aup_mass", "aur_mass", "auroc", "average_precision", "entropy")
SCORES = tuple(Choice(name, {}, alias=name) for name in METRICS)

CONTROLLED = ("middle", "small_middle", "rare_time", "rare_feature")
"""Layouts of the controls; the Transformer, whose units cost most, has none."""

TRADITIONAL = "standard"
TRAINERS = (
    "guided", "guided_absolute", "guided_fixed", "random_masked", "consistency", "equal_epochs", "fine_tuned",
    "trained_longer",
)  # fmt: skip
"""Labels of the trainers: signed and absolute ranking at the published k, signed at one k, three controls,
traditional training that goes on with signed ranking, and the same with the divergence weighted by zero: as many extra
epochs without guidance."""

PROTOCOL = "as_released"


def share(network: str, layout: str) -> float:
    """Return the published share of masked cells."""
    return MASKED[layout][NETWORKS.index(network)] / 100


def trainers(network: str, layout: str) -> tuple[Choice, ...]:
    """Return the trainers of one network and layout; where the published k is the fixed one, the two are one
    trainer.
    """
    k = share(network, layout)
    found = list(rankings(k))
    guided = found[0]
    if k != FIXED / 100:
        found.append(_trainer("guided_fixed", "saliency_guided", share=FIXED / 100, ranking="signed"))
    if network != "transformer" and layout in CONTROLLED:
        found.append(_trainer("random_masked", "random_masked", share=k))
        found.append(_trainer("consistency", "consistency"))
        found.append(_trainer("equal_epochs", "equal_epochs", other=guided))
        found.append(_trainer("fine_tuned", "fine_tuned", share=k, ranking="signed"))
        found.append(_trainer("trained_longer", "fine_tuned", share=k, ranking="signed", weight=0.0))
    return tuple(found)


def rankings(k: float) -> tuple[Choice, Choice]:
    """Return guided training with a share k of the cells masked: by signed gradients, and by their magnitude."""
    return (
        _trainer("guided", "saliency_guided", share=k, ranking="signed"),
        _trainer("guided_absolute", "saliency_guided", share=k, ranking="absolute"),
    )


def plan(profile: str) -> Mapping[str, Plan]:
    """Return one protocol: the released code's."""
    layouts = LAYOUTS_AT.get(profile, tuple(LAYOUTS))
    networks = NETWORKS_AT.get(profile, NETWORKS)
    return {
        PROTOCOL: Plan(
            datasets=tuple(planted(layout, GAUSSIAN[0], PROTOCOL) for layout in layouts),
            models=tuple(Choice(name, {"output": "probabilities"}, alias=name) for name in networks),
            trainers=(),
            explainers=METHODS,
            metrics=SCORES,
            trainers_of={(n, layout): trainers(n, layout) for n in networks for layout in layouts},
        )
    }


def _trainer(label: str, name: str, **settings: Scalar | Choice) -> Choice:
    return Choice(name, {"protocol": PROTOCOL, **settings}, alias=label)


GUIDED = Study("guided", "Does saliency guided training give better maps, and is it the guidance?", plan)
