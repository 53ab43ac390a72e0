"""Study *roar_series*: remove and retrain on the ten planted layouts, where the truth is known.

The measurement of Hooker et al., "A Benchmark for Interpretability Methods in Deep Neural Networks", NeurIPS 2019, on
multivariate series, cell by cell, with the mean of each feature in place of what is removed. Beside it stands the AUROC
of the same maps against the planted cells: does the one rank methods as the other does? A TCN and an LSTM without
dropout, trained quickly, so that a thousand retrainings take half an hour: 1,000 series, at most 15 (TCN) or 40 epochs
of Adam, stopped by validation loss. A retrained network that stays below the gate is trained again from other first
weights, once. Explained networks that do not learn their layout in that time are left out by the gate.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.engine.grid import Plan, Profile, Study
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.planted import planted
from tsinterp_lib.types import Sizes

LAYOUTS_AT = {"smoke": ("middle",), "quick": ("middle", "rare_time", "rare_feature")}
EPOCHS = 40
LEVELS = "0.1 0.5 0.9"
RESTARTS = 1
"""A network of this size may stay at chance, whatever it is shown: it is then trained again from other weights."""
GRADIENT = Choice("gradient", {}, alias="gradient")
INTEGRATED = Choice("integrated_gradients", {"baseline": "train_mean", "n_steps": 10}, alias="integrated_gradients")


VARGRAD: dict[str, Scalar | Choice] = {"base": GRADIENT, "statistic": "variance", "noise": 0.05}
EXPLAINERS: tuple[Choice, ...] = (
    Choice("random", {}, alias="random"),
    Choice("oracle", {}, alias="oracle"),
    GRADIENT,
    Choice("squared", {"base": GRADIENT}, alias="gradient[squared]"),
    INTEGRATED,
    Choice("squared", {"base": INTEGRATED}, alias="integrated_gradients[squared]"),
    Choice("noise_ensemble", VARGRAD, alias="gradient[vargrad]"),
)
"""Controls, signed maps, their squares, and VarGrad."""

NETWORKS = (
    Choice("tcn", {"dropout": 0.0}, alias="tcn"),
    Choice("lstm", {"hidden_size": 16, "dropout": 0.0}, alias="lstm"),
)
SETTINGS: dict[str, dict[str, Scalar | Choice]] = {
    "tcn": {"learning_rate": 3e-3, "patience": 6},
    "lstm": {"learning_rate": 5e-3, "patience": 12},
}


def plan(profile: str) -> Mapping[str, Plan]:
    """Return the TCN's cells and the LSTM's, which has a learning rate of its own."""
    names = LAYOUTS_AT.get(profile, tuple(LAYOUTS))
    datasets = tuple(planted(name, "gaussian_noise", "corrected") for name in names)
    # Two epochs teach nothing: the tests' profile has no gate, so that its networks are trained again all the same.
    free: dict[str, Scalar | Choice] = {"gate": 0.0} if profile == "smoke" else {}
    trainers = {
        (model, name): (Choice("standard", {"protocol": "corrected", **settings, **free}, alias="standard"),)
        for model, settings in SETTINGS.items()
        for name in names
    }
    levels = "0 0.5" if profile == "smoke" else LEVELS
    again: dict[str, Scalar | Choice] = {"levels": levels, "restarts": RESTARTS}
    metrics = (Choice("auroc", {}, alias="auroc"), Choice("roar", again, alias="roar"))
    return {"corrected": Plan(datasets, NETWORKS, (), EXPLAINERS, metrics, trainers_of=trainers)}


ROAR_SERIES = Study(
    "roar_series",
    "Does remove and retrain rank methods as the planted truth does?",
    plan,
    own={
        "smoke": Profile("smoke", Sizes(train=60, validation=20, test=20), max_epochs=2, n_seeds=1),
        "quick": Profile("quick", Sizes(train=500, validation=100, test=200), max_epochs=EPOCHS, n_seeds=1),
        "paper": Profile("paper", Sizes(train=1000, validation=200, test=400), max_epochs=EPOCHS, n_seeds=3),
    },
)
