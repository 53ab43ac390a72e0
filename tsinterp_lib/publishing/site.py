"""Look at the compiled book: a green build is no proof that a reader finds the pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

FETCHED = {"src", "srcset", "data", "poster"}
"""Attributes whose address a browser fetches by itself, as it does the ``href`` of a ``link``."""
TROUBLE = ("Traceback (most recent call last)", "papermill-error", "[nbsphinx]")


class Page(HTMLParser):
    """Holds the first headline of a page and the addresses a browser fetches without being asked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.title = ""
        self.fetched: list[str] = []
        self._depth: int | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in FETCHED or (tag == "link" and name == "href")):
                self.fetched.append(value)
        if tag == "h1" and not self.title:
            self._depth = 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._depth = None

    def handle_data(self, data: str) -> None:
        if self._depth is not None:
            self.title += data


def problems(site: Path, sources: Path, pages: Sequence[str]) -> list[str]:
    """Say what is wrong with the compiled pages, in words; empty where each is there, has its title and stands
    alone.
    """
    found = [] if (site / "index.html").exists() else ["index.html is missing"]
    for page in pages:
        path = site / f"{page}.html"
        if not path.exists():
            found.append(f"{page}.html is missing")
            continue
        wanted, title = headline(sources, page), Page(path.read_text()).title
        if _letters(wanted) not in _letters(title):
            found.append(f"{page}.html has the title {title.strip()!r}, not {wanted!r}")
    for path in sorted(site.rglob("*.html")):
        text = path.read_text()
        found += [f"{path.relative_to(site)} fetches {a}" for a in Page(text).fetched if external(a)]
        found += [f"{path.relative_to(site)} shows {word!r}" for word in TROUBLE if word in html.unescape(text)]
    for path in sorted(site.rglob("*.css")):
        addresses = re.findall(r"(?:@import|url\()\s*[\"']?([^\"')\s;]+)", path.read_text())
        found += [f"{path.relative_to(site)} fetches {a}" for a in addresses if external(a)]
    return found


def external(address: str) -> bool:
    """Say whether an address lies outside the book."""
    return re.match(r"(?:[a-z]+:)?//", address.strip(), re.IGNORECASE) is not None


def headline(sources: Path, page: str) -> str:
    """Return the first headline of a page's source, Markdown or notebook."""
    text = sources / f"{page}.md"
    if text.exists():
        lines = text.read_text().splitlines()
    else:
        cells = json.loads((sources / f"{page}.ipynb").read_text())["cells"]
        lines = [line for c in cells if c["cell_type"] == "markdown" for line in "".join(c["source"]).splitlines()]
    return next(line[2:].strip() for line in lines if line.startswith("# "))


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
