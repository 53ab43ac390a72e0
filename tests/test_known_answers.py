"""Every public function that makes a table, a sentence, a claim or a figure has a test that knows its answer.

A test says so with ``@answers("tables.summaries.by_explainer")`` of ``tests/made_up.py``; older tests are listed here.
"""

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
LIBRARY = TESTS.parent / "tsinterp_lib"
FOLDERS = ("tables", "statistics", "scoreboard", "figures", "studies")

COMPARISON = "statistics/test_comparison.py"
ELSEWHERE = {
    "figures.digit_maps.digit_views": "studies/test_mnist_series.py",
    "figures.digit_maps.mass_by_group": "studies/test_mnist_series.py",
    "figures.masks.blurs": "figures/test_figures_masks.py",
    "figures.masks.extremal_curve": "figures/test_figures_masks.py",
    "figures.masks.mask_history": "figures/test_figures_masks.py",
    "figures.masks.masks": "figures/test_figures_masks.py",
    "figures.masks.smoothed": "figures/test_figures_masks.py",
    "figures.vanishing.by_box": "studies/test_vanishing.py",
    "figures.vanishing.profiles": "studies/test_vanishing.py",
    "statistics.friedman.critical_difference": COMPARISON,
    "statistics.friedman.friedman_statistic": COMPARISON,
    "statistics.outcome.outcome": "scoreboard/test_numbers.py",
    "statistics.power.detectable": COMPARISON,
    "statistics.power.power": COMPARISON,
    "statistics.power.repetitions_needed": COMPARISON,
    "statistics.signed_rank.cliffs_delta": COMPARISON,
    "statistics.signed_rank.hodges_lehmann": COMPARISON,
    "statistics.signed_rank.holm": COMPARISON,
    "statistics.signed_rank.rank_biserial": COMPARISON,
    "statistics.signed_rank.signed_rank": COMPARISON,
    "statistics.signed_rank.smallest_p": COMPARISON,
    "statistics.signed_rank.standardised": COMPARISON,
    "statistics.verdict.verdict": COMPARISON,
    "tables.cards.cards_table": "metrics/test_metrics_cards.py",
}
"""Functions whose answer a test knows that is older than ``answers``, and its file."""

NONE = {"figures.style.finish", "figures.style.use"}
"""Functions that have no answer: they set how things look."""


@cache
def public():
    """Every public function of the folders, as ``tables.summaries.by_explainer``; plans hold cells, not answers."""
    found = set()
    for path in (p for folder in FOLDERS for p in (LIBRARY / folder).rglob("*.py")):
        names = path.relative_to(LIBRARY).with_suffix("").parts
        if names[-1] == "__init__" or names[-1].endswith("plan"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found.add(".".join((*names, node.name)))
    return {name for name in found if not name.startswith(("studies.per_step", "studies.planted"))}


@cache
def answered():
    """What tests say they know the answer of, and the names of functions and methods that each of them uses."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body if "@answers(" in text else ():
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "answers":
                    used = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
                    used |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                    for name in mark.args:
                        found.setdefault(name.value, []).append((f"{path.name}::{node.name}", used))
    return found


def test_every_public_function_has_a_test_that_knows_its_answer():
    missing = sorted(public() - set(answered()) - set(ELSEWHERE) - NONE)
    assert not missing, (
        f"no test knows the answer of {', '.join(missing)}: write one on rows of tests/made_up.py, in the folder of "
        "tests that mirrors the library, and mark it @answers with that name."
    )


def test_what_tests_answer_is_there_and_is_used_by_them():
    names = public()
    gone = sorted((set(answered()) | set(ELSEWHERE) | NONE) - names)
    assert not gone, f"there is no public function {', '.join(gone)}: its test should name the one that took its place."
    for name, tests in answered().items():
        last = name.split(".")[-1]
        unused = [test for test, used in tests if last not in used]
        # A function may be reached through another of its module: then one of its tests, at least, names its module.
        assert len(unused) < len(tests) or all(_reached(name, used) for _, used in tests), (name, unused)


def _reached(name, used):
    """Whether a test uses something of the function's module, through which the function is reached."""
    module = LIBRARY.joinpath(*name.split(".")[:-1]).with_suffix(".py").read_text(encoding="utf-8")
    functions = {n.name for n in ast.parse(module).body if isinstance(n, ast.FunctionDef)}
    return bool(functions & used)


def test_older_tests_use_the_functions_they_are_listed_for():
    for name, file in ELSEWHERE.items():
        assert name.split(".")[-1] in (TESTS / file).read_text(encoding="utf-8"), (name, file)
