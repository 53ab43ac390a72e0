"""The nouns: what is listed by name is one of them, and a class is either abstract or final."""

import inspect
import pkgutil
from importlib import import_module

import pytest
from torch import nn

from tsinterp_lib import datasets, metrics, models, perturbations, trainers
from tsinterp_lib.datasets.processes.base import Process
from tsinterp_lib.models import IMAGE_MODELS
from tsinterp_lib.perturbations import Perturbation
from tsinterp_lib.registry import Choice, build, table
from tsinterp_lib.types import DatasetSource, Explainer, Metric, Trainer

FOLDERS = (datasets, metrics, models, perturbations, trainers)


TYPES = {
    "dataset": DatasetSource, "process": Process, "trainer": Trainer, "explainer": Explainer,
    "perturbation": Perturbation, "metric": Metric,
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in TYPES for name in table(kind)], ids=str)
def test_what_is_built_by_name_is_of_its_kind(kind, name):
    """As the overloads of ``build`` promise to a type checker."""
    params = {"base": Choice("gradient")} if name == "permuted_features" else {}
    assert isinstance(build(kind, Choice(name, params)), TYPES[kind])


def test_a_model_built_by_name_is_a_module():
    for name in table("model"):
        sizes = {"n_steps": 5, "n_features": 10, "n_classes": 1 if name == "white_box" else 2}
        sizes = {"shape": (1, 32, 32), "n_classes": 2} if name in IMAGE_MODELS else sizes
        assert isinstance(build("model", name, **sizes), nn.Module)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.__name__.rpartition(".")[2])
def test_a_class_is_abstract_or_final(folder):
    """Overriding a method that already does something makes a reader follow two files to learn what runs."""
    modules = [import_module(m.name) for m in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.")]
    classes = {c for m in modules for c in vars(m).values() if inspect.isclass(c) and c.__module__ == m.__name__}
    assert classes
    concrete = [
        f"{c.__name__}({b.__name__})"
        for c in classes
        for b in c.__mro__[1:]
        if b.__module__.startswith("tsinterp_lib") and not inspect.isabstract(b)
    ]
    assert concrete == []
