"""Publishing is one transaction, damage is found and named, and rows keep what they are called and what made them."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.engine.test_experiments import ONE, SMOKE, STUDY, places, row
from tsinterp_lib import paths
from tsinterp_lib.engine import kept, made_by, maps, runner, seal, store, units
from tsinterp_lib.engine.grid import Study
from tsinterp_lib.engine.rows import labels
from tsinterp_lib.errors import CannotWrite, InvalidInput, MissingRows, StoreError
from tsinterp_lib.registry import Choice

__all__ = ["places"]

FLIPS = 60
FEW = {**ONE, "explainer": ["gradient", "random"]}

PUBLISH = """
import os, sys
from tests.engine.test_experiments import row
from tsinterp_lib import paths
from tsinterp_lib.engine import store
name = sys.argv[1]
for n in range(12):
    store.write_unit(paths.units("s", "smoke") / f"{name}{n}.csv", [row(cell=f"{name}{n}", model=name, seed=n)])
    store.compact("s")
"""


def publisher(places: Path, name: str) -> subprocess.Popen:
    environment = os.environ | {"TSINTERP_CACHE": str(places / name), "TSINTERP_RESULTS": str(places / "results")}
    return subprocess.Popen([sys.executable, "-c", PUBLISH, name], env=environment, cwd=Path(__file__).parents[2])


def flipped(content: bytes, generator: random.Random) -> bytes:
    at, bit = generator.randrange(len(content)), generator.randrange(8)
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


def outcome(path: Path, content: bytes, read) -> str:
    """What reading a file with this content comes to: ``error`` where it is refused by name, else ``read``."""
    path.write_bytes(content)
    try:
        read()
    except StoreError as error:
        return "error" if str(path) in str(error) else f"no name in {error}"
    return "read"


def publish(**changes: object) -> Path:
    store.write_unit(paths.units("s", "smoke") / "a.csv", [row(**changes), row(metric="x", cell="c2")])
    return store.compact("s")


def test_two_caches_that_publish_at_once_lose_no_row_and_a_reader_beside_them_sees_whole_tables(places):
    both, lengths = [publisher(places, name) for name in "ab"], []
    while any(p.poll() is None for p in both):
        try:
            lengths.append(len(store.read("s")))
        except MissingRows:
            time.sleep(0.01)
    assert [p.returncode for p in both] == [0, 0]
    assert set(store.read("s")["cell"]) == {f"{name}{n}" for name in "ab" for n in range(12)}
    assert lengths == sorted(lengths)
    assert {p.name for p in (places / "results").iterdir()} == {"s.parquet", ".s.parquet.lock"}


@pytest.mark.parametrize("name", ["it's", "a[1]*", 'two "words"'])
def test_a_path_with_any_sign_in_it_is_published_to_and_read(places, monkeypatch, name):
    monkeypatch.setenv("TSINTERP_RESULTS", str(places / name))
    publish()
    assert len(store.read("s")) == 2


def test_publishing_nothing_new_touches_nothing(places):
    store.write_unit(paths.units("s", "smoke") / "a.csv", [row(metric="m", at=level / 10) for level in range(1, 10)])
    path = store.compact("s")
    before = path.read_bytes(), path.stat().st_mtime_ns
    store.compact("s")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_published_table_can_be_read_by_others(places):
    (places / "plain").write_text("")
    path = publish()
    assert path.stat().st_mode == (places / "plain").stat().st_mode


def test_rows_of_a_metric_that_is_added_later_join_those_of_the_cell(places):
    path = paths.units("s", "smoke") / "a.csv"
    store.write_unit(path, [row()])
    store.compact("s")
    store.write_unit(path, [row(metric="new")])  # another cache, where the other metric was never computed
    store.compact("s")
    assert set(store.read("s")["metric"]) == {"auroc", "new"}


def test_published_and_unpublished_rows_of_a_level_are_one(places):
    store.write_unit(paths.units("s", "smoke") / "a.csv", [row(at=0.1)])
    store.compact("s")
    assert len(store.read_all("s", "smoke")) == 1


def test_every_flipped_bit_of_a_table_is_found_or_changes_nothing(places):
    path, generator = publish(), random.Random(0)
    content, table = path.read_bytes(), store.read("s")

    def same():
        pd.testing.assert_frame_equal(store.read("s"), table)

    outcomes = [outcome(path, flipped(content, generator), same) for _ in range(FLIPS)]
    assert set(outcomes) <= {"error", "read"}
    assert outcomes.count("error") > 0.9 * FLIPS


def test_every_flipped_bit_of_a_unit_is_found_and_the_file_is_moved_aside_and_named(places):
    path, generator = places / "u.csv", random.Random(0)
    store.write_unit(path, [row(), row(metric="x")], {"c1": [made_by.maker()]})
    content, rows = path.read_bytes(), store.read_unit(path)

    def same():
        assert store.read_unit(path) == rows

    assert {outcome(path, flipped(content, generator), same) for _ in range(FLIPS)} <= {"error", "read"}
    said: list[str] = []
    for _ in range(2):
        path.write_bytes(content.replace(b"0.5", b"0.7", 1))
        assert store.unit_rows(places, "u", said.append) == []
    assert str(path) in said[0]
    assert path.with_suffix(".corrupt").exists()
    assert str(path.with_suffix(".corrupt-1")) in said[1]


def test_publishing_says_which_unit_is_damaged_and_publishes_the_rest(places):
    folder, said = paths.units("s", "smoke"), []
    store.write_unit(folder / "good.csv", [row()])
    store.write_unit(folder / "bad.csv", [row(cell="c2", seed=1)])
    (folder / "bad.csv").write_bytes((folder / "bad.csv").read_bytes().replace(b"0.5", b"0.7"))
    store.compact("s", say=said.append)
    assert list(store.read("s")["cell"]) == ["c1"]
    assert "bad.csv is damaged" in said[0]


def test_every_flipped_bit_of_a_file_of_maps_is_found(places):
    path = maps.path("s")
    kept.write_arrays(path, {"about": np.array('{"cells": {}}'), "labels": np.arange(3)})
    content, generator = path.read_bytes(), random.Random(0)

    def same():
        assert torch.equal(maps.load("s").labels, torch.arange(3))

    same()
    assert {outcome(path, flipped(content, generator), same) for _ in range(FLIPS)} <= {"error", "read"}


def test_all_published_files_are_sealed_and_whole():
    files = [*paths.results().glob("*.parquet"), *paths.results().glob("arrays/*.npz")]
    assert files
    assert [p.name for p in files if seal.MARK not in p.read_bytes() or seal.broken(p.read_bytes())] == []


def test_a_unit_of_a_version_without_seal_and_parts_is_read(places):
    new = places / "new.csv"
    store.write_unit(new, [row()])
    lines = new.read_text().splitlines()[1:]
    old = [",".join(line.split(",")[:18]) for line in lines[:-1]]
    (places / "old.csv").write_text("\n".join([*old, "#end 1"]) + "\n")
    assert store.read_unit(places / "old.csv") == [row()]


def test_a_renamed_label_renames_the_rows_there_are(places):
    runner.run(STUDY, SMOKE, only=FEW, say=lambda _: None)
    store.compact(STUDY.name, plan=STUDY)
    before = store.read(STUDY.name)

    def plan(profile):
        return {
            name: replace(p, models=tuple(replace(m, alias=f"the {m.label}") for m in p.models))
            for name, p in STUDY.plan(profile).items()
        }

    renamed = Study(STUDY.name, STUDY.question, plan)
    only = {**FEW, "model": ["the tcn"]}
    assert runner.run(renamed, SMOKE, only=only, say=lambda _: None).present == 1
    store.compact(STUDY.name, plan=renamed)
    after = store.read(STUDY.name)
    assert set(after["model"]) == {"the tcn"}
    pd.testing.assert_frame_equal(after.drop(columns="model"), before.drop(columns="model"))


@pytest.mark.parametrize(
    ("explainer", "base", "variant"),
    [
        (None, "", ""),
        (Choice("gradient", {"absolute": True}, alias="gradient"), "gradient", ""),
        (Choice("occlusion", {"window_steps": 2}, alias="occlusion[two steps]"), "occlusion", "two steps"),
        (Choice("temporal_saliency_rescaling", {"base": Choice("gradient")}, alias="tsr[gradient]"), "gradient",
         "tsr[gradient]"),
    ],
)  # fmt: skip
def test_rows_say_what_their_data_and_their_method_are_made_of(explainer, base, variant):
    cell = replace(STUDY.cells(SMOKE, ONE)[0], explainer=explainer)
    found = labels(cell)
    assert (found["layout"], found["process"]) == ("rare_time", "gaussian_noise")
    assert (found["base"], found["variant"]) == (base, variant)


def test_published_rows_have_their_parts():
    table = store.read("rescaling").drop_duplicates("explainer").set_index("explainer")
    assert tuple(table.loc["tsr[smoothgrad]", ["base", "variant"]]) == ("smoothgrad", "tsr[smoothgrad]")
    assert (store.read("benchmark")["dataset"].str.partition("/")[0] == store.read("benchmark")["layout"]).all()


def test_rows_say_what_made_them_and_older_ones_that_this_is_not_recorded(places):
    folder, here = paths.units("s", "smoke"), made_by.maker()
    store.write_unit(folder / "a.csv", [row(), row(cell="old", seed=1)], {"c1": [here]})
    store.compact("s")
    found = store.made_by("s").set_index("cell")
    assert tuple(found.loc["c1"]) == tuple(here)
    assert set(found.loc["old"]) == {made_by.NOT_RECORDED}
    other = here._replace(commit="another")
    store.write_unit(folder / "a.csv", [row(metric="new")], {"c1": [other]})
    store.compact("s")
    assert set(store.made_by("s")["commit"]) == {here.commit, "another", made_by.NOT_RECORDED}
    store.write_unit(folder / "a.csv", [row(), row(metric="new")], {"c1": [other]})
    store.compact("s")
    assert set(store.made_by("s")["commit"]) == {"another", made_by.NOT_RECORDED}
    assert here.torch == torch.__version__


def test_a_computed_unit_names_its_maker(places):
    runner.run(STUDY, SMOKE, only=FEW, say=lambda _: None)
    (path,) = paths.units(STUDY.name, "smoke").glob("*.csv")
    assert set(units.read(path).makers) == {cell.key() for cell in STUDY.cells(SMOKE, FEW)}


def test_half_written_files_of_killed_writers_go_after_a_day(places):
    folder = places / "results"
    folder.mkdir()
    for name, age in ((".s.parquet.1.ab.part", 2), (".s.parquet.2.cd.part", 0)):
        (folder / name).write_text("")
        os.utime(folder / name, (time.time() - age * 86400,) * 2)
    publish()
    assert [p.name for p in folder.glob(".*.part")] == [".s.parquet.2.cd.part"]


def test_a_full_disk_keeps_the_old_table_and_says_so(places, monkeypatch):
    path = publish()
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    store.write_unit(paths.units("s", "smoke") / "b.csv", [row(cell="new", seed=3)])
    with monkeypatch.context() as patch:
        patch.setattr(paths.os, "fsync", full)
        with pytest.raises(CannotWrite, match=r"s.parquet.*disk is full.*unchanged"):
            store.compact("s")
    assert path.read_bytes() == before
    store.compact("s")
    assert "new" in set(store.read("s")["cell"])


def test_a_results_path_that_is_a_file_is_refused_before_anything_is_computed(places, monkeypatch):
    (places / "file").write_text("mine")
    monkeypatch.setenv("TSINTERP_RESULTS", str(places / "file"))
    with pytest.raises(InvalidInput, match=r"TSINTERP_RESULTS is .*file; it must be a folder"):
        runner.run(STUDY, SMOKE, only=FEW, say=lambda _: None)
    assert not (places / "cache").exists()
