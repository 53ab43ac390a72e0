"""Compute what chapters need while the book is built: small, seeded, seconds each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from torch import Tensor

from tsinterp_lib.compare import explain, score
from tsinterp_lib.datasets import LAYOUTS
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import CORRECTED
from tsinterp_lib.models import MNIST_SIZES
from tsinterp_lib.registry import Choice, Scalar, build
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.trainers import Fitted
from tsinterp_lib.types import Dataset, Explanation, Sizes

FAST = {
    "gradient": CORRECTED["gradient"],
    "integrated_gradients": CORRECTED["integrated_gradients"],
    "smoothgrad": CORRECTED["smoothgrad"],
    "feature_ablation": CORRECTED["feature_ablation"],
    "occlusion": CORRECTED["occlusion"],
}
"""A method of each family, cheap enough to run while a page is built."""

DIGIT_SIZES: dict[str, dict[str, Scalar]] = {
    **MNIST_SIZES,
    "lstm_input_cell": {"hidden_size": 25, "n_hops": 8, "attention_size": 30, "dropout": 0.05},
    "tcn": {"n_levels": 3, "n_channels": 25, "last_channels": 25, "kernel_size": 3, "readout": "last", "dropout": 0.05},
}
"""The MNIST networks, cut to eight steps of eight pixels."""

SMALL = Sizes(train=40, validation=10, test=10)


def planted(process: str, protocol: str, seed: int = 0, sizes: Sizes = SMALL) -> dict[str, Dataset]:
    """Return every layout filled by one process."""
    params = {"process": process, "protocol": protocol}
    return {name: build("dataset", Choice(name, params)).load(sizes, seed) for name in LAYOUTS}


def backgrounds(protocol: str, processes: Sequence[str], seed: int = 0) -> dict[str, Tensor]:
    """Return one raw series (50, 50) of each process without a planted signal, before the networks' scaling."""
    made = {name: build("process", Choice(name, {"protocol": protocol})) for name in processes}
    return {name: torch.as_tensor(p.sample(1, 50, 50, p.generator(seed))[0]) for name, p in made.items()}


def train(
    dataset: Dataset,
    networks: Sequence[str],
    max_epochs: int,
    seed: int = 0,
    sizes: Mapping[str, Mapping[str, Scalar]] | None = None,
) -> dict[str, Fitted]:
    """Return networks trained on one data set with the corrected protocol; ``sizes`` are constructor arguments by
    network.
    """
    fitted = {}
    for name in networks:
        with scope(seed_from(name, seed)):
            model = build(
                "model",
                Choice(name, (sizes or {}).get(name, {})),
                n_steps=dataset.n_steps,
                n_features=dataset.n_features,
                n_classes=dataset.n_classes,
            )
            trainer = build("trainer", Choice("standard", {"protocol": "corrected"}), max_epochs=max_epochs)
            fitted[name] = trainer.fit(model, dataset, seed=seed)
    return fitted


def training_table(fitted: Mapping[str, Fitted]) -> pd.DataFrame:
    """Say how each network trained: parameters, epochs, seconds, accuracy on the three splits."""
    return pd.DataFrame(
        {
            "parameters": [sum(p.numel() for p in f.model.parameters()) for f in fitted.values()],
            "epochs": [f.epochs for f in fitted.values()],
            "seconds": [round(f.seconds, 1) for f in fitted.values()],
            "train": [round(f.train_accuracy, 3) for f in fitted.values()],
            "validation": [round(f.validation_accuracy, 3) for f in fitted.values()],
            "test": [round(f.test_accuracy, 3) for f in fitted.values()],
        },
        index=pd.Index(fitted, name="network"),
    )


def explanations(
    fitted: Mapping[str, Fitted], dataset: Dataset, explainers: Mapping[str, Choice], samples: int, seed: int = 0
) -> dict[str, dict[str, Explanation]]:
    """Explanations of the first test samples: explainer → network → explanation."""
    first = dataset.test[:samples]
    by_network = {n: explain(f.model, first, explainers, dataset.train, dataset, seed) for n, f in fitted.items()}
    return {name: {n: found[name] for n, found in by_network.items()} for name in explainers}


def maps_of(found: Mapping[str, Mapping[str, Explanation]], sample: int) -> dict[str, dict[str, Tensor]]:
    """Return the (T, F) maps of one sample: explainer → network → map; raises :class:`InvalidInput` for one not
    explained.
    """
    n = min((len(e.attribution) for row in found.values() for e in row.values()), default=0)
    if not 0 <= sample < n:
        raise InvalidInput(f"`sample` is {sample}, but {n} samples are explained: choose one below, or explain more.")
    return {name: {n: e.attribution[sample] for n, e in row.items()} for name, row in found.items()}


def made_up(importance: Tensor, seed: int = 0) -> dict[str, Tensor]:
    """Return maps whose quality is known: what a metric should reward, and what it should not; each (N, T, F)."""
    m = importance.double()
    with scope(seed):
        noise, order = torch.rand_like(m), torch.rand_like(m)
    steps = m.amax(2, keepdim=True).expand_as(m)
    late = torch.linspace(0, 1, m.shape[1], dtype=m.dtype)[None, :, None].expand_as(m) + 0.01 * noise
    one = torch.zeros_like(m).flatten(1).scatter(1, (m * order).flatten(1).argmax(1, keepdim=True), 1.0).view_as(m)
    return {
        "perfect": m + 1e-6 * noise,
        "right order, leaking mass": m * (0.55 + 0.45 * noise) + (1 - m) * 0.5 * noise,
        "right order, tiny outside": m * (0.6 + 0.4 * noise) + (1 - m) * 0.05 * noise,
        "half of the cells": m * (order < 0.5) + 1e-6 * noise,
        "a single cell": one + 1e-6 * noise,
        "time steps only": steps * (0.9 + 0.1 * noise) + 1e-6 * noise,
        "late steps": late,
        "inverted": (1 - m) + 1e-6 * noise,
        "random": noise,
        "constant": torch.ones_like(m),
    }


def scores_of(maps: Mapping[str, Tensor], dataset: Dataset, metrics: Sequence[str]) -> pd.DataFrame:
    """Return mean score of made-up maps of the test split under metrics that need no model: maps × metrics."""
    test, blank = dataset.test, torch.nn.Identity()
    table = {
        name: {
            str(r["metric"]): r["mean"]
            for r in score(Explanation(blank, test.x, test.y, a.to(test.x.dtype), test.importance), metrics)
        }
        for name, a in maps.items()
    }
    return pd.DataFrame(table).T


def with_controls(explainers: Mapping[str, Choice]) -> dict[str, Choice]:
    """Return the explainers and the random control."""
    return {**explainers, "random": CORRECTED["random"]}


def train_on_digits(dataset: Dataset, networks: Sequence[str], max_epochs: int, seed: int = 0) -> dict[str, Fitted]:
    """Return networks of the size that suits the images: those of MNIST at 28 steps, smaller ones below."""
    return train(dataset, networks, max_epochs, seed, MNIST_SIZES if dataset.n_steps >= 28 else DIGIT_SIZES)


def digit_maps(
    fitted: Fitted, dataset: Dataset, explainers: Mapping[str, Choice], seed: int = 0
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Return the first test image of each class, its label, and its map by each explainer."""
    y = dataset.test.y
    first = torch.tensor([int((y == c).nonzero()[0]) for c in range(dataset.n_classes)])
    samples = dataset.test[first]
    found = explain(fitted.model, samples, explainers, dataset.train, dataset, seed)
    return samples.x, samples.y, {name: e.attribution for name, e in found.items()}


def row_share(
    fitted: Mapping[str, Fitted], dataset: Dataset, explainers: Mapping[str, Choice], seed: int = 0
) -> dict[str, dict[str, Tensor]]:
    """Return mean share of a map's magnitude that lies in each time step: explainer → network → (T)."""
    found = explanations(fitted, dataset, explainers, samples=len(dataset.test), seed=seed)
    return {
        name: {n: _share(e.attribution.abs().double().sum(2)) for n, e in row.items()} for name, row in found.items()
    }


def _share(per_step: Tensor) -> Tensor:
    return (per_step / per_step.sum(1, keepdim=True).clamp_min(1e-30)).mean(0)
