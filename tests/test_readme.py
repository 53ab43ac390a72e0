"""What the README and the page on re-running tell a reader to type does what they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SMALL = {"Sizes(500, 100, 50)": "Sizes(40, 10, 4)", "max_epochs=50": "max_epochs=1"}
"""The examples, cut to seconds."""


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "book/reproduce.md"])
def test_the_python_of_a_page_runs(page, capsys):
    names: dict[str, object] = {}
    assert blocks(page)
    for block in blocks(page):
        for large, small in SMALL.items():
            block = block.replace(large, small)
        exec(compile(block, page, "exec"), names)
    table = names.get("table")
    said = capsys.readouterr().out if table is None else str(table)
    assert "loudness" in said


def test_the_files_that_pages_name_are_there():
    file = re.compile(r"`((?:tsinterp_lib|tests|book|notebooks|results|benchmarks)/[\w/.]+\.\w+)`")
    for page in ("README.md", "CONTRIBUTING.md", "book/reproduce.md", "results/README.md"):
        named = [Path(name) for name in file.findall((ROOT / page).read_text())]
        named = [
            path for path in named if path.stem not in ("x", "name") and "NAME" not in path.parts
        ]  # stand for a method or a page to come
        assert [str(path) for path in named if not (ROOT / path).exists()] == [], page
