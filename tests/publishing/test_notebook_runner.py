"""The caller of papermill: what it refuses, what it names, what the executed copy shows."""

import json
import os
import re
import shlex
from html import unescape

import nbformat
import pytest
from nbformat import v4

from tsinterp_lib.errors import NotebookError, UnknownName
from tsinterp_lib.publishing import notebook
from tsinterp_lib.publishing.parameters import converted, declared

PARAMETERS = """profile: str = "smoke"  # how large
seeds: int = 2
share: float = 0.5
compute: bool = False
layouts: list[str] = ["middle"]
limit: int | None = None
untyped = 3"""


def chapter(*cells: str, parameters: str | None = PARAMETERS):
    made = [v4.new_markdown_cell("# A chapter")]
    if parameters is not None:
        made.append(v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    made.append(v4.new_markdown_cell("## A heading"))
    return v4.new_notebook(cells=made + [v4.new_code_cell(c) for c in cells])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_ROOT", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def write(folder, name: str, made) -> None:
    nbformat.write(made, folder / "notebooks" / f"{name}.ipynb")


def texts(path) -> str:
    return "".join(o.get("text", "") for c in nbformat.read(path, 4).cells for o in c.get("outputs", []))


def test_the_parameters_of_a_chapter_are_its_literals_with_type_default_and_help(folder):
    write(folder, "01_a", chapter())
    found = notebook.inspect("01_a")
    assert list(found) == ["profile", "seeds", "share", "compute", "layouts", "limit", "untyped"]
    assert (found["profile"].type, found["profile"].default, found["profile"].help) == ("str", "smoke", "how large")
    assert (found["untyped"].type, found["limit"].type) == ("int", "int | None")


@pytest.mark.parametrize("cell", ["a = [i for i in range(3)]", "a = b = 1", "import os", "a: int"])
def test_a_parameters_cell_holds_literals_only(cell):
    with pytest.raises(NotebookError, match="no literal"):
        declared(chapter(parameters=cell), "x")


def test_an_unknown_chapter_is_refused_with_the_nearest_name(folder):
    write(folder, "benchmark", chapter())
    with pytest.raises(UnknownName, match="Did you mean 'benchmark'"):
        notebook.run("05_benchmrk", {}, folder / "out.ipynb")


def test_a_misspelt_parameter_is_refused_before_anything_runs(folder):
    write(folder, "01_a", chapter())
    with pytest.raises(UnknownName, match="Did you mean 'profile'") as error:
        notebook.run("01_a", {"profil": "smoke"}, folder / "out" / "a.ipynb")
    assert "compute, layouts" in str(error.value)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("profile", "007", "007"),
        ("seeds", "7", 7),
        ("share", "1e-3", 0.001),
        ("share", 1, 1.0),
        ("compute", "true", True),
        ("layouts", "middle,rare_time", ["middle", "rare_time"]),
        ("layouts", "[middle, rare_time]", ["middle", "rare_time"]),
        ("layouts", ("middle",), ["middle"]),
        ("limit", "null", None),
        ("limit", "4", 4),
    ],
)
def test_a_value_is_read_as_the_declared_type(name, text, value):
    found = converted({name: text}, declared(chapter(), "x"), "x")[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("seeds", "two", "int"),
        ("seeds", True, "int"),
        ("seeds", 2.0, "int"),
        ("share", "half", "float"),
        ("share", None, "float"),
        ("compute", "maybe", "bool"),
        ("compute", 1, "bool"),
        ("profile", 3, "str"),
        ("layouts", "{a: 1}", r"list\[str\]"),
        ("layouts", 3, r"list\[str\]"),
        ("limit", "some", r"int \| None"),
    ],
)
def test_a_value_of_another_type_is_refused_with_name_value_type_and_an_example(name, value, wanted):
    if value == "{a: 1}":
        value = {"a": 1}
    with pytest.raises(NotebookError, match=f"`{name}`.*wants {wanted}, for example {name}="):
        converted({name: value}, declared(chapter(), "x"), "x")


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("seeds", -1, "from 1 to 1000000"),
        ("seeds", 0, "from 1 to 1000000"),
        ("seeds", 10**12, "from 1 to 1000000"),
        ("seed", -1, "from 0 to 2147483647"),
        ("sample", "-1", "from 0 to 2147483647"),
        ("share", "nan", "a finite number"),
        ("share", float("inf"), "a finite number"),
    ],
)
def test_counts_are_positive_and_bounded_and_numbers_are_finite(name, value, rule):
    parameters = declared(chapter(parameters=f"{PARAMETERS}\nseed: int = 4\nsample: int = 0"), "x")
    with pytest.raises(NotebookError, match=f"`{name}` of chapter 'x' is {value}; it must be .*{rule}, for example"):
        converted({name: value}, parameters, "x")
    assert converted({"seed": 0, "sample": 0}, parameters, "x") == {"seed": 0, "sample": 0}


@pytest.mark.parametrize("value", ["<b>x", "a`b", "``", "$(rm x)", "**x**", "two\nlines"])
def test_a_text_is_shown_on_its_page_as_it_is(value):
    from markdown_it import MarkdownIt

    parameters = declared(chapter(), "x")
    html = MarkdownIt("commonmark").render(notebook.made_with("x", parameters, {"profile": value}))
    codes = [unescape(code).strip() for code in re.findall("<code>(.*?)</code>", html)]
    assert codes[0] == f"profile={value!r}"
    command = next(code for code in codes if code.startswith("tsinterp"))
    assert shlex.split(command)[-1].split() == f"profile={value}".split()
    assert "<b>" not in html


def test_the_executed_copy_shows_its_parameters_and_the_source_stays_clean(folder):
    write(folder, "01_a", chapter("import os; print(profile, seeds, os.environ['TSINTERP_BOOK'], os.getcwd())"))
    before = (folder / "notebooks" / "01_a.ipynb").read_bytes()
    out = notebook.run("01_a", {"seeds": "5", "compute": "true"}, folder / "out" / "a.ipynb")
    assert texts(out).split() == ["smoke", "5", "1", str(folder / "out")]
    shown = [c.source for c in nbformat.read(out, 4).cells if "made-with" in c.metadata.get("tags", [])]
    assert len(shown) == 1
    assert "`profile='smoke'`, **`seeds=5`**" in shown[0]
    assert "tsinterp notebook 01_a -p seeds=5 -p compute=true" in shown[0]
    assert (folder / "notebooks" / "01_a.ipynb").read_bytes() == before
    assert "TSINTERP_BOOK" not in os.environ
    assert [p.name for p in (folder / "out").iterdir()] == ["a.ipynb"]


def test_two_runs_give_the_same_bytes(folder):
    write(folder, "01_a", chapter("print(share)"))
    first, second = (notebook.run("01_a", {"share": "0.25"}, folder / f"{i}.ipynb").read_bytes() for i in (1, 2))
    assert first == second
    assert "papermill" not in json.loads(first)["metadata"]


def test_defaults_are_shown_where_nothing_is_overridden_and_another_kernel_name_does_not_matter(folder):
    made = chapter("print(seeds)")
    made.metadata["kernelspec"] = {"name": "somebody_elses", "display_name": "x", "language": "python"}
    write(folder, "01_a", made)
    out = notebook.run("01_a", {}, folder / "a.ipynb")
    assert "This page was made with `profile='smoke'`" in out.read_text()


def test_a_failing_cell_is_named_and_leaves_no_page(folder):
    write(folder, "01_a", chapter("x = 1", "raise ValueError('on purpose')", "print('never')"))
    with pytest.raises(NotebookError, match=r"'01_a', code cell 3 under 'A heading' \(`raise ValueError") as error:
        notebook.run("01_a", {"seeds": 1}, folder / "out" / "a.ipynb")
    assert "ValueError: on purpose" in str(error.value)
    assert [p.name for p in (folder / "out").iterdir()] == ["a.failed.ipynb"]


def test_what_a_cell_writes_to_stderr_is_refused_with_its_place(folder):
    write(folder, "01_a", chapter("import warnings", "warnings.warn('look out')"))
    with pytest.raises(NotebookError, match=r"code cell 3 under 'A heading'.*look out"):
        notebook.run("01_a", {}, folder / "a.ipynb")
    assert not (folder / "a.ipynb").exists()
