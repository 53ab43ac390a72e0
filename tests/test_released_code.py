"""What the book says about released code has an address, and every reference to an item finds it."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "book" / "released_code.md").read_text()
ITEMS = dict(re.findall(r"^\| \[([A-Z0-9]+-\d+b?)\]\{#([a-z0-9]+-\d+b?)\} \|", PAGE, re.MULTILINE))
KINDS = "|".join(sorted({name.split("-")[0] for name in ITEMS}))
AUTHORS = ("B20", "S21", "A19", "DYN", "FIT")
CHAPTERS = (ROOT / "notebooks").glob("*.ipynb")


def prose():
    """Every text that refers to an item: pages, markdown cells, docstrings."""
    for path in (ROOT / "book").glob("*.md"):
        yield path.name, path.read_text()
    for path in CHAPTERS:
        cells = json.loads(path.read_text())["cells"]
        yield path.name, "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    for path in (ROOT / "tsinterp_lib").rglob("*.py"):
        yield path.name, path.read_text()


def test_an_item_is_linked_by_its_own_name():
    assert len(ITEMS) > 80
    assert {name: anchor for name, anchor in ITEMS.items() if name.lower() != anchor} == {}


def test_every_item_of_the_authors_names_file_and_line_at_a_commit():
    address = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/(blob/[0-9a-f]{40}/[^#)\s]+#L\d+|tree/[0-9a-f]{40}/)")
    lines = [line for line in PAGE.splitlines() if re.match(rf"\| \[({'|'.join(AUTHORS)})-", line)]
    assert len(lines) > 75
    assert [line[:12] for line in lines if not address.search(line)] == []


def test_no_address_in_released_code_follows_a_branch():
    assert re.findall(r"github\.com/\S+/(?:blob|tree)/(?![0-9a-f]{40}[/)])\S+", PAGE) == []


def test_every_reference_to_an_item_finds_it():
    said = re.compile(rf"\[((?:{KINDS})-\d+b?)\]\(([^)]+)\)|:ref:`((?:{KINDS})-\d+b?)\s+<([^>]+)>`")
    wrong, found = [], 0
    for name, text in prose():
        for match in said.finditer(text):
            item, target = match[1] or match[3], match[2] or match[4]
            found += 1
            wrong += [(name, item)] if ITEMS.get(item) != target else []
    assert found > 100
    assert wrong == []
