"""Cells, store and runner: a row depends on its cell alone, and nothing that is stopped is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tsinterp_lib import paths
from tsinterp_lib.engine import runner, status, store
from tsinterp_lib.engine.grid import by_unit, check_unique
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.engine.store import Row
from tsinterp_lib.engine.unit import compute_unit, missing_cells
from tsinterp_lib.errors import MissingRows, StoreError, UnknownName
from tsinterp_lib.studies import STUDIES

STUDY, SMOKE = STUDIES["benchmark"], PROFILES["smoke"]
ONE = {"model": ["tcn"], "dataset": ["rare_time/gaussian_noise"], "protocol": ["corrected"]}


UNITS = Path("cache", "units", "benchmark", "smoke")


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path / "results"))
    return tmp_path


def row(**changes: object) -> Row:
    base = Row("s", "corrected", "smoke", "d", "m", "t", "e", "auroc", None, 0, 0.5, 0.1, 6, 6, 0.1, "cpu", "c1", "1")
    return replace(base, **changes)


def unit_bytes(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.csv"))}


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [row(), row(metric="precision", at=0.1), row(value=1 / 3, explainer="f")]
    store.write_unit(tmp_path / "u.csv", rows)
    assert sorted(store.read_unit(tmp_path / "u.csv"), key=str) == sorted(rows, key=str)


@pytest.mark.parametrize("damage", [lambda t: t[: len(t) // 2], lambda t: "", lambda t: t.replace("study", "stud", 1)])
def test_a_damaged_unit_is_refused_and_moved_aside(tmp_path, damage):
    path = tmp_path / "u.csv"
    store.write_unit(path, [row(), row(metric="x")])
    path.write_text(damage(path.read_text()))
    with pytest.raises(StoreError, match="delete it"):
        store.read_unit(path)
    assert store.unit_rows(tmp_path, "u") == []
    assert path.with_suffix(".corrupt").exists()
    assert not path.exists()


def test_a_failed_write_leaves_the_old_rows(tmp_path, monkeypatch):
    path = tmp_path / "u.csv"
    store.write_unit(path, [row()])
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paths.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.write_unit(path, [row(), row(metric="x")])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["u.csv"]


def test_publishing_is_sorted_and_newer_rows_of_a_cell_win(places):
    folder = paths.units("s", "smoke")
    store.write_unit(folder / "a.csv", [row(seed=1, cell="c2"), row()])
    first = store.compact("s").read_bytes()
    assert store.compact("s").read_bytes() == first
    store.write_unit(folder / "a.csv", [row(value=0.75)])
    table = pd.DataFrame(store.compact("s") and store.read("s"))
    assert list(table["seed"]) == [0, 1]
    assert list(table["value"]) == [0.75, 0.5]


def test_publishing_one_profile_leaves_the_others_out(places):
    for profile in ("smoke", "paper"):
        store.write_unit(paths.units("s", profile) / "a.csv", [row(profile=profile, cell=profile)])
    store.compact("s", "paper")
    assert set(store.read("s")["profile"]) == {"paper"}


def test_no_trial_is_among_the_published_rows():
    tables = {path.stem: set(store.read(path.stem)["profile"]) for path in paths.results().glob("*.parquet")}
    assert tables
    assert not [name for name, profiles in tables.items() if "smoke" in profiles]


def test_a_truncated_published_table_says_how_to_restore_it(places):
    store.write_unit(paths.units("s", "smoke") / "a.csv", [row()])
    path = store.compact("s")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StoreError, match="git checkout"):
        store.read("s")


def test_absent_rows_say_what_to_run(places):
    with pytest.raises(MissingRows, match="tsinterp run nothing"):
        store.read("nothing")


def test_every_cell_of_every_study_has_its_own_key():
    for study in STUDIES.values():
        for profile in PROFILES.values():
            check_unique(study.cells(profile))


def test_a_key_depends_on_each_part_of_the_cell_and_not_on_the_study():
    cell = STUDY.cells(SMOKE)[1]
    others = [
        replace(cell, seed=1),
        replace(cell, protocol="x"),
        replace(cell, profile=PROFILES["quick"]),
        replace(cell, explainer=None),
        replace(cell, model=replace(cell.model, name="lstm2")),
    ]
    assert len({c.key() for c in [cell, *others]}) == 6
    assert replace(cell, study="other").key() == cell.key()


def test_choosing_by_an_unknown_axis_or_label_lists_the_known_ones():
    with pytest.raises(UnknownName, match="Did you mean 'model'"):
        STUDY.cells(SMOKE, {"modle": ["tcn"]})
    with pytest.raises(UnknownName, match="lstm, tcn"):
        STUDY.cells(SMOKE, {"model": ["tcnn"]})


def test_rows_do_not_depend_on_the_order_of_computing(places):
    plan = STUDY.plan("smoke")["corrected"]
    cells = STUDY.cells(SMOKE, ONE)
    compute_unit(cells, plan, places / "straight", timed=False)
    shuffled = list(cells)
    random.Random(1).shuffle(shuffled)
    for cell in shuffled:
        compute_unit([cell], plan, places / "one by one", timed=False)
    assert unit_bytes(places / "straight") == unit_bytes(places / "one by one")


def test_a_begun_unit_counts_for_the_share_that_is_missing(places):
    cells = STUDY.cells(SMOKE, ONE)
    few = [c for c in cells if c.explainer is None or c.explainer.label == "random"]
    compute_unit(few, STUDY.plan("smoke")["corrected"], paths.units("benchmark", "smoke"), timed=False)
    store.write_unit(paths.units("benchmark", "smoke") / "timed.csv", [
        row(protocol="corrected", model="tcn", trainer=trainer, cell=trainer, seconds=90.0) for trainer in ("a", "b")
    ])  # fmt: skip
    (line,) = status.table(STUDY, SMOKE, ONE).to_dict("records")
    assert (line["units"], line["done"], line["begun"]) == (1, 0, 1)
    assert line["minutes per unit"] == pytest.approx(1.0)  # two of 90 seconds, one untimed
    assert line["minutes left, one core"] == pytest.approx(1 - len(few) / len(cells), abs=0.06)


def test_a_second_run_computes_nothing(places):
    said: list[str] = []
    first = runner.run(STUDY, SMOKE, only=ONE, say=said.append)
    second = runner.run(STUDY, SMOKE, only=ONE, say=said.append)
    assert (first.done, first.present, first.failed) == (1, 0, {})
    assert (second.done, second.present) == (0, 1)
    assert "about" in said[1]


def test_published_rows_count_as_computed(places):
    runner.run(STUDY, SMOKE, only=ONE, say=lambda _: None)
    store.compact(STUDY.name)
    for path in paths.units(STUDY.name, "smoke").glob("*.csv"):
        path.unlink()
    assert runner.run(STUDY, SMOKE, only=ONE, say=lambda _: None).present == 1


def test_a_new_metric_makes_its_cells_missing():
    plan = STUDY.plan("smoke")["corrected"]
    cells = STUDY.cells(SMOKE, ONE)
    names = [c.label for c in plan.metrics]
    have = {(c.key(), m) for c in cells if c.explainer for m in names[1:]}
    assert missing_cells(cells[1:], have, plan) == cells[1:]
    have.add((cells[1].key(), names[0]))
    assert missing_cells(cells[1:], have, plan) == cells[2:]


def test_a_failing_unit_is_reported_and_the_rest_goes_on(places, monkeypatch):
    calls = []

    def fail_first(cells, *rest):
        calls.append(cells)
        if len(calls) == 1:
            raise ValueError("broken on purpose")
        return 0

    monkeypatch.setattr(runner, "compute_unit", fail_first)
    report = runner.run(STUDY, SMOKE, say=lambda _: None)
    assert report.done == len(by_unit(STUDY.cells(SMOKE))) - 1
    assert list(report.failed.values()) == ["ValueError: broken on purpose"]


def start(places: Path, workers: int, *only: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "tsinterp_lib.cli", "run", "benchmark", "--profile", "smoke", "--no-timed"]
    environment = {
        **os.environ,
        "TSINTERP_CACHE": str(places / "cache"),
        "TSINTERP_RESULTS": str(places / "results"),
    }
    return subprocess.Popen(
        [*command, "--workers", str(workers), *only],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for_a_unit(folder: Path, process: subprocess.Popen, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not list(folder.glob("*.csv")):
        assert process.poll() is None, "the run ended before it wrote a unit"
        assert time.monotonic() < deadline, "no unit was written in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Where a run in one process, which nothing disturbs, leaves its units and its rows."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert start(folder, workers=0).wait(timeout=300) == 0
    return folder


@pytest.mark.slow
def test_killing_a_worker_then_the_run_loses_no_finished_unit_and_changes_no_byte(places, undisturbed):
    folder = places / UNITS
    process = start(places, workers=2)
    wait_for_a_unit(folder, process)
    children = psutil.Process(process.pid).children(recursive=True)
    busiest = max((c for c in children if c.is_running()), key=lambda c: c.memory_info().rss)
    os.kill(busiest.pid, signal.SIGKILL)
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    survived = set(unit_bytes(folder))
    assert survived
    assert start(places, workers=2).wait(timeout=300) == 0
    assert unit_bytes(folder) == unit_bytes(undisturbed / UNITS)
    assert survived <= set(unit_bytes(folder))
    published = [p / "results" / "benchmark.parquet" for p in (places, undisturbed)]
    assert published[0].read_bytes() == published[1].read_bytes()


@pytest.mark.slow
def test_two_runs_at_once_give_the_rows_of_one(places, undisturbed):
    few = ("--only", "model=tcn", "--only", "dataset=middle/gaussian_noise")
    both = [start(places, 0, *few), start(places, 0, *few)]
    assert [p.wait(timeout=300) for p in both] == [0, 0]
    written, alone = unit_bytes(places / UNITS), unit_bytes(undisturbed / UNITS)
    assert written == {name: alone[name] for name in written}
    assert len(written) == len(by_unit(STUDY.cells(SMOKE, {"model": ["tcn"], "dataset": ["middle/gaussian_noise"]})))


def test_the_cheapest_published_unit_is_what_the_committed_code_computes(tmp_path, monkeypatch):
    if not store.file_of("benchmark").exists():
        pytest.fail("no rows: `make results` computes them")
    table = store.read("benchmark", "paper")
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path))
    plan = STUDY.plan("paper")
    trained = table[(table["metric"] == "steps") & (table["explainer"] == "")]
    cheapest = trained[trained["model"].isin(["tcn", "lstm_input_cell"])].sort_values(["value", "cell"]).iloc[0]
    only = {
        "protocol": [cheapest["protocol"]],
        "dataset": [cheapest["dataset"]],
        "model": [cheapest["model"]],
        "seed": [str(cheapest["seed"])],
        "explainer": ["gradient", "random"],
    }
    cells = STUDY.cells(PROFILES["paper"], only)
    assert cells[0].key() == cheapest["cell"]
    compute_unit(cells, plan[cheapest["protocol"]], tmp_path, timed=False)
    fresh = pd.DataFrame(store.unit_rows(tmp_path, cells[0].unit().key()))
    keys = ["cell", "metric", "at"]
    both = fresh.merge(table, on=["cell", "metric"], suffixes=("", "_published"))
    both = both[(both["at"].fillna(-1) - both["at_published"].fillna(-1)).abs() < 1e-6]
    assert len(both) == len(fresh) == len(fresh.drop_duplicates(keys))
    # Another processor rounds float32 sums otherwise, and a map's ties and a training path feel it: hence 0.02, not 0.
    assert (both["value"] - both["value_published"]).abs().max() < 0.02


def test_the_picture_of_the_first_page_was_drawn_from_the_published_rows():
    from PIL import Image

    from tsinterp_lib.scoreboard import pictures

    drawn = pictures.pictures()
    assert [picture.name for picture in drawn] == ["answer", "outcomes"]
    for picture in drawn:
        assert Image.open(pictures.path(picture)).text[pictures.SOURCE] == pictures.source(picture)
