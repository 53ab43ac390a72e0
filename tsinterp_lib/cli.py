"""The command line: ``tsinterp list | run | verify | results | status | notebook | book``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tsinterp_lib import paths
from tsinterp_lib.errors import InvalidInput, Stopped, TsinterpError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

Only = Annotated[
    list[str] | None, typer.Option("--only", help="keep one label of an axis, e.g. model=tcn; repeat it for more")
]
ProfileName = Annotated[
    str, typer.Option("--profile", help="smoke (seconds), quick (minutes), paper (published sizes)")
]


@app.command("list")
def list_names(kind: Annotated[str | None, typer.Argument(help="one kind; default: all")] = None) -> None:
    """Name everything there is: data sets, models, trainers, explainers, metrics, studies, profiles, chapters."""
    from tsinterp_lib.registry import KINDS, known, table

    for name in [known(kind, KINDS, "kind")] if kind else KINDS:
        typer.echo(f"{name}: {', '.join(table(name))}")
    if kind is None:
        typer.echo(f"notebook: {', '.join(sorted(p.stem for p in paths.notebooks().glob('*.ipynb')))}")


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="a study, see `tsinterp list study`")],
    profile: ProfileName = "paper",
    workers: Annotated[int, typer.Option(help="one-thread processes; 0 runs in this one")] = 2,
    scheduler: Annotated[str | None, typer.Option(help="address of a running Dask scheduler")] = None,
    only: Only = None,
    timed: Annotated[bool, typer.Option(help="store wall times; without them reruns are equal byte for byte")] = True,
    device: Annotated[str, typer.Option(help="where models are trained and explained, e.g. cuda")] = "cpu",
    force: Annotated[bool, typer.Option(help="train and explain anew what is there already")] = False,
) -> None:
    """Compute what is missing of a study, then publish it in results/; stop and start again at will."""
    chosen, size = _study(study, profile)
    from tsinterp_lib.engine import runner, store

    report = runner.run(
        chosen,
        size,
        workers=workers,
        scheduler=scheduler,
        only=_only(only, chosen, size),
        timed=timed,
        device=device,
        force=force,
        say=typer.echo,
    )
    if report.done or report.present:
        typer.echo(f"rows in {store.compact(chosen.name, size.name, chosen, typer.echo)}")
    if report.failed:
        raise typer.Exit(1)


@app.command()
def verify(
    study: Annotated[
        str | None, typer.Argument(help="a study with rows in results/; default: all, with --sample")
    ] = None,
    profile: ProfileName = "paper",
    only: Only = None,
    sample: Annotated[int | None, typer.Option(help="so many of the chosen cells, drawn at random")] = None,
    at_most: Annotated[float, typer.Option(help="of all studies: minutes that training may have taken")] = float("inf"),
    tolerance: Annotated[float, typer.Option(help="largest difference, as a share of numbers above 1")] = 0.02,
    device: Annotated[str, typer.Option(help="where models are trained and explained, e.g. cuda")] = "cpu",
) -> None:
    """Compute stored rows again, apart from all that is kept, and say by how much they differ."""
    named = None if study is None else _study(study, profile)
    from tsinterp_lib.engine import verify

    if named is None:
        from tsinterp_lib.engine.profiles import PROFILES
        from tsinterp_lib.studies import STUDIES

        if sample is None or only or profile != "paper":
            raise typer.BadParameter(
                "without a study give --sample N, and neither --only nor --profile: rows are drawn over all studies"
            )
        drawn, able, slow = verify.drawn(STUDIES.values(), PROFILES, sample, at_most)
        typer.echo(f"{sum(len(cells) for _, cells in drawn)} of {able} stored cells; {slow} slower ones left out")
        found = verify.recomputed(drawn, tolerance=tolerance, device=device, say=typer.echo)
    else:
        chosen, size = named
        if at_most != float("inf"):
            raise typer.BadParameter("--at-most is for rows drawn over all studies: leave out the study, or the option")
        found = verify.verify(
            chosen, size, _only(only, chosen, size), sample=sample, tolerance=tolerance, device=device, say=typer.echo
        )
    if not all(cell.within for cell in found):
        raise typer.Exit(1)


@app.command()
def status(study: str, profile: ProfileName = "paper", only: Only = None) -> None:
    """Say what is computed, what is missing, and about how long that takes."""
    chosen, size = _study(study, profile)
    from tsinterp_lib.engine import status as st

    typer.echo(st.table(chosen, size, _only(only, chosen, size)).to_string(index=False, na_rep="not timed"))


@app.command()
def compact(study: str, profile: ProfileName = "paper") -> None:
    """Merge finished units of a profile into results/ without computing anything."""
    chosen, size = _study(study, profile)
    from tsinterp_lib.engine import store

    store.check_places()
    typer.echo(f"rows in {store.compact(chosen.name, size.name, chosen, typer.echo)}")


@app.command()
def maps(
    study: Annotated[str, typer.Argument(help="a study whose maps are drawn")],
    profile: ProfileName = "mnist_full",
    only: Only = None,
) -> None:
    """Explain the samples that chapters show and keep their maps in results/arrays/, so that pages need no data."""
    from tsinterp_lib.registry import known
    from tsinterp_lib.studies import STUDIES

    known(study, [s.name for s in STUDIES.values() if s.drawn], "study with maps")
    chosen, size = _study(study, profile)
    from tsinterp_lib.engine import maps

    typer.echo(f"kept in {maps.save(chosen, size, chosen.drawn, typer.echo, _only(only, chosen, size))}")


@app.command()
def results(
    profile: ProfileName = "paper",
    workers: Annotated[int, typer.Option(help="one-thread processes; 0 runs in this one")] = 2,
) -> None:
    """Compute what is missing of every study whose rows are kept at a profile, then draw the first page's pictures."""
    from tsinterp_lib.studies import STUDIES

    for study in STUDIES.values():
        if profile in study.profiles:
            run(study.name, profile, workers=workers)
    pictures()


@app.command()
def pictures() -> None:
    """Draw the pictures of the README and the first page from the rows there are."""
    from tsinterp_lib.scoreboard import pictures as drawn

    for picture in drawn.pictures():
        typer.echo(f"drawn: {drawn.draw(picture)}")


@app.command()
def notebook(
    name: Annotated[str, typer.Argument(help="a chapter, e.g. benchmark")],
    parameter: Annotated[list[str] | None, typer.Option("-p", "--parameter", help="key=value; repeatable")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="where the executed copy goes")] = Path(
        "executed.ipynb"
    ),
) -> None:
    """Execute one chapter with other parameters; unknown names and wrong types are refused."""
    from tsinterp_lib.publishing import notebook as nb

    typer.echo(f"executed: {nb.run(name, _pairs(parameter), output)}")


@app.command()
def book(
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", help="key=value for every chapter")
    ] = None,
    jobs: Annotated[int, typer.Option(help="chapters executed at once")] = 2,
) -> None:
    """Execute every chapter with papermill and compile the book into _build/html."""
    from tsinterp_lib.publishing import book as bk

    bk.build(_pairs(parameter), jobs=jobs)


def _study(study: str, profile: str) -> tuple[Any, Any]:
    """Find both by name, before the engine is loaded: a misspelt name is refused at once."""
    from tsinterp_lib.registry import find

    return find("study", study), find("profile", profile)


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in given or []:
        key, equals, value = item.partition("=")
        if not equals:
            raise typer.BadParameter(f"{item!r} should read key=value")
        pairs[key] = value
    return pairs


def _only(given: list[str] | None, study: Any, profile: Any) -> dict[str, list[str]]:
    """Labels by axis. A label may hold commas; text that is no label is a list of labels, separated by commas."""
    from tsinterp_lib.engine.grid import AXES

    only: dict[str, list[str]] = {}
    cells = study.cells(profile) if given else []
    for item in given or []:
        key, equals, value = item.partition("=")
        labels = {AXES[key](c) for c in cells} if key in AXES else set()
        wanted = [value] if value in labels else value.split(",")
        if not equals or not all(wanted):
            raise InvalidInput(f"--only is {item!r}; it must read axis=label, e.g. model=tcn, and no label is empty.")
        only.setdefault(key, []).extend(wanted)
    return only


def main() -> None:
    """Run the command line; the library's own errors are one line, not a traceback."""
    try:
        app()
    except Stopped as stop:
        typer.echo(str(stop), err=True)
        raise SystemExit(130) from stop
    except TsinterpError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
