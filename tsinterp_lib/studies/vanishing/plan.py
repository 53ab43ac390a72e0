"""Study *vanishing*: an early, a middle and a late box, an LSTM with and without guidance, and one that attends.

After Figure 6 of Ismail et al., "Improving Deep Learning Interpretability by Saliency Guided Training", NeurIPS 2021,
and Table 1 of Ismail et al., "Input-Cell Attention Reduces Vanishing Saliency of Recurrent Neural Networks", NeurIPS
2019, whose data and settings these are: 100 steps of 100 features (and half of each, as 2021 does not say), every cell
scaled to mean 0 and deviation 1, 1000 training and 300 test series, dropout 0.1, a softmax that goes into
cross-entropy, Adam at 1e-3, batches of 50, at most 400 epochs, a look at both sets every ten steps, the weights of the
best test accuracy, a stop at a training accuracy of 100 %.

Departures: a test accuracy of 100 % stops as well, because no later weights could be kept; 32-bit floats and three
seeds for theirs of 64 bits and one; the rows of the attention are averaged (as in 2020), where the table of 2019 has
them side by side. Guided training masks one share of the cells for all data, half of them, as the images of 2021 do:
no share is published for this figure, and one chosen here would be chosen on the scores.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.engine.grid import Plan, Profile, Study
from tsinterp_lib.explainers import AS_RELEASED, CORRECTED
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.guided.plan import FIXED
from tsinterp_lib.types import Sizes

PROTOCOL = "as_released"
BOXES = ("early_box", "middle_box", "late_box")
SIDES = (100, 50)
SIDES_AT = {"smoke": (50,)}
"""The half size alone is quick enough for tests."""

EXPLAINERS = (
    AS_RELEASED["gradient"],
    # Inputs have mean 0: the mean series is where the path starts, not uniform noise in [0, 1] as for scaled inputs.
    CORRECTED["integrated_gradients"],
    CORRECTED["input_x_gradient"],
    *(AS_RELEASED[name] for name in ("random", "position_only", "oracle")),
)
METRICS = (
    "auroc", "average_precision", "aup_count", "aur_count", "aup_mass", "aur_mass",
    "weighted_jaccard", "euclidean_distance", "saliency_profile",
)  # fmt: skip

MOST_EPOCHS = 400
RULES: dict[str, Scalar] = {"protocol": PROTOCOL, "stop_accuracy": 1.0, "check_every": 10, "patience": MOST_EPOCHS}
"""The stopping rules of 2019; patience as long as the training is none."""

NETWORKS = (
    Choice("lstm", {"output": "probabilities"}, alias="lstm"),
    Choice("lstm_input_cell", {"output": "probabilities", "n_hops": 20}, alias="lstm_input_cell"),
)
TRADITIONAL = Choice("standard", RULES, alias="standard")
GUIDED = tuple(
    Choice("saliency_guided", {**RULES, "share": FIXED / 100, "ranking": ranking}, alias=label)
    for label, ranking in (("guided", "signed"), ("guided_absolute", "absolute"))
)


def box(name: str, side: int) -> Choice:
    """Return the data set of a box, labelled ``box/side``."""
    return Choice(f"{name}_{side}", {"protocol": PROTOCOL, "scaling": "standard"}, alias=f"{name}/{side}")


def plan(profile: str) -> Mapping[str, Plan]:
    """Return one protocol; the LSTM alone is guided, the input-cell LSTM is the reference."""
    datasets = tuple(box(name, side) for side in SIDES_AT.get(profile, SIDES) for name in BOXES)
    return {
        PROTOCOL: Plan(
            datasets=datasets,
            models=NETWORKS,
            trainers=(TRADITIONAL,),
            explainers=EXPLAINERS,
            metrics=tuple(Choice(name, {}, alias=name) for name in METRICS),
            trainers_of={("lstm", data.name): GUIDED for data in datasets},
        )
    }


VANISHING = Study(
    "vanishing",
    "Does saliency vanish backwards in time, and does guidance bring it back?",
    plan,
    own={"paper": Profile("paper", Sizes(train=1000, validation=200, test=300), MOST_EPOCHS, n_seeds=3)},
)
