"""Interrupt runs in every way and compare what is published with an undisturbed run, byte for byte.

``python -m benchmarks.interruptions [--trials N] [--study NAME]`` is the long form; the tests have a short one.
Trials: a run that is killed with its workers at a random instant, half of them while workers compute, then run to its
end; three runs and compactions at once; two caches that publish half the study each into one folder at once. After
each, the table must be that of the undisturbed run.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks import Result
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.studies import STUDIES

ROOT = Path(__file__).parents[1]


def start(folder: Path, study: str, *words: str, command: str = "run", cache: str = "cache") -> subprocess.Popen[bytes]:
    """Start a command of its own process group whose cache and results lie in a folder."""
    options = ("--no-timed", *words) if command == "run" else words
    environment = os.environ | {"TSINTERP_CACHE": str(folder / cache), "TSINTERP_RESULTS": str(folder / "results")}
    return subprocess.Popen(
        [sys.executable, "-m", "tsinterp_lib.cli", command, study, "--profile", "smoke", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command with all its workers, at once and without asking (``kill -9``)."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tables(folder: Path) -> dict[str, bytes]:
    """The tables that were published in a folder, without what made them: that may change while this runs."""
    return {p.name: p.read_bytes() for p in sorted((folder / "results").glob("*.parquet"))}


def leftovers(folder: Path) -> list[str]:
    """Damaged files that a run found; half-written ones of killed writers are none, they go after a day."""
    return [p.name for p in folder.rglob("*.corrupt*")]


def killed(folder: Path, study: str, workers: int, generator: random.Random, seconds: float) -> None:
    """Kill a run at a random instant, twice, then let it go on to its end."""
    for _ in range(2):
        process = start(folder, study, "--workers", str(workers))
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=generator.uniform(0.3, 1.1) * seconds)
        kill(process)
    _end(start(folder, study, "--workers", "0"))


def crowded(folder: Path, study: str) -> None:
    """Three runs and compactions at once in one cache."""
    runs = [start(folder, study, "--workers", "0") for _ in range(3)]
    while any(run.poll() is None for run in runs):
        start(folder, study, command="compact").wait()  # refuses while there is nothing to publish
    _end(*runs)


def two_caches(folder: Path, study: str) -> None:
    """Two caches, each with half the data sets, that publish into one folder at the same time, a few times each."""
    labels = list(dict.fromkeys(cell.dataset.label for cell in STUDIES[study].cells(PROFILES["smoke"])))
    halves = {"a": labels[::2], "b": labels[1::2]}

    def both() -> list[subprocess.Popen[bytes]]:
        return [
            start(folder, study, "--workers", "0", *_only("dataset", half), cache=cache)
            for cache, half in halves.items()
            if half
        ]

    for _ in range(2):
        _end(*both())


def trials(number: int, study: str, generator: random.Random) -> Iterator[tuple[str, bool, float]]:
    """Each trial as it is done: its name, whether all it published is that of the undisturbed run, its seconds."""
    with tempfile.TemporaryDirectory(prefix="tsinterp-interruptions-") as given:
        folder = Path(given)
        begun = time.perf_counter()
        _end(start(folder / "undisturbed", study, "--workers", "0"))
        seconds = time.perf_counter() - begun
        expected = tables(folder / "undisturbed")
        yield "undisturbed", bool(expected), seconds
        others: Sequence[tuple[str, Callable[[Path, str], None]]] = (
            ("three runs and compactions at once", crowded),
            ("two caches at once", two_caches),
        )
        for n in range(number):
            workers = 2 * (n % 2)
            found: list[tuple[str, Callable[[Path, str], None]]] = [
                (f"killed twice, {workers} workers", lambda f, s, w=workers: killed(f, s, w, generator, seconds)),
            ]
            if n % 4 == 0:
                found += others
            for i, (name, trial) in enumerate(found):
                begun, place = time.perf_counter(), folder / f"{n}-{i}"
                trial(place, study)
                equal = tables(place) == expected and not leftovers(place)
                yield name, equal, time.perf_counter() - begun


def run() -> list[Result]:
    """The short form, as a comparison with the undisturbed run."""
    (_, _, alone), *found = list(trials(1, "rare", random.Random(0)))
    slowest = max(seconds for *_, seconds in found)
    equal = all(same for _, same, _ in found)
    return [Result("interrupted runs, against one", alone, slowest, 0.0, equal, f"{len(found)} trials")]


def main() -> int:
    """Run the long form and say how each trial came out; 1 where one lost or changed a byte."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--study", default="rare", choices=sorted(STUDIES))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    bad = total = 0
    for name, equal, seconds in trials(given.trials, given.study, random.Random(given.seed)):
        bad, total = bad + (not equal), total + 1
        print(f"{total:4} {name:40} {seconds:6.1f} s  {'equal' if equal else 'DIFFERS'}", flush=True)
    print(f"{total} trials, {bad} differ")
    return int(bad > 0)


def _only(axis: str, labels: Sequence[str]) -> list[str]:
    return [word for label in labels for word in ("--only", f"{axis}={label}")]


def _end(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        if process.wait(timeout=600) != 0:
            raise RuntimeError(f"a run that nothing disturbs ended with status {process.returncode}: {process.args}")


if __name__ == "__main__":
    sys.exit(main())
