"""A listed explainer is whole: a slow twin, a known answer, settings, a printed name and a colour; else what to add."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tsinterp_lib.explainers import AS_RELEASED, CORRECTED, EXPLAINERS
from tsinterp_lib.figures import style
from tsinterp_lib.registry import Choice
from tsinterp_lib.studies import STUDIES
from tsinterp_lib.tables import words

TESTS = Path(__file__).parents[1]

TWINS = {
    "feature_occlusion": "fit.py", "augmented_occlusion": "fit.py", "each_step": "per_step.py",
    "retain_attention": "networks.py",
}  # fmt: skip
"""Explainers whose slow twin shares a file with another's."""

SELF_EVIDENT = {
    "random": "its map is one uniform draw", "oracle": "its map is the truth itself",
    "position_only": "its map is the mean truth of the training samples",
    "permuted_features": "it permutes the map of another method",
    "scrambled_output": "it explains another method's network with its output scrambled",
    "squared": "it squares the map of another method", "blurred": "it blurs the map of another method with scipy",
    "each_series": "it asks another method once per series",
}  # fmt: skip
"""Controls and wrappers whose definition is one step: a twin would be the code itself; a test knows their answer."""


@cache
def answered() -> set[str]:
    """The names of classes that tests of explainers use."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        found |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        found |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def lacking(name: str, used: set[str]) -> list[str]:
    """What an explainer lacks, as what to do."""
    cls = EXPLAINERS[name].__name__
    todo = []
    if not (TESTS / "oracles" / TWINS.get(name, f"{name}.py")).exists() and name not in SELF_EVIDENT:
        todo.append(f"write tests/oracles/{name}.py, the definition in loops, or say in SELF_EVIDENT why it needs none")
    if cls not in used:
        todo.append(f"add a case whose answer is known to tests/explainers/test_explainers.py that uses {cls}")
    if name not in words.METHODS:
        todo.append("add its printed name to METHODS of tsinterp_lib/tables/words.py")
    if name not in style.LOOKS:
        todo.append("add its colour and marker to LOOKS of tsinterp_lib/figures/style.py")
    for protocol, settings in (("as_released", AS_RELEASED), ("corrected", CORRECTED)):
        if name in benchmarked(protocol) and name not in settings:
            todo.append(f"add its settings {protocol} to tsinterp_lib/explainers/settings.py: the benchmark runs it")
    return todo


def benchmarked(protocol: str) -> set[str]:
    """The explainers that the benchmark runs under a protocol."""
    return {choice.name for choice in STUDIES["benchmark"].plan("paper")[protocol].explainers}


@pytest.mark.parametrize("name", EXPLAINERS)
def test_a_listed_explainer_is_whole(name):
    todo = lacking(name, answered())
    assert not todo, f"explainer {name!r} is not whole: {'; '.join(todo)}."


def test_what_is_missing_is_said(monkeypatch):
    class Fresh:
        pass

    monkeypatch.setitem(EXPLAINERS, "fresh", Fresh)
    plan = STUDIES["benchmark"].plan("paper")["corrected"]
    monkeypatch.setattr(
        "tests.explainers.test_contract_listing.benchmarked",
        lambda _: {c.name for c in (*plan.explainers, Choice("fresh"))},
    )
    said = " ".join(lacking("fresh", set()))
    for text in (
        "tests/oracles/fresh.py",
        "tests/explainers/test_explainers.py",
        "words.py",
        "style.py",
        "settings.py",
    ):
        assert text in said


def test_no_two_explainers_have_one_name_or_one_look():
    assert len(set(words.METHODS.values())) == len(words.METHODS)
    looks = {(look.colour, look.marker) for look in style.LOOKS.values()}
    assert len(looks) == len(style.LOOKS)


@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
def test_settings_are_of_the_explainers_they_name(protocol):
    settings = {"as_released": AS_RELEASED, "corrected": CORRECTED}[protocol]
    assert benchmarked(protocol) <= set(settings)
    assert all(choice.name == name == choice.label for name, choice in settings.items())
