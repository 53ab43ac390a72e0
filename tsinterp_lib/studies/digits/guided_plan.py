"""Study *mnist_guided*: digits read column by column, by networks trained traditionally and with saliency guidance.

After Figures 5 and 11 to 13 of Ismail et al., "Improving Deep Learning Interpretability by Saliency Guided Training",
NeurIPS 2021: 28 steps of 28 features, a TCN, an input-cell LSTM and a Transformer. The paper names no k for these
figures; one half is that of its images: 392 of 784 pixels. Data, networks, traditional training and scores are those of
*mnist_series*; profiles ``smoke`` and ``quick`` take scikit-learn's digits.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.models import MNIST_SIZES
from tsinterp_lib.registry import Choice
from tsinterp_lib.studies.digits.plan import SAMPLES, TRAINER, digits, method, scores

NETWORKS = ("lstm_input_cell", "tcn", "transformer")
NETWORKS_AT = {"smoke": ("tcn",)}
SHARE = 0.5
METHODS = ("gradient", "input_x_gradient", "integrated_gradients", "smoothgrad", "random")

TRAINERS = (
    TRAINER,
    *(
        Choice("saliency_guided", {**TRAINER.params, "share": SHARE, "ranking": ranking}, alias=label)
        for label, ranking in (("guided", "signed"), ("guided_absolute", "absolute"))
    ),
)


def plan(profile: str) -> Mapping[str, Plan]:
    """Return three networks, each trained in three ways."""
    data, side = digits(profile, "multivariate")
    networks = NETWORKS_AT.get(profile, NETWORKS)
    return {
        "corrected": Plan(
            datasets=(data,),
            models=tuple(Choice(n, {**MNIST_SIZES[n], "output": "logits"}, alias=n) for n in networks),
            trainers=TRAINERS,
            explainers=tuple(method(label) for label in METHODS),
            metrics=scores(side),
            samples=SAMPLES,
        )
    }


MNIST_GUIDED = Study(
    "mnist_guided",
    "Does guided training mend the maps of digits read as series?",
    plan,
    profiles=("mnist_3k",),
    drawn=(method("gradient"), method("integrated_gradients")),
)
