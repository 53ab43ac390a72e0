"""The built book: pages are there, stand alone and show no error; and the builder refuses what is not right."""

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from tsinterp_lib import paths
from tsinterp_lib.errors import BookError, NotebookError, UnknownName
from tsinterp_lib.publishing import book, site

PAGES = book.toc_pages(Path(__file__).parents[2] / "_toc.yml")
built = pytest.mark.skipif(not (paths.site() / "index.html").exists(), reason="no built book: run `make book` first")


@pytest.mark.book
@built
def test_every_page_of_the_built_book_is_there_with_its_title_and_stands_alone():
    assert site.problems(paths.site(), paths.staging(), PAGES) == []


@pytest.mark.book
@built
@pytest.mark.parametrize("page", [p for p in PAGES if p.startswith("notebooks/")])
def test_a_built_chapter_says_which_parameters_made_it(page):
    assert "This page was made with" in (paths.site() / f"{page}.html").read_text()


@pytest.mark.book
@built
def test_the_built_book_brings_its_mathematics_along():
    assert (paths.site() / "_static" / "vendor" / "mathjax-tex-svg.js").stat().st_size > 1_000_000


def page(folder: Path, html: str) -> list[str]:
    (folder / "html").mkdir()
    (folder / "a.md").write_text("# A title, *set* in `code`\n")
    (folder / "html" / "index.html").write_text("")
    (folder / "html" / "a.html").write_text(html)
    return site.problems(folder / "html", folder, ["a"])


GOOD = '<h1>A title, <em>set</em> in <code>code</code><a href="https://x.org">#</a></h1>'


def test_a_good_page_has_no_problems_and_may_link_anywhere(tmp_path):
    assert page(tmp_path, GOOD + '<script src="../x.js"></script>') == []


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ("<h1>Another</h1>", "has the title 'Another'"),
        (GOOD + '<script src="https://cdn.x.org/a.js"></script>', "fetches https://cdn.x.org/a.js"),
        (GOOD + '<link rel="stylesheet" href="//x.org/a.css">', "fetches //x.org/a.css"),
        (GOOD + "<pre>Traceback (most recent call last)</pre>", "shows 'Traceback"),
    ],
)
def test_a_page_with_another_title_a_foreign_address_or_a_traceback_is_a_problem(tmp_path, html, complaint):
    assert complaint in " ".join(page(tmp_path, html))


def test_a_missing_page_is_a_problem(tmp_path):
    assert "b.html is missing" in site.problems(tmp_path, tmp_path, ["b"])


def test_the_pages_of_the_table_of_contents_come_in_reading_order():
    assert PAGES[0] == "book/intro"
    assert len(PAGES) == len(set(PAGES))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A project with two chapters; the compiler is replaced by one that copies, so that a test takes seconds."""
    monkeypatch.setenv("TSINTERP_ROOT", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "intro.md").write_text("# Hello\n")
    (tmp_path / "_config.yml").write_text("title: x\n")
    (tmp_path / "_toc.yml").write_text("root: book/intro\nchapters: [{file: notebooks/01_a}, {file: notebooks/02_b}]\n")
    write(tmp_path, "01_a", "seed: int = 1")
    write(tmp_path, "02_b", "other: int = 1")

    def copy(staging: Path, _say: object) -> Path:
        out = staging / "_build" / "html"
        for name in ("index", "book/intro", "notebooks/01_a", "notebooks/02_b"):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / f"{name}.html").write_text("<h1>Hello</h1>")
        return out

    monkeypatch.setattr(book, "compile_pages", copy)
    return tmp_path


def write(tree: Path, name: str, parameters: str, code: str = "print('fine')") -> None:
    cells = [
        v4.new_markdown_cell("# Hello"),
        v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        v4.new_code_cell(code),
    ]
    nbformat.write(v4.new_notebook(cells=cells), tree / "notebooks" / f"{name}.ipynb")


@pytest.mark.slow
def test_a_second_build_executes_nothing_and_a_changed_chapter_is_executed_again(tree):
    said: list[str] = []
    first = book.build(say=said.append)
    assert first == tree / "_build" / "html" / "index.html"
    assert sum("executed in" in s for s in said) == 2
    assert first.as_uri() in said[-1]
    said.clear()
    book.build(say=said.append)
    assert [s for s in said if "executed in" in s] == []
    assert "[pages] unchanged" in said
    write(tree, "02_b", "other: int = 2")
    said.clear()
    book.build({"seed": "3"}, jobs=1, say=said.append)
    assert [s for s in said if "executed in" in s and "01_a" in s]
    assert [s for s in said if "executed in" in s and "02_b" in s]
    assert "seed=3" in (tree / "_build" / "staged" / "notebooks" / "01_a.ipynb").read_text()


def test_changed_or_damaged_pages_are_compiled_again(tree, monkeypatch):
    compiled = []
    real = book.compile_pages
    monkeypatch.setattr(book, "compile_pages", lambda *arguments: compiled.append(1) or real(*arguments))
    for change in (lambda: None, lambda: None, change_intro(tree), remove_page(tree), lambda: None):
        change()
        book.build(jobs=1, say=lambda _: None)
    assert len(compiled) == 3


def change_intro(tree: Path):
    return lambda: (tree / "book" / "intro.md").write_text("# Hello\n\nAnew.\n")


def remove_page(tree: Path):
    return lambda: (tree / "_build" / "html" / "notebooks" / "01_a.html").unlink()


def test_new_results_make_every_chapter_old(tree):
    before = book.depends_on()
    (tree / "results").mkdir()
    (tree / "results" / "x.csv").write_text("1")
    between = book.depends_on()
    (tree / "results" / "x.csv").write_text("2")
    assert len({before, between, book.depends_on()}) == 3


def test_a_failing_chapter_fails_the_build_after_all_were_tried_and_keeps_the_old_site(tree):
    old = tree / "_build" / "html" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    write(tree, "01_a", "seed: int = 1", "1 / 0")
    said: list[str] = []
    with pytest.raises(NotebookError, match=r"1 of 2 chapters failed.*\n.*'01_a', code cell 2.*ZeroDivisionError"):
        book.build(jobs=1, say=said.append)
    assert any("02_b: executed in" in s for s in said)
    assert old.read_text() == "old"


def test_a_parameter_that_no_chapter_has_is_refused(tree):
    with pytest.raises(UnknownName, match="Did you mean 'other'"):
        book.build({"othr": "3"}, say=lambda _: None)


def test_a_page_that_is_not_right_fails_the_build(tree):
    (tree / "book" / "intro.md").write_text("# Another title\n")
    with pytest.raises(BookError, match="has the title 'Hello', not 'Another title'"):
        book.build(jobs=1, say=lambda _: None)


@pytest.mark.slow
def test_a_warning_of_the_compiler_fails_the_build(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_ROOT", str(tmp_path))
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "intro.md").write_text("# Hello\n\nSee [nothing](nowhere).\n")
    (tmp_path / "_config.yml").write_text("title: x\nexecute: {execute_notebooks: 'off'}\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/intro\n")
    with pytest.raises(BookError, match=r"book/intro.md:3: WARNING.*nowhere"):
        book.build(say=lambda _: None)
