"""Run a study: the missing units, on as many one-thread processes as asked for; stop anywhere, go on anywhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tsinterp_lib import paths
from tsinterp_lib.checks import check_device
from tsinterp_lib.engine import kept, store
from tsinterp_lib.engine.grid import Profile, Study, by_unit, check_unique
from tsinterp_lib.engine.unit import Pairs, compute_unit, missing_cells, pairs
from tsinterp_lib.errors import CannotWrite, ClusterError, InvalidInput, Stopped

Say = Callable[[str], None]

MOST_WORKERS = 1024
PATIENCE = 30
"""How many seconds a scheduler has to answer, and to name a worker."""

KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25)}
"""Workers keep freed memory. Dask has them hand back every 64 KiB, which doubles the cost of batched explanations."""

QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
}
"""How seldom a local cluster looks at itself. Dask samples the stack of its workers a hundred times a second for a
dashboard that nobody opens here: with its clocks that takes a tenth of a core per worker."""


@dataclass
class Report:
    """Says how a run went: units done, units that were there already, and what failed with which error."""

    done: int = 0
    present: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def pending(
    study: Study, profile: Profile, only: Mapping[str, Sequence[str]] | None = None, force: bool = False
) -> tuple[list[Any], int]:
    """Return the units of which something is missing, as (cells, plan, stored pairs), and the number of units asked
    for.

    A unit is complete where its rows are in the stored table or in its own file; with ``force`` none is.
    """
    plans = study.plan(profile.name)
    wanted = study.cells(profile, only)
    check_unique(wanted)
    units = by_unit(wanted)
    stored = {} if force else _by_cell(stored_pairs(study, profile))
    folder = paths.units(study.name, profile.name)
    todo = []
    for key, cells in units.items():
        plan = plans[cells[0].protocol]
        have: Pairs = {pair for cell in cells for pair in stored.get(cell.key(), ())}
        missing = cells if force else missing_cells(cells, have, plan)
        if missing and not force:
            missing = missing_cells(missing, {*have, *pairs(store.unit_rows(folder, key))}, plan)
        if missing:
            todo.append((missing, plan, have))
    return todo, len(units)


def _by_cell(stored: Pairs) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for pair in stored:
        found.setdefault(pair[0], []).append(pair)
    return found


def stored_pairs(study: Study, profile: Profile) -> set[tuple[str, str]]:
    """Say which (cell, metric) pairs are stored; none where nothing is."""
    if not store.file_of(study.name).exists():
        return set()
    table = store.read(study.name)
    table = table[table["profile"] == profile.name]
    return set(table[["cell", "metric"]].itertuples(index=False, name=None))


def run(
    study: Study,
    profile: Profile,
    *,
    workers: int = 0,
    scheduler: str | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    timed: bool = True,
    device: str = "cpu",
    force: bool = False,
    say: Say = print,
) -> Report:
    """Compute what is missing of a study; ``workers=0`` runs in this process, ``scheduler`` on a cluster.

    ``device`` is where models are trained and explained. ``force`` trains and explains anew what is there already.

    Progress and an estimate of the time left go to ``say``. A unit whose worker dies is tried twice more; what still
    fails is listed in the report, and the rest goes on. Raises :class:`~tsinterp_lib.errors.InvalidInput` for a device
    that this machine has not, a number of workers that cannot be, and a place for rows that is no folder,
    :class:`~tsinterp_lib.errors.ClusterError` where no worker can be had, :class:`~tsinterp_lib.errors.CannotWrite` as
    soon as the disk is full, and :class:`~tsinterp_lib.errors.Stopped` where it is stopped from the keyboard.
    """
    check_device(device)
    if not 0 <= workers <= MOST_WORKERS:
        raise InvalidInput(f"workers is {workers}; it must be 0 (this process) to {MOST_WORKERS}: 2, for example.")
    store.check_places()
    kept.limit()
    todo, total = pending(study, profile, only, force)
    report = Report(present=total - len(todo))
    say(f"{study.name} at profile {profile.name}: {total} units, {report.present} present, {len(todo)} to compute")
    folder = paths.units(study.name, profile.name)
    if not todo:
        return report
    for place in (folder, paths.checkpoints(), paths.explanations()):
        paths.drop_stale(place)
    jobs = [(cells[0].unit().text(), (cells, plan, folder, timed, device, have, force)) for cells, plan, have in todo]
    finished = _here(jobs) if workers == 0 and scheduler is None else _cluster(jobs, workers, scheduler)
    try:
        _follow(finished, report, len(todo), say)
    except KeyboardInterrupt as stop:
        raise Stopped(
            f"stopped: {report.done} of {len(todo)} units are done and kept in {folder}, of one that was begun every "
            "finished explanation as well. Run the same command again to go on."
        ) from stop
    return report


def _follow(finished: Iterator[tuple[str, str | None]], report: Report, total: int, say: Say) -> None:
    """Count and tell each unit as it is done."""
    start = time.perf_counter()
    for number, (name, error) in enumerate(finished, 1):
        if error is None:
            report.done += 1
        else:
            report.failed[name] = error
        elapsed = time.perf_counter() - start
        left = elapsed / number * (total - number)
        state = "done" if error is None else f"FAILED: {error}"
        say(f"[{number}/{total}] {name}: {state} · {_clock(elapsed)} spent, about {_clock(left)} left")
    report.seconds = time.perf_counter() - start


def _here(jobs: list[tuple[str, Any]]) -> Iterator[tuple[str, str | None]]:
    for name, arguments in jobs:
        try:
            compute_unit(*arguments)
            yield name, None
        except CannotWrite:  # what comes next could not be kept either
            raise
        except Exception as error:
            yield name, f"{type(error).__name__}: {error}"


def _cluster(jobs: list[tuple[str, Any]], workers: int, scheduler: str | None) -> Iterator[tuple[str, str | None]]:
    from distributed import as_completed

    with _client(workers, scheduler) as client:
        names = {}
        for order, (name, arguments) in enumerate(jobs):
            key = f"{arguments[0][0].unit().key()}-{os.getpid()}"
            future = client.submit(compute_unit, *arguments, key=key, pure=False, retries=2, priority=-order)
            names[future] = name
        for future in as_completed(list(names)):
            try:
                error = future.exception()
            except CancelledError:  # pragma: no cover -- a cluster that is shut down from outside
                error = CancelledError("the cluster went away")
            if isinstance(error, CannotWrite):
                raise error
            yield names[future], None if error is None else f"{type(error).__name__}: {error}"
            future.release()


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    if scheduler is not None:
        with _had(f"no scheduler with workers answers at {scheduler!r}", "start one by `dask scheduler` and `dask "
                  "worker ADDRESS`, or leave --scheduler out"):  # fmt: skip
            client = Client(scheduler, timeout=PATIENCE)
        with client:
            with _had(f"the scheduler at {scheduler!r} has no worker", f"start one: `dask worker {scheduler}`"):
                client.wait_for_workers(1, timeout=PATIENCE)
            yield client
        return
    # One thread each: intra-op threads lose on this workload, and two libraries' pools fight over the cores.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    settings = QUIET | {
        "distributed.scheduler.allowed-failures": 2,
        "distributed.worker.memory.terminate": False,
        "distributed.nanny.pre-spawn-environ": KEEP_MEMORY,
    }
    with dask.config.set(settings):
        with _had(f"the local cluster of {workers} workers does not start", "try fewer, or `--workers 0`"):
            # Any free port, of this machine alone: two runs at once would quarrel over the usual one.
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
            )
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def _had(what: str, then: str) -> Iterator[None]:
    """Say in one line that a cluster cannot be had, whatever its library raises."""
    try:
        yield
    except Exception as error:
        raise ClusterError(
            f"{what} ({type(error).__name__}: {error}); nothing was computed and nothing is lost: {then}."
        ) from error


def _clock(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
