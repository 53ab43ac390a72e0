"""The one caller of papermill: chapters executed with parameters that are known to exist and to fit."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tsinterp_lib import paths
from tsinterp_lib.errors import NotebookError
from tsinterp_lib.publishing.parameters import Parameter, converted, declared
from tsinterp_lib.registry import known

HEADING = "This page was made with"


def source(name: str) -> Path:
    """Return the file of a chapter; raises :class:`~tsinterp_lib.errors.UnknownName` with the nearest and all
    chapters.
    """
    chapters = {p.stem: p for p in sorted(paths.notebooks().glob("*.ipynb"))}
    return chapters[known(name.removesuffix(".ipynb"), chapters, "chapter")]


def inspect(name: str) -> dict[str, Parameter]:
    """Return the parameters of a chapter by name: type, default and help, from its cell tagged ``parameters``."""
    path = source(name)
    return declared(_read(path), path.stem)


def run(name: str, parameters: Mapping[str, object], output: Path) -> Path:
    """Execute a chapter with papermill and write the executed copy to ``output``, which is returned.

    ``parameters`` overrides defaults; text is converted to the declared type. The chapter runs in the folder of
    ``output``, with ``TSINTERP_BOOK=1``, and says on its page which values made it. The copy appears only when every
    cell ran: one that failed is kept beside it as ``.failed.ipynb``. The same chapter gives the same bytes.
    Raises :class:`~tsinterp_lib.errors.UnknownName` for a chapter or parameter there is not, and
    :class:`~tsinterp_lib.errors.NotebookError` for a value of another type or a cell that fails or writes to stderr.
    """
    path = source(name)
    known_parameters = declared(_read(path), path.stem)
    values = converted(parameters, known_parameters, path.stem)
    output = output.absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_suffix(".failed.ipynb")
    executed = _execute(path, partial, values)
    refuse_stderr(executed, path.stem)
    _say_parameters(executed, path.stem, known_parameters, values)
    _strip(executed)
    nbformat.write(executed, partial)
    partial.replace(output)
    return output


def _read(path: Path) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except (ValueError, OSError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path} cannot be read as a notebook ({error}).") from error
    return notebook


def _execute(path: Path, partial: Path, values: Mapping[str, object]) -> NotebookNode:
    import papermill as pm

    try:
        with _environment(TSINTERP_BOOK="1", TSINTERP_ROOT=str(paths.root()), OMP_NUM_THREADS="1", MKL_NUM_THREADS="1"):
            executed: NotebookNode = pm.execute_notebook(
                str(path),
                str(partial),
                parameters=dict(values),
                kernel_name="python3",  # a kernel named in the file would be somebody else's
                language="python",
                cwd=str(partial.parent),
                progress_bar=False,
                # Else every kernel says on stderr that it talks to us over local TCP.
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
            )
    except pm.PapermillExecutionError as error:
        failed = _read(partial)
        # Papermill has put banners into the copy, so its own index of the cell no longer holds.
        index = next(i for i, c in enumerate(failed.cells) if any(_is_error(o) for o in c.get("outputs", [])))
        cell = _place(failed, index)
        raise NotebookError(
            f"chapter {path.stem!r}, {cell}: {error.ename}: {error.evalue}\nSee the executed part in {partial}."
        ) from error
    return executed


@contextmanager
def _environment(**changes: str) -> Iterator[None]:
    """Set environment variables that the kernel inherits, put back afterwards."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def refuse_stderr(executed: NotebookNode, chapter: str) -> None:
    """Raise :class:`~tsinterp_lib.errors.NotebookError` where a cell wrote to stderr: warnings are no page content."""
    for index, cell in enumerate(executed.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise NotebookError(
                    f"chapter {chapter!r}, {_place(executed, index)} wrote to stderr: {output.text.strip()[:500]!r}: "
                    "mend what warns; a page shows no warnings."
                )


def _place(executed: NotebookNode, index: int) -> str:
    """Return a cell in words: its number among the code cells of the source, the heading above it, its first line."""
    own = [c for c in executed.cells[: index + 1] if not _added(c)]
    number = sum(c.cell_type == "code" for c in own)
    headings = [line for c in own if c.cell_type == "markdown" for line in c.source.splitlines() if line[:1] == "#"]
    under = f" under {headings[-1].lstrip('# ')!r}" if headings else ""
    return f"code cell {number}{under} (`{executed.cells[index].source.strip().splitlines()[0]}`)"


def _is_error(output: NotebookNode) -> bool:
    return bool(output.output_type == "error")


def _added(cell: NotebookNode) -> bool:
    tags = cell.metadata.get("tags", [])
    return "injected-parameters" in tags or any(tag.startswith("papermill-error") for tag in tags)


def _say_parameters(
    executed: NotebookNode, chapter: str, parameters: Mapping[str, Parameter], values: Mapping[str, object]
) -> None:
    """Put the values that made the page, and the command that makes it again, below the parameters."""
    if not parameters:
        return
    at = 1 + max(
        i
        for i, c in enumerate(executed.cells)
        if {"parameters", "injected-parameters"} & set(c.metadata.get("tags", []))
    )
    cell = nbformat.v4.new_markdown_cell(made_with(chapter, parameters, values))
    cell.metadata["tags"] = ["made-with"]
    executed.cells.insert(at, cell)


def made_with(chapter: str, parameters: Mapping[str, Parameter], values: Mapping[str, object]) -> str:
    """Return the line that says which values made a page: overridden ones in bold, defaults plain."""
    shown = ", ".join(
        f"**{_code(f'{name}={values[name]!r}')}**" if name in values else _code(f"{name}={p.default!r}")
        for name, p in parameters.items()
    )
    again = values or {name: p.default for name, p in list(parameters.items())[:1]}
    options = " ".join(f"-p {name}={shlex.quote(_argument(value))}" for name, value in again.items())
    command = _code(f"tsinterp notebook {chapter} {options}")
    return f"> {HEADING} {shown}.\n> Make it again with other values: {command}."


def _code(text: str) -> str:
    """Return text as Markdown code, which shows it as it is: fenced by more backticks than it has in a row, on one
    line.
    """
    text = " ".join(text.splitlines())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{text}{fence}" if fence == "`" else f"{fence} {text} {fence}"


def _argument(value: object) -> str:
    """Return a value as it is typed in a shell."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _strip(executed: NotebookNode) -> None:
    """Drop what differs from run to run: time stamps, paths, random cell names."""
    executed.metadata.pop("papermill", None)
    for number, cell in enumerate(executed.cells):
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        cell["id"] = f"cell-{number}"
