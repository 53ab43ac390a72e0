"""The book: every chapter executed with papermill, then compiled by Jupyter Book from a staged copy of the tree."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import distributions
from pathlib import Path

import yaml

from tsinterp_lib import paths
from tsinterp_lib.errors import BookError, NotebookError, TsinterpError
from tsinterp_lib.publishing import notebook, site
from tsinterp_lib.publishing.parameters import converted
from tsinterp_lib.registry import known

COPIED = ("_config.yml", "_toc.yml", "book")


def build(parameters: Mapping[str, object] | None = None, jobs: int = 2, say: Callable[[str], object] = print) -> Path:
    """Execute every chapter, compile the book into ``_build/html``, look at what came out, and return its first
    page.

    ``parameters`` goes to every chapter that has a parameter of that name. A chapter is executed again unless the
    library, the notebook, the results, the environment and the parameters are those of its last execution.
    Raises :class:`~tsinterp_lib.errors.NotebookError` where cells fail (all chapters are tried first),
    :class:`~tsinterp_lib.errors.BookError` where the compiler warns or a page is not what it should be, and
    :class:`~tsinterp_lib.errors.UnknownName` for a parameter that no chapter has.
    """
    start = time.perf_counter()
    pages = toc_pages(paths.root() / "_toc.yml")
    chapters = [Path(page).name for page in pages if page.startswith("notebooks/")]
    executed = execute(chapters, _shared_out(parameters or {}, chapters), jobs, say)
    stage(executed)
    built, mark = paths.site(), paths.site().parent / "site.key"
    key = _site_key()
    # Only a page that is still there and still right is kept; anything else is compiled from nothing.
    if mark.exists() and mark.read_text() == key and not site.problems(built, paths.staging(), pages):
        say("[pages] unchanged")
    else:
        mark.unlink(missing_ok=True)
        compiled = compile_pages(paths.staging(), say)
        problems = site.problems(compiled, paths.staging(), pages)
        if problems:
            raise BookError("the book was compiled, but:\n" + "\n".join(f"- {p}" for p in problems))
        shutil.rmtree(built, ignore_errors=True)
        shutil.move(compiled, built)
        mark.write_text(key)
    first = built / "index.html"
    say(f"{len(pages)} pages in {time.perf_counter() - start:.0f} s. Read the book at {first.as_uri()}")
    return first


def toc_pages(path: Path) -> list[str]:
    """Return the pages that ``_toc.yml`` names, the first page first, without suffix."""

    def walk(entry: object) -> Iterator[str]:
        if isinstance(entry, dict):
            yield from (str(entry[key]) for key in ("root", "file") if key in entry)
            for value in entry.values():
                yield from walk(value)
        elif isinstance(entry, list):
            for value in entry:
                yield from walk(value)

    return list(walk(yaml.safe_load(path.read_text())))


def execute(
    chapters: Sequence[str], parameters: Mapping[str, Mapping[str, object]], jobs: int, say: Callable[[str], object]
) -> dict[str, Path]:
    """Execute chapters in parallel processes; returns the executed copies by name."""
    folder = paths.staging().parent / "executed"
    basis = depends_on()
    copies = {name: folder / f"{name}.{key_of(basis, name, parameters[name])}.ipynb" for name in chapters}
    # Other parameters may compute rows or read data that no key knows about: such a page is always made anew.
    todo = [name for name in chapters if parameters[name] or not copies[name].exists()]
    for name in chapters:
        if name not in todo:
            say(f"[chapter] {name}: unchanged")
        for old in folder.glob(f"{name}.*"):
            if name in todo or old != copies[name]:
                old.unlink()
    failures = []
    for number, (name, seconds, error) in enumerate(_finished(todo, parameters, copies, jobs), 1):
        state = f"FAILED: {error}" if error else f"executed in {seconds:.1f} s"
        say(f"[chapter {number}/{len(todo)}] {name}: {state}")
        failures += [str(error)] if error else []
    if failures:
        raise NotebookError(f"{len(failures)} of {len(chapters)} chapters failed:\n" + "\n".join(failures))
    return copies


def stage(executed: Mapping[str, Path]) -> None:
    """Return a fresh copy of the pages' sources with the executed chapters in their places."""
    staging = paths.staging()
    shutil.rmtree(staging, ignore_errors=True)
    (staging / "notebooks").mkdir(parents=True)
    for name in COPIED:
        source = paths.root() / name
        if source.is_dir():
            shutil.copytree(source, staging / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, staging / name)
    for name, path in executed.items():
        shutil.copy2(path, staging / "notebooks" / f"{name}.ipynb")


def compile_pages(staging: Path, say: Callable[[str], object]) -> Path:
    """Run Jupyter Book over a staged tree, execution off, every warning an error; returns the folder of pages."""
    start = time.perf_counter()
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(staging)]
    options = ["--path-output", str(staging), "-W", "-n", "--keep-going", "--all", "-q"]
    done = subprocess.run(command + options, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"})
    if done.returncode != 0:
        raise BookError("Jupyter Book refuses the pages; warnings count as errors:\n" + _complaints(done))
    say(f"[pages] compiled in {time.perf_counter() - start:.1f} s")
    return staging / "_build" / "html"


def _complaints(done: subprocess.CompletedProcess[str]) -> str:
    """Return the warnings of a failed compilation, each once; the end of what it said where there are none."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).replace(f"{paths.staging()}/", "").splitlines()
    warnings = [line for line in said if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line)]
    once = list(dict.fromkeys(warnings or said[-20:]))
    more = [f"... and {len(once) - 30} more"] if len(once) > 30 else []
    return "\n".join(once[:30] + more)


def _finished(
    todo: Sequence[str], parameters: Mapping[str, Mapping[str, object]], copies: Mapping[str, Path], jobs: int
) -> Iterator[tuple[str, float, Exception | None]]:
    """Return each chapter as it is done: its name, seconds, and what went wrong; with one job in this very process."""
    if jobs <= 1 or len(todo) <= 1:
        yield from (_timed(name, dict(parameters[name]), copies[name]) for name in todo)
        return
    # Papermill changes the working folder and the environment, so chapters run in processes, not in threads.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(_timed, name, dict(parameters[name]), copies[name]) for name in todo]
        yield from (future.result() for future in as_completed(running))


def _timed(name: str, parameters: Mapping[str, object], output: Path) -> tuple[str, float, Exception | None]:
    start, error = time.perf_counter(), None
    try:
        notebook.run(name, parameters, output)
    except Exception as found:  # told with all others when every chapter was tried
        error = found if isinstance(found, TsinterpError) else NotebookError(f"chapter {name!r}: {found!r}")
    return name, time.perf_counter() - start, error


def _shared_out(given: Mapping[str, object], chapters: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return the given parameters for each chapter: those that it has, each checked before any chapter runs."""
    names = {chapter: notebook.inspect(chapter) for chapter in chapters}
    for name in given:
        known(name, {n for found in names.values() for n in found}, "parameter of any chapter")
    return {
        chapter: converted({k: v for k, v in given.items() if k in found}, found, chapter)
        for chapter, found in names.items()
    }


def depends_on() -> str:
    """Return digest of all that every chapter may depend on: library, results, installed versions, places of data."""
    library = Path(__file__).resolve().parents[1]
    files = sorted(library.rglob("*.py")) + sorted(
        p for p in paths.results().rglob("*") if p.is_file() and not p.name.startswith(".")
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    data = [os.environ.get("TSINTERP_DATA"), str(paths.results()), str(paths.cache())]
    kept = paths.downloads("any").parent
    listed = sorted(f"{p.relative_to(kept)} {p.stat().st_size}" for p in kept.rglob("*") if p.is_file())
    # Importing setuptools puts its own copies of packages on the path: what is installed does not depend on that.
    installed = [d for d in distributions() if "_vendor" not in str(d.locate_file(""))]
    versions = sorted({f"{d.name}=={d.version}" for d in installed})
    digest.update(json.dumps([data, listed, versions, sys.version, platform.platform()]).encode())
    return digest.hexdigest()


def _site_key() -> str:
    """Return digest of all that compiled pages depend on: their staged sources, and the library that the reference
    shows.
    """
    digest = hashlib.sha256(depends_on().encode())
    for path in sorted(p for p in paths.staging().rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(paths.staging())}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def key_of(basis: str, name: str, parameters: Mapping[str, object]) -> str:
    """Return digest of all that a page depends on: its source, its parameters and ``basis``, see :func:`depends_on`."""
    content = notebook.source(name).read_bytes()
    text = json.dumps([basis, dict(parameters)], default=str).encode()
    return hashlib.sha256(content + text).hexdigest()[:16]
