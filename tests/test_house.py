"""The house keeps its order: a floor looks only down; a new study touches its folder, a line, a chapter, contents."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "tsinterp_lib"
GROUND = (
    "errors", "paths", "denormals", "seeding", "axes", "registry", "facts", "checks", "guard", "parts", "samples",
    "fitted", "retraining", "explanation", "explainer", "types",
)  # fmt: skip
FLOORS = (
    *GROUND, "datasets", "perturbations", "models", "trainers", "metrics", "explainers", "engine", "statistics",
    "tables", "figures", "studies", "scoreboard", "compare", "live", "publishing", "cli",
)  # fmt: skip
"""From bottom to top."""


def room(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.module == "tsinterp_lib":
        return [f"tsinterp_lib.{alias.name}" for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [str(node.module)]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def imports(source: str) -> list[tuple[str, bool]]:
    """Rooms that a text imports when it runs, and whether a function hides the import.

    What stands below ``if TYPE_CHECKING`` never runs: it names types for the type checker.
    """
    tree = ast.parse(source)
    top = {id(node) for node in tree.body}
    unseen = {
        id(n)
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for n in node.body
    }
    return [
        (module.split(".")[1], id(node) not in top)
        for node in ast.walk(tree)
        if id(node) not in unseen
        for module in modules(node)
        if module.startswith("tsinterp_lib.")
    ]


def looks_up(name: str, source: str) -> list[str]:
    return [other for other, _ in imports(source) if other in FLOORS and FLOORS.index(other) > FLOORS.index(name)]


FILES = sorted(p for p in LIBRARY.rglob("*.py") if p != LIBRARY / "__init__.py")


def test_every_room_has_its_floor():
    assert {room(p) for p in FILES} == set(FLOORS)


def test_a_look_up_is_noticed_at_the_top_and_inside_a_function():
    assert looks_up("tables", "from tsinterp_lib.figures import style") == ["figures"]
    assert looks_up("engine", "def f():\n    from tsinterp_lib import studies") == ["studies"]
    assert looks_up("figures", "from tsinterp_lib.tables.words import Prose\nimport torch") == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_a_floor_looks_only_down(path):
    assert looks_up(room(path), path.read_text()) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_no_import_hides_in_a_function(path):
    """The command line alone imports late: it must answer before everything is loaded."""
    hidden = [other for other, inside in imports(path.read_text()) if inside]
    assert hidden == [] or path.name == "cli.py"


DOORS = ("registry.py", "studies/__init__.py", "datasets/processes/_timesynth.py")
"""Where a name in a configuration becomes a thing, where folders are gathered, and where an extra may be missing."""


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_imports_are_absolute_and_by_name_at_three_doors_alone(path):
    tree = ast.parse(path.read_text())
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level] == []
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {getattr(func, "id", getattr(func, "attr", "")) for func in called}
    assert not names & {"import_module", "__import__"} or str(path.relative_to(LIBRARY)) in DOORS


def test_only_pages_of_studies_show_things_in_a_notebook():
    users = [p for p in FILES if "IPython" in p.read_text()]
    assert [p for p in users if room(p) != "studies" or not p.stem.endswith("page")] == []


STUDIES = sorted(p.parent for p in (LIBRARY / "studies").glob("*/__init__.py"))


@pytest.mark.parametrize("folder", STUDIES, ids=lambda p: p.name)
def test_a_study_has_a_plan_a_page_and_claims_or_says_why_not(folder):
    there = {p.stem for p in folder.glob("*.py")}
    assert {"plan", "page"} <= there
    why = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    assert ("claims" in there) != ("No claims of its own: " in why)


PLAN = '''"""Study *made_up*: one layout, one network, one method."""
from tsinterp_lib.engine.grid import Plan, Study
from tsinterp_lib.registry import Choice

def plan(profile):
    data = Choice("middle", {"process": "gaussian_noise", "protocol": "corrected"}, alias="middle/gaussian_noise")
    return {
        "corrected": Plan(
            (data,), (Choice("tcn", alias="tcn"),), (Choice("standard", {"protocol": "corrected"}, alias="standard"),),
            (Choice("gradient", alias="gradient"), Choice("random", alias="random")), (Choice("auroc", alias="auroc"),),
        )
    }

MADE_UP = Study("made_up", "Does a new study find its place?", plan, profiles=("smoke",))
'''
CLAIMS = '''"""What a made-up paper claims and prints."""
import pandas as pd
from tsinterp_lib.statistics.verdict import verdict
from tsinterp_lib.tables import select
from tsinterp_lib.tables.papers import Claims, Printed
from tsinterp_lib.tables.printed import COLUMNS

def judge(profile):
    n = len(select.rows("made_up", profile, gated=False))
    return [verdict(f"a made-up claim on {n} rows", 0.2, 0.1, 0.3, 5)]

def compare(profile):
    row = dict.fromkeys(COLUMNS, "") | {"paper": "nobody2031", "table": "Table 0", "outcome": "reproduced", "n": 5}
    return pd.DataFrame([row | dict.fromkeys(("published", "ours", "low", "high"), 0.5)])

CLAIMS = (Claims("nobody2031", "made_up", judge, about="nothing real"),)
PRINTED = (Printed("nobody2031 Table 0", ("made_up",), compare),)
'''
PAGE = '''"""What the chapter of the made-up study shows."""
from tsinterp_lib.tables import select, summaries, words
from tsinterp_lib.tables.papers import Picture
from tsinterp_lib import figures

def say(profile):
    return words.Prose(f"There are {len(select.rows('made_up', profile, gated=False))} rows.")

PICTURES = (Picture("made_up", ("made_up",), lambda: figures.dots(
    summaries.by_explainer(select.rows("made_up", "smoke", gated=False), "auroc", "corrected"), "AUROC")),)
'''
ASK = """
import json
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.scoreboard import claims, numbers, pictures
from tsinterp_lib.studies import STUDIES
board, judged = numbers.scoreboard("smoke"), claims.judged("smoke")
print(json.dumps({
    "there": "made_up" in STUDIES,
    "claim": judged[judged["chapter"] == "made_up"]["claim"].tolist(),
    "heading": "<h3>Nobody 2031: nothing real</h3>" in claims.by_paper(judged),
    "printed": int((board["table"] == "Table 0").sum()),
    "pictures": [p.name for p in pictures.pictures()],
    "drawn": [pictures.draw(p).name for p in pictures.pictures() if p.name == "made_up"],
}))
"""


def chapter() -> str:
    literal = {"tags": ["parameters"]}
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A made-up study\n"},
        {"cell_type": "code", "id": "b", "metadata": literal, "source": 'profile: str = "smoke"  # which rows to read'},
        {"cell_type": "code", "id": "c", "metadata": {}, "source": "from tsinterp_lib.studies.made_up import page"},
        {"cell_type": "code", "id": "d", "metadata": {}, "source": "page.say(profile)"},
    ]
    blank = {"execution_count": None, "outputs": []}
    cells = [c | blank if c["cell_type"] == "code" else c for c in cells]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def text(folder: Path) -> dict[str, list[str]]:
    kinds = {".py", ".ipynb", ".yml", ".md", ".toml", ""}
    there = [p for p in folder.rglob("*") if p.is_file() and p.suffix in kinds and "__pycache__" not in p.parts]
    return {str(p.relative_to(folder)): p.read_text().splitlines() for p in there}


@pytest.mark.slow
def test_a_new_study_touches_its_folder_one_line_a_notebook_and_the_contents(tmp_path):
    house = tmp_path / "house"
    for name in ("tsinterp_lib", "notebooks", "book"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "results" / "papers", house / "results" / "papers")
    for name in ("_toc.yml", "_config.yml", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, house / name)
    before = text(house)

    folder = house / "tsinterp_lib" / "studies" / "made_up"
    folder.mkdir()
    index = "from tsinterp_lib.studies.made_up.plan import MADE_UP\n\nSTUDIES = (MADE_UP,)\n"
    for name, content in (("__init__", index), ("plan", PLAN), ("claims", CLAIMS), ("page", PAGE)):
        (folder / f"{name}.py").write_text(content)
    (house / "notebooks" / "made_up.ipynb").write_text(chapter())
    listing = folder.parent / "__init__.py"
    listing.write_text(listing.read_text().replace('    "fit_simulated",\n', '    "fit_simulated",\n    "made_up",\n'))
    contents = house / "_toc.yml"
    line, part = "      - file: notebooks/made_up\n", "  - caption: Verdicts"
    contents.write_text(contents.read_text().replace(part, line + part))

    after = text(house)
    new = {name for name in after if name not in before}
    assert new == {f"tsinterp_lib/studies/made_up/{n}.py" for n in ("__init__", "plan", "claims", "page")} | {
        "notebooks/made_up.ipynb"
    }
    touched = {name: len(set(after[name]) - set(before[name])) for name in before if before[name] != after[name]}
    assert touched == {"tsinterp_lib/studies/__init__.py": 1, "_toc.yml": 1}

    places = {"TSINTERP_ROOT": house, "TSINTERP_CACHE": tmp_path / "cache", "PYTHONPATH": house}
    environment = os.environ | {key: str(value) for key, value in places.items()}
    environment.pop("TSINTERP_RESULTS", None)

    def call(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=house, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    tsinterp = ("-m", "tsinterp_lib.cli")
    assert "made_up" in call(*tsinterp, "list", "study")
    call(*tsinterp, "run", "made_up", "--profile", "smoke", "--workers", "0")
    found = json.loads(call("-c", ASK).splitlines()[-1])
    assert found["there"]
    assert found["claim"] == ["a made-up claim on 8 rows"]
    assert found["heading"]
    assert found["printed"] == 1
    assert found["pictures"] == ["answer", "made_up", "outcomes"]
    assert found["drawn"] == ["made_up.png"]
    call(*tsinterp, "notebook", "made_up", "-o", str(tmp_path / "page.ipynb"))
    assert "There are 8 rows." in (tmp_path / "page.ipynb").read_text()


def texts(source: str) -> list[str]:
    """Every text of a module that is no docstring."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in docs)
    return [n.value for n in found if isinstance(n.value, str)]


def test_one_function_words_what_is_not_computed_yet():
    wordings = ("computed yet", "there yet", "of this is computed", "one yet", "controls yet")
    lines = {p: " ".join(texts(p.read_text())).lower() for p in FILES}
    for chapter in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(chapter.read_text())["cells"]
        lines[chapter] = "".join(line for c in cells if c["cell_type"] == "code" for line in c["source"]).lower()
    assert [p.name for p, text in lines.items() if any(w in text for w in wordings)] == ["words.py"]


NOUNS = {"Class", "Maps", "Probabilities", "Rows", "Series"}
"""First words that end like a verb in the third person and are none."""


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_a_class_says_in_its_first_word_what_it_does(path):
    """Errors say in a sentence what went wrong; every other class starts with its verb."""
    classes = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef)]
    errors = ("Error", "Exception", "Warning")
    first = {
        n.name: (ast.get_docstring(n) or "Says").split()[0]
        for n in classes
        if path.name != "errors.py" and not any(ast.unparse(b).endswith((*errors, "InvalidInput")) for b in n.bases)
    }
    assert {k: w for k, w in first.items() if not (w.isalpha() and w[0].isupper() and w[-1] == "s") or w in NOUNS} == {}


OPENINGS = ("The", "A", "An", "All", "Every", "One", "Rows", "Mean", "Ours", "Whether", "How", "What", "Which", "Where")
"""First words that name a thing or ask a question, where a function should say what it does."""


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_a_function_says_in_its_first_sentence_what_it_does(path):
    """A first sentence starts with its verb, or has one of its own: *Each copy keeps its baseline.*"""
    functions = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)]
    opening = {n.name: (ast.get_docstring(n) or "Says").split()[0] for n in functions}
    sentence = {n.name: (ast.get_docstring(n) or "").split(". ")[0] for n in functions}
    bare = [name for name, word in opening.items() if word in OPENINGS and not VERB.search(sentence[name])]
    assert bare == []


VERB = re.compile(
    r"\b(is|are|has|have|was|were|keeps?|reads?|gets?|goes|needs|takes?|asks?|stays?|holds?|gives?|moves?|enters?|lies?|"
    r"comes?|makes|means|stands?|runs|knows|sees|follows|works|differs|agrees|cannot|can|may|must|does|do|would|will|"
    r"wants|leaves|becomes|belongs|loses|shares|appears|starts|ends|sums|uses|depends|falls|rises|says|tells|refuses|"
    r"fails|raises|returns)\b"
)


def test_folders_of_tests_are_those_of_the_library():
    """What is tested across folders lies above them; slow twins lie beside."""
    folders = {p.parent.name for p in (ROOT / "tests").glob("*/__init__.py")}
    assert folders - {p.parent.name for p in LIBRARY.glob("*/__init__.py")} == {"oracles"}
