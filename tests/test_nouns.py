"""The nouns: what is listed by name is one of them, and a class is either abstract or final."""

import inspect
import pkgutil
from importlib import import_module

import pytest

from tsinterp_lib import datasets, metrics, perturbations, trainers
from tsinterp_lib.registry import build, table
from tsinterp_lib.types import DatasetSource, Metric, Trainer

FOLDERS = (datasets, metrics, perturbations, trainers)


@pytest.mark.parametrize("name", list(table("trainer")))
def test_every_trainer_is_a_trainer(name):
    assert isinstance(build("trainer", name), Trainer)


def test_metrics_and_data_sets_are_of_their_kind():
    assert all(isinstance(build("metric", name), Metric) for name in table("metric"))
    assert all(isinstance(build("dataset", name), DatasetSource) for name in table("dataset"))


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
