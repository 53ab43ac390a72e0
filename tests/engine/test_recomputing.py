"""Rows are computed again when asked, alone where only a metric is missing, and compared with what is published."""

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.engine.test_experiments import ONE, SMOKE, STUDY, places
from tsinterp_lib import paths
from tsinterp_lib.engine import kept, runner, store, unit, verify
from tsinterp_lib.engine.grid import Study
from tsinterp_lib.errors import ClusterError, InvalidInput, MissingRows, Stopped

__all__ = ["places"]

FEW = {**ONE, "explainer": ["gradient", "random"]}


def quiet(_: str) -> None:
    pass


def without(metric: str) -> Study:
    def plan(profile):
        return {
            name: replace(p, metrics=tuple(m for m in p.metrics if m.label != metric))
            for name, p in STUDY.plan(profile).items()
        }

    return Study(STUDY.name, STUDY.question, plan)


@pytest.fixture
def calls(monkeypatch):
    """Counts explanations and trainings."""
    found = {"explained": 0, "trained": 0}
    explain, save = unit.explained, unit.checkpoints.save

    def explained(*arguments):
        found["explained"] += 1
        return explain(*arguments)

    def saved(*arguments):
        found["trained"] += 1
        save(*arguments)

    monkeypatch.setattr(unit, "explained", explained)
    monkeypatch.setattr(unit.checkpoints, "save", saved)
    return found


def straight(monkeypatch, folder):
    """The file of the unit as one run writes it."""
    with monkeypatch.context() as patch:
        patch.setenv("TSINTERP_CACHE", str(folder))
        runner.run(STUDY, SMOKE, only=FEW, timed=False, say=quiet)
        (path,) = paths.units(STUDY.name, "smoke").glob("*.csv")
        return path.read_bytes()


def test_a_new_metric_is_scored_alone_on_the_map_that_was_kept_and_gives_the_same_row(places, monkeypatch, calls):
    expected = straight(monkeypatch, places / "straight")
    runner.run(without("auroc"), SMOKE, only=FEW, timed=False, say=quiet)
    calls.update(explained=0, trained=0)
    scored = []
    monkeypatch.setattr(unit, "scored", lambda e, m: scored.extend(c.label for c in m) or SCORED(e, m))
    assert runner.run(STUDY, SMOKE, only=FEW, timed=False, say=quiet).done == 1
    (path,) = paths.units(STUDY.name, "smoke").glob("*.csv")
    assert path.read_bytes() == expected
    assert calls == {"explained": 0, "trained": 0}
    assert scored == ["auroc", "auroc"]


SCORED = unit.scored


def test_a_new_metric_of_published_rows_is_scored_alone_and_joins_them(places):
    runner.run(without("auroc"), SMOKE, only=FEW, timed=False, say=quiet)
    store.compact(STUDY.name, plan=STUDY)
    for path in paths.units(STUDY.name, "smoke").glob("*.csv"):
        path.unlink()
    runner.run(STUDY, SMOKE, only=FEW, timed=False, say=quiet)
    (path,) = paths.units(STUDY.name, "smoke").glob("*.csv")
    assert {row.metric for row in store.read_unit(path)} == {"auroc"}
    store.compact(STUDY.name, plan=STUDY)
    assert set(store.read(STUDY.name)["metric"]) > {"auroc", "entropy"}
    assert runner.run(STUDY, SMOKE, only=FEW, say=quiet).present == 1


def test_a_damaged_map_is_moved_aside_and_computed_again(places, monkeypatch, calls, capsys):
    expected = straight(monkeypatch, places / "straight")
    runner.run(without("auroc"), SMOKE, only=FEW, timed=False, say=quiet)
    for path in paths.explanations().glob("*.npz"):
        path.write_bytes(path.read_bytes().replace(b"PK", b"KP", 1))
    calls.update(explained=0)
    runner.run(STUDY, SMOKE, only=FEW, timed=False, say=quiet)
    (path,) = paths.units(STUDY.name, "smoke").glob("*.csv")
    assert path.read_bytes() == expected
    assert calls["explained"] == 2
    assert "is damaged" in capsys.readouterr().out
    assert len(list(paths.explanations().glob("*.corrupt"))) == 2


@pytest.mark.parametrize(("gigabytes", "left"), [("0", 0), ("0.00000001", 0), ("1", 2)])
def test_kept_maps_keep_to_their_limit(places, monkeypatch, gigabytes, left):
    monkeypatch.setenv(kept.LIMIT, gigabytes)
    runner.run(STUDY, SMOKE, only=FEW, say=quiet)
    assert len(list(paths.explanations().glob("*.npz"))) == left


@pytest.mark.parametrize("given", ["much", "-1", "nan"])
def test_a_limit_that_is_no_number_is_refused(places, monkeypatch, given):
    monkeypatch.setenv(kept.LIMIT, given)
    with pytest.raises(InvalidInput, match="number of GB"):
        runner.run(STUDY, SMOKE, only=FEW, say=quiet)


def test_forced_rows_are_computed_again_from_the_training_on_and_others_stay(places, calls):
    runner.run(STUDY, SMOKE, only={**ONE, "explainer": ["gradient", "random", "oracle"]}, timed=False, say=quiet)
    (path,) = paths.units(STUDY.name, "smoke").glob("*.csv")
    before = path.read_bytes()
    calls.update(explained=0, trained=0)
    assert runner.run(STUDY, SMOKE, only=FEW, timed=False, force=True, say=quiet).done == 1
    assert calls == {"explained": 2, "trained": 1}
    assert path.read_bytes() == before


@pytest.fixture
def published(places):
    runner.run(STUDY, SMOKE, only=FEW, say=quiet)
    return store.compact(STUDY.name, plan=STUDY)


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_verifying_finds_equal_rows_equal_and_touches_nothing(places, published):
    before, said = contents(places), []
    found = verify.verify(STUDY, SMOKE, say=said.append)
    assert [(f.value, f.sem, f.missing, f.within) for f in found] == [(0, 0, 0, True)] * 3
    assert contents(places) == before
    assert "torch" in said[0]
    assert "equal" in said[1]
    assert len(verify.verify(STUDY, SMOKE, sample=1, say=quiet)) == 1


def test_verifying_says_which_cell_differs_and_by_how_much(places, published):
    table = store.read(STUDY.name)
    at = table.index[(table["explainer"] == "gradient") & (table["metric"] == "auroc")][0]
    table.loc[at, "value"] += 0.25
    store._write(published, table)
    found = {f.cell: f for f in verify.verify(STUDY, SMOKE, say=quiet)}
    bad = found.pop(table.loc[at, "cell"])
    assert bad.value == pytest.approx(0.25)
    assert (bad.worst, bad.within) == ("auroc", False)
    assert bad.relative == pytest.approx(0.25 / table.loc[at, "value"])
    assert all(f.within for f in found.values())
    loose = verify.verify(STUDY, SMOKE, FEW, tolerance=0.3, say=quiet)
    assert all(f.within for f in loose)


def test_verifying_what_is_not_published_is_refused(places, published):
    with pytest.raises(MissingRows, match="nothing that was chosen"):
        verify.verify(STUDY, SMOKE, {"model": ["lstm"]}, say=quiet)
    for wrong in ({"sample": 0}, {"tolerance": -1.0}):
        with pytest.raises(InvalidInput, match="must be"):
            verify.verify(STUDY, SMOKE, say=quiet, **wrong)


@pytest.mark.parametrize("workers", [-1, 10**6])
def test_a_number_of_workers_that_cannot_be_is_refused(places, workers):
    with pytest.raises(InvalidInput, match=f"workers is {workers}; it must be 0"):
        runner.run(STUDY, SMOKE, only=FEW, workers=workers, say=quiet)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x"])
def test_a_scheduler_that_is_not_there_is_said_in_one_line(places, monkeypatch, address):
    monkeypatch.setattr(runner, "PATIENCE", 1)
    with pytest.raises(ClusterError, match=r"no scheduler.*nothing is lost") as caught:
        runner.run(STUDY, SMOKE, only=FEW, scheduler=address, say=quiet)
    assert "\n" not in str(caught.value)


def test_a_cluster_that_does_not_start_is_said_in_one_line(places, monkeypatch):
    import distributed

    def fails(**_settings):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(distributed, "LocalCluster", fails)
    with pytest.raises(ClusterError, match=r"2 workers does not start \(RuntimeError: Nanny.*--workers 0"):
        runner.run(STUDY, SMOKE, only=FEW, workers=2, say=quiet)


def test_a_run_that_is_stopped_says_what_is_kept(places, monkeypatch):
    done, compute = [], runner.compute_unit

    def second(*arguments):
        if done:
            raise KeyboardInterrupt
        done.append(compute(*arguments))

    monkeypatch.setattr(runner, "compute_unit", second)
    with pytest.raises(Stopped, match=r"1 of \d+ units are done and kept in .*same command again"):
        runner.run(STUDY, SMOKE, only={"explainer": ["random"]}, say=quiet)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_full_disk_ends_a_run_at_once_with_one_line(places, workers):
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    command = f"{limit}from tsinterp_lib import cli; sys.argv = ['tsinterp', *sys.argv[1:]]; cli.main()"
    words = ["run", "benchmark", "--profile", "smoke", "--workers", str(workers), "--only", "model=tcn"]
    if workers:
        command = f"if __name__ == '__main__': {command}"
    # -B: compiled modules would be cut at the limit too, and break every later run.
    done = subprocess.run([sys.executable, "-B", "-c", command, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr
    assert "what is finished is kept" in done.stderr
    assert not list((places / "cache").rglob(".*.part"))


def test_cells_are_drawn_over_all_studies_and_slow_ones_are_counted(places, monkeypatch):
    runner.run(STUDY, SMOKE, only=FEW, timed=False, say=quiet)
    store.compact(STUDY.name, plan=STUDY)
    mine = replace(STUDY, profiles=("smoke",))
    empty = replace(mine, name="nothing_here")
    there = len(verify.stored(STUDY, SMOKE, FEW))
    found, able, slow = verify.drawn([empty, mine], {"smoke": SMOKE}, 2)
    assert [(study.name, len(cells)) for study, cells in found] == [(STUDY.name, 2)]
    assert (able, slow) == (there, 0)
    assert verify.drawn([mine], {"smoke": SMOKE}, 2)[0][0][1] == found[0][1]
    assert verify.drawn([mine], {"smoke": SMOKE}, 100)[1] == there
    table = store.read(STUDY.name)
    monkeypatch.setattr(store, "read", lambda *_: table.assign(seconds=61.0))
    assert verify.drawn([mine], {"smoke": SMOKE}, 2, at_most=1.0) == ([], 0, there)
    monkeypatch.undo()
    with pytest.raises(InvalidInput, match="at least 1"):
        verify.drawn([mine], {"smoke": SMOKE}, 0)
    for at_most in (-1.0, float("nan")):
        with pytest.raises(InvalidInput, match="above 0"):
            verify.drawn([mine], {"smoke": SMOKE}, 1, at_most)
    with pytest.raises(MissingRows, match="no stored row"):
        verify.recomputed([])
