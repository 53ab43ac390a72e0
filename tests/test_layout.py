"""The repository keeps its promises: one list of dependencies, clean chapters, cited methods, small files."""

import ast
import inspect
import os
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tsinterp_lib import paths, registry
from tsinterp_lib.publishing import book, notebook, site

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CODE = sorted((ROOT / "tsinterp_lib").rglob("*.py"))
KEYS = set(re.findall(r"^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text(), re.MULTILINE))
METHODS = [
    (kind, name)
    for kind in ("dataset", "process", "model", "trainer", "explainer", "metric")
    for name in registry.table(kind)
]
CONTROLS = {"random", "position_only", "oracle"}
"""Explainers of our own, which nobody published."""
MANDATED = {"torch", "captum", "scikit-learn", "seaborn", "jupyter-book", "papermill", "timesynth", "distributed"}


def name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", Requirement(requirement).name).lower()


def pins(file: str) -> dict[str, str]:
    text = (ROOT / "requirements" / file).read_text()
    lines = [line.rstrip(" \\") for line in text.splitlines() if line and line[0] not in "#- "]
    return {name(line): line.partition("==")[2].split(";")[0].strip() for line in lines}


def direct() -> list[str]:
    return [*PROJECT["dependencies"], *(r for extra in PROJECT["optional-dependencies"].values() for r in extra)]


def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def code_cells(chapter: Path) -> list[str]:
    return [c.source for c in nbformat.read(chapter, as_version=4).cells if c.cell_type == "code"]


def test_the_top_level_is_what_a_reader_expects():
    wanted = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile", "pyproject.toml"}
    wanted |= {"environment.yml", "_config.yml", "_toc.yml", ".ci/run", "requirements/lock.txt"}
    wanted |= {"book", "notebooks", "results", "benchmarks", "tsinterp_lib", "tests"}
    assert {w for w in wanted if not (ROOT / w).exists()} == set()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_conda_environment_has_a_supported_python_and_takes_its_pins_from_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python = next(d for d in environment["dependencies"] if str(d).startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.partition("=")[2])
    assert {"pip": ["-r requirements/lock-pip.txt"]} in environment["dependencies"]
    assert "pip install --no-deps timesynth==" in (ROOT / "environment.yml").read_text()


def locked():
    """Every line of the lock that names a version, with its hashes."""
    text = (ROOT / "requirements" / "lock.txt").read_text()
    blocks = [block.split() for block in re.split(r"\n(?=\S)", text.strip())]
    return {block[0]: [word for word in block[1:] if word.startswith("--hash=sha256:")] for block in blocks}


def test_the_lock_for_pip_is_the_lock_without_timesynth_and_hashes():
    for_pip = (ROOT / "requirements" / "lock-pip.txt").read_text().splitlines()
    assert [version for version in locked() if not version.startswith("timesynth==")] == for_pip
    assert "timesynth" in pins("lock.txt")


def test_everything_locked_has_hashes_but_pytorch_which_is_another_file_on_each_kind_of_machine():
    bare = [version for version, hashes in locked().items() if not hashes]
    assert [version.partition("==")[0] for version in bare] == ["torch"]
    assert all(len(h) == len("--hash=sha256:") + 64 for hashes in locked().values() for h in hashes)


def test_every_direct_dependency_is_locked_at_a_version_that_satisfies_it():
    locked = pins("lock.txt")
    wrong = [r for r in direct() if not Requirement(r).specifier.contains(locked.get(name(r), "0"), prereleases=True)]
    assert wrong == []


def test_no_locked_version_is_local_to_one_machine():
    assert [v for v in pins("lock.txt").values() if not v or "+" in v] == []


def test_the_mandated_packages_are_direct_dependencies():
    assert {name(r) for r in direct()} >= MANDATED


def test_the_citation_file_names_the_version_of_the_library():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "title", "message", "authors"} <= set(citation)
    assert citation["version"] == PROJECT["version"] == __import__("tsinterp_lib").__version__
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_chapter_is_in_the_table_of_contents_and_every_page_exists():
    pages = book.toc_pages(ROOT / "_toc.yml")
    assert {p.stem for p in CHAPTERS} == {Path(p).name for p in pages if p.startswith("notebooks/")}
    assert [p for p in pages if not any((ROOT / f"{p}{end}").exists() for end in (".md", ".ipynb"))] == []
    assert [p for p in pages if not site.headline(ROOT, p)] == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_is_stored_without_outputs_and_marks_of_execution(chapter):
    made = nbformat.read(chapter, as_version=4)
    assert [c.outputs for c in made.cells if c.cell_type == "code" and c.outputs] == []
    assert [c for c in made.cells if c.cell_type == "code" and c.execution_count is not None] == []
    marks = {"papermill", "execution", "widgets"}
    assert [c.metadata for c in made.cells if marks & set(c.metadata)] == []
    assert marks & set(made.metadata) == set()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_has_one_title_and_one_cell_of_literal_parameters(chapter):
    made = nbformat.read(chapter, as_version=4)
    titles = [
        line for c in made.cells if c.cell_type == "markdown" for line in c.source.splitlines() if re.match(r"# ", line)
    ]
    assert len(titles) == 1
    assert made.cells[0].source.startswith("# ")
    assert len([c for c in made.cells if "parameters" in c.metadata.get("tags", [])]) == 1
    assert all(p.help for p in notebook.inspect(chapter.stem).values() if p.name != "seed")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_calls_the_library_and_computes_nothing_by_itself(chapter):
    heavy = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.With, ast.Lambda)
    for source in code_cells(chapter):
        found = [type(node).__name__ for node in ast.walk(ast.parse(source)) if isinstance(node, heavy)]
        assert found == [], source


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_has_at_most_25_lines_of_code_between_two_headings(chapter):
    lines = [0]
    for cell in nbformat.read(chapter, as_version=4).cells:
        if cell.cell_type == "code":
            lines[-1] += len(cell.source.splitlines())
        elif re.search(r"^#+ ", cell.source, re.MULTILINE):
            lines.append(0)
    assert max(lines) <= 25


def documented(kind: str, entry: str) -> str:
    """What is said of a method: its own docstring, or for a configured class that of the class and of its module."""
    maker = registry.table(kind)[entry]
    maker = getattr(maker, "func", maker)
    return f"{inspect.getdoc(maker)} {inspect.getdoc(inspect.getmodule(maker))}"


@pytest.mark.parametrize(("kind", "entry"), METHODS, ids=lambda v: v)
def test_every_method_says_who_published_it(kind, entry):
    if kind == "explainer" and entry in CONTROLS:
        return
    cited = re.findall(r":cite:[pt]:`([^`]+)`", documented(kind, entry))
    assert cited, f"{kind} {entry!r} cites nothing"


def test_every_citation_is_in_the_bibliography():
    pages = [*(ROOT / "book").glob("*.md"), *CHAPTERS, *CODE]
    cited = {
        key.strip(): path.name
        for path in pages
        for group in re.findall(r"cite:[a-z]+(?:\}|:)`([^`]+)`", path.read_text())
        for key in group.split(",")
    }
    assert {key: where for key, where in cited.items() if key not in KEYS} == {}


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_of_the_library_can_be_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 250


def test_nothing_generated_is_tracked():
    generated = re.compile(
        r"(^|/)(_build|\.cache|\.venv|\.tools|__pycache__|\.ipynb_checkpoints)/|\.pyc$|\.failed\.ipynb$"
    )
    assert [f for f in tracked() if generated.search(f)] == []


def test_no_tracked_text_names_a_path_of_one_machine():
    own = re.compile(r"(?<![\w.])/(home|Users|work|root)/\w")
    texts = [ROOT / f for f in tracked() if f.endswith((".py", ".md", ".ipynb", ".yml", ".toml", ".txt", ".cff"))]
    assert [p.name for p in texts if p.exists() and p != Path(__file__) and own.search(p.read_text())] == []


def test_the_project_finds_itself():
    assert paths.root() == Path(os.environ.get("TSINTERP_ROOT", ROOT)).resolve()
