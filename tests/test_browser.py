"""Every page of the built book, opened in a real browser from ``file://``: no script fails, nothing is fetched."""

import re
import shutil
import subprocess

import pytest

from tsinterp_lib import paths
from tsinterp_lib.publishing.book import toc_pages

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for found in map(shutil.which, NAMES) if found), None)
PAGES = toc_pages(paths.root() / "_toc.yml")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--virtual-time-budget=8000", "--enable-logging=stderr",
    "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip
ERROR = re.compile(r"CONSOLE.*(Uncaught|ERR_|Failed to fetch|SyntaxError|ReferenceError|TypeError)")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason=f"no browser on PATH: {', '.join(NAMES)}"),
    pytest.mark.skipif(not (paths.site() / "index.html").exists(), reason="no built book: run `make book` first"),
]


def opened(page: str, folder, *options: str) -> subprocess.CompletedProcess:
    url = (paths.site() / f"{page}.html").as_uri()
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", *options, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)


# A script fails at any width: each page as a phone shows it, and one of each kind as a desk does.
WIDTHS = [(p, 390) for p in PAGES] + [(p, 1280) for p in ("book/intro", "notebooks/scoreboard", "book/api")]


@pytest.mark.parametrize(("page", "width"), WIDTHS)
def test_a_page_opens_without_an_error_and_draws_something(page, width, tmp_path):
    picture = tmp_path / "page.png"
    done = opened(page, tmp_path, f"--window-size={width},1800", f"--screenshot={picture}")
    assert [line for line in done.stderr.splitlines() if ERROR.search(line)] == []
    assert picture.stat().st_size > 20_000


def test_mathematics_is_drawn_and_not_shown_as_source(tmp_path):
    page = opened("book/notation", tmp_path, "--dump-dom").stdout
    assert page.count("<mjx-container") > 10
