"""What the audit of masks computes while its page is built: a small network on the hidden state, one switch each.

It shows what a switch does, on one network and a few series; how much it matters is for the studies to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
import torch
from torch import nn

from tsinterp_lib.datasets import State
from tsinterp_lib.engine import explain
from tsinterp_lib.registry import Choice, Settings, build
from tsinterp_lib.seeding import scope
from tsinterp_lib.studies.state.plan import RELEASED_MASK
from tsinterp_lib.trainers import PerStep
from tsinterp_lib.types import Samples, Sizes

SCORES = {"AUROC": "auroc", "AUP (threshold)": "aup_threshold", "AUR (threshold)": "aur_threshold"}

AREAS = "0.25:0.34:2"
MASKS: dict[str, Settings] = {
    "as released": {},
    "velocity decays (momentum 0.9)": {"momentum": 0.9},
    "velocity ends at bounds": {"optimiser": "projected"},
    "soft target": {"loss": "cross_entropy"},
}
"""Settings of the released mask, changed one at a time."""


@dataclass(frozen=True, eq=False)
class Small:
    """Holds a network, what it was trained on, and the series to explain."""

    model: nn.Module
    train: Samples
    test: Samples
    accuracy: float


def network(n_steps: int, hidden: int, n_series: int, seed: int) -> Small:
    """Return a GRU trained on the hidden state until it predicts nearly as well as one can."""
    data = State(n_steps=n_steps).load(Sizes(400, 100, n_series), seed)
    with scope(seed):
        model = build(
            "model",
            Choice("gru", {"per_step": True, "hidden_size": hidden}),
            n_steps=n_steps,
            n_features=3,
            n_classes=2,
        )
    fitted = PerStep(learning_rate=0.01, epochs=15).fit(model, data, seed)
    return Small(fitted.model, data.train, data.test, fitted.test_accuracy)


def scored(small: Small, choices: Mapping[str, Choice], seed: int = 0) -> pd.DataFrame:
    """Return mean scores of the maps that methods draw of the series, a row each."""
    table = {}
    for name, choice in choices.items():
        e = explain.explained(small.model, choice, small.test, small.train, explain.Seeds(seed)).explanation
        scores = explain.scored(e, SCORES.values())
        table[name] = {printed: float(s.values.nanmean()) for printed, s in zip(SCORES, scores, strict=True)}
    return pd.DataFrame(table).T


def axes(small: Small, epochs: int) -> pd.DataFrame:
    """Return Dynamask on outputs whose axes are mixed up, as released, and on the right ones with each of
    :data:`MASKS`.
    """
    masks = {
        name: Choice("dynamask", {**RELEASED_MASK, "areas": AREAS, "epochs": epochs, **changed})
        for name, changed in MASKS.items()
    }
    mixed = {"mixed-up axes, as released": Choice("scrambled_output", {"base": masks["as released"]})}
    right = {f"right axes, {n}": c for n, c in masks.items()}
    return scored(small, {**mixed, **right, **{c: Choice(c) for c in ("random", "oracle")}})


def training_mode(small: Small) -> pd.DataFrame:
    """Return methods with dropout and batch statistics on, as released, and off."""
    made = {}
    for name in ("feature_occlusion", "augmented_occlusion"):
        for mode in (True, False):
            made[f"{name.replace('_', ' ')}, {MODES[mode]}"] = Choice(name, {"first_step": 1, "train_mode": mode})
    for mode in (True, False):
        each = Choice("each_step", {"base": Choice("deep_lift"), "target": "predicted", "train_mode": mode})
        made[f"DeepLIFT, {MODES[mode]}"] = each
    return scored(small, made)


MODES = {True: "training mode", False: "evaluation mode"}


def first(small: Small) -> Samples:
    """Return the first series to be explained."""
    return small.test[slice(0, 1)]


def leading(small: Small, n: int) -> Small:
    """Return the same network with the first n series alone."""
    return replace(small, test=small.test[torch.arange(n)])
