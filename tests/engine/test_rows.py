"""Where rows come from: who learned from which split, who explained which samples, whose draws, and what a row says."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import torch

from tests.training_examples import build as network
from tests.training_examples import data as level
from tsinterp_lib import compare, explainers, metrics, paths
from tsinterp_lib.engine import runner, status, store, unit, units
from tsinterp_lib.engine.explain import Seeds, explained
from tsinterp_lib.engine.grid import Cell, Plan, Profile, Study
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.registry import Choice
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.trainers import TRAINERS, Fitted
from tsinterp_lib.types import Explainer, Metric, Sizes

PROFILE = Profile("tiny", Sizes(train=8, validation=4, test=6), 1, 2)
SEEN: dict[str, object] = {}


@dataclass(frozen=True)
class Spy(Explainer):
    """Keeps what it learned from, what it explained, and the numbers it drew."""

    needs = None
    name: str = "spy"

    def prepare(self, model, train):
        SEEN[self.name, "learned"] = train
        SEEN[self.name, "first draw"] = float(torch.rand(()))
        return self

    def for_samples(self, samples):
        SEEN[self.name, "importance"] = samples.importance
        return self

    def _attribute(self, model, x, target):
        model(x)
        SEEN[self.name, "explained"] = x
        SEEN[self.name, "target"] = target
        SEEN[self.name, "draw"] = float(torch.rand(()))
        return torch.ones_like(x)


class Fixed(Metric):
    """Scores that are known: NaN for the first sample, then 0, 1, 2, …; keeps the explanation."""

    def _scores(self, e):
        SEEN["explanation"] = e
        scores = torch.arange(len(e.x), dtype=torch.float64) - 1
        return torch.where(scores < 0, torch.nan, scores)[:, None]


def example():
    """A small data set whose background is known."""
    return replace(level(n_train=40), background=lambda n, seed: torch.zeros(n, 6, 4))


@pytest.fixture(autouse=True)
def spies(monkeypatch, tmp_path):
    SEEN.clear()
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path))
    monkeypatch.setitem(explainers.EXPLAINERS, "spy", Spy)
    monkeypatch.setitem(metrics.METRICS, "fixed", Fixed)


def cell(name="spy", **changes):
    own = Cell(
        "s",
        "as_released",
        PROFILE,
        Choice("middle"),
        Choice("lstm"),
        Choice("standard"),
        Choice("spy", {"name": name}, alias=name),
        0,
    )
    return replace(own, **changes)


def rows_of(own, data):
    return unit.explanation_rows(own, [Choice("fixed", alias="scores")], network(), data, timed=False)


@pytest.mark.parametrize("samples", [None, 3])
def test_an_explainer_learns_from_train_and_explains_the_first_test_samples(samples):
    data = example()
    own = cell(samples=samples)
    n = len(data.test) if samples is None else samples
    (row,) = rows_of(own, data)
    assert torch.equal(SEEN["spy", "learned"].x, data.train.x)
    assert torch.equal(SEEN["spy", "explained"], data.test.x[:n])
    assert torch.equal(SEEN["spy", "target"], data.test.y[:n])
    e = SEEN["explanation"]
    assert torch.equal(e.x, data.test.x[:n])
    assert torch.equal(e.target, data.test.y[:n])
    assert e.background is data.background
    scores = np.arange(n - 1.0)  # the first one is undefined
    assert row.n == n - 1
    assert row.value == pytest.approx(scores.mean())
    assert row.sem == pytest.approx(scores.std(ddof=1) / np.sqrt(n - 1))
    assert (row.metric, row.at, row.explainer, row.dataset, row.seed) == ("scores", None, "spy", "middle", 0)
    assert (row.cell, row.device) == (own.key(), "cpu")
    assert row.forward_calls == 1 + n  # one to learn the shape of the output
    assert math.isnan(row.seconds)


def test_one_defined_sample_has_no_standard_error_and_none_has_no_mean():
    two, one = (rows_of(cell(samples=n), example())[0] for n in (2, 1))
    assert (two.n, two.value) == (1, 0.0)
    assert math.isnan(two.sem)
    assert (one.n, math.isnan(one.value), math.isnan(one.sem)) == (0, True, True)


def test_no_two_cells_share_draws_and_each_part_has_its_own_seed():
    data = example()
    seeds = {}
    for own in (cell("a"), cell("b"), cell("a", seed=1)):
        rows_of(own, data)
        name = own.explainer.label
        seeds[own.key()] = (SEEN[name, "first draw"], SEEN[name, "draw"], SEEN["explanation"].seed)
        for place, part in enumerate(("prepare", "attribute")):
            with scope(seed_from(own.key(), part)):
                assert seeds[own.key()][place] == float(torch.rand(()))
        assert seeds[own.key()][2] == seed_from(own.key(), "metrics")
    every = [number for parts in seeds.values() for number in parts]
    assert len(set(every)) == len(every) == 9


def test_a_model_is_trained_on_its_data_from_its_own_seeds(monkeypatch):
    learned = {}

    @dataclass(frozen=True)
    class Trainer:
        max_epochs: int = 9

        def fit(self, model, data, seed):
            learned.update(data=data, seed=seed, draw=float(torch.rand(())), epochs=self.max_epochs)
            learned["weights"] = {k: v.clone() for k, v in model.state_dict().items()}
            return Fitted(model, 0.5, 0.6, 0.7, 3, 12, 4.0, "given", True, ((1, 2.0),))

    monkeypatch.setitem(TRAINERS, "standard", Trainer)
    own = cell(explainer=None, trainer=Choice("standard"), model=Choice("lstm", {"hidden_size": 3}))
    data = example()
    result, _got = unit.fitted(own, data)
    assert torch.equal(learned["data"].train.x, data.train.x)
    assert learned["seed"] == seed_from(own.key(), "train")
    with scope(seed_from(own.key(), "train")):
        assert learned["draw"] == float(torch.rand(()))
    assert learned["epochs"] == PROFILE.max_epochs
    first = learned.pop("weights")
    learned.clear()
    again, _ = unit.fitted(own, data)
    assert not learned  # loaded by key
    assert all(torch.equal(v, first[k]) for k, v in again.model.state_dict().items())
    values = {row.metric: row.value for row in unit.model_rows(own, result, True)}
    assert values == {
        "train_accuracy": pytest.approx(0.5),
        "validation_accuracy": pytest.approx(0.6),
        "test_accuracy": pytest.approx(0.7),
        "epochs": 3,
        "steps": 12,
        "passed_gate": 1,
    }
    rows = unit.model_rows(own, result, True, "cuda")
    assert {row.device for row in rows} == {"cuda"}
    assert {row.seconds for row in rows} == {4.0}
    assert {row.explainer for row in rows} == {""}


def test_data_depend_on_their_choice_their_sizes_and_the_seed_alone():
    one = unit.load(cell())
    assert [len(s) for s in (one.train, one.validation, one.test)] == [8, 4, 6]
    same = unit.load(cell("other", model=Choice("tcn"), trainer=Choice("given")))
    assert torch.equal(one.train.x, same.train.x)
    assert not torch.equal(one.train.x, unit.load(cell(seed=1)).train.x)


def test_missing_cells_are_those_that_lack_a_metric():
    plan = Plan(
        (Choice("middle"),),
        (Choice("lstm"),),
        (Choice("standard"),),
        (Choice("spy"),),
        (Choice("fixed", alias="a"), Choice("fixed", alias="b")),
    )
    own, model = cell(), cell(explainer=None)
    have = {(own.key(), "a")} | {(model.key(), m) for m in unit.MODEL_METRICS}
    assert unit.missing_cells([own, model], have, plan) == [own]
    assert unit.missing_cells([own, model], have | {(own.key(), "b")}, plan) == []
    assert unit.missing_cells([own, model], have - {(model.key(), "epochs")}, plan) == [own, model]


def test_a_study_asks_for_the_seeds_of_the_profile_and_keeps_what_is_left_out():
    plan = Plan(
        (Choice("middle"),),
        (Choice("lstm"), Choice("tcn")),
        (Choice("standard"),),
        (Choice("gradient"), Choice("spy")),
        (Choice("fixed"),),
        {("tcn", "spy"): "too slow"},
        samples=3,
        trainers_of={("lstm", "middle"): (Choice("given"),)},
    )
    cells = Study("s", "?", lambda _: {"as_released": plan}).cells(PROFILE)
    assert [c.seed for c in cells] == [0] * 8 + [1] * 8
    assert [c.explainer.label if c.explainer else "" for c in cells[:8]] == ["", "gradient", "spy"] * 2 + [
        "",
        "gradient",
    ]
    assert [c.trainer.label for c in cells[:8]] == ["standard"] * 3 + ["given"] * 3 + ["standard"] * 2
    assert [c.samples for c in cells[:3]] == [None, 3, 3]
    few = Study("s", "?", lambda _: {"as_released": plan}, most_seeds=1)
    assert {c.seed for c in few.cells(PROFILE)} == {0}
    chosen = few.cells(PROFILE, {"explainer": ["spy"]})
    assert [c.explainer.label if c.explainer else "" for c in chosen] == ["", "spy", "", "spy", ""]
    assert [PROFILES[name].n_seeds for name in ("smoke", "quick", "paper")] == [1, 2, 5]


def row(**changes):
    own = store.Row("s", "p", "paper", "d", "m", "t", "e", "auroc", None, 0, 0.5, 0.1, 3, 1, 60.0, "cpu", "c", "1")
    return replace(own, **changes)


def test_stored_rows_keep_every_field_in_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_RESULTS", str(tmp_path))
    monkeypatch.setattr(store, "file_of", lambda study: tmp_path / f"{study}.parquet")
    rows = [
        row(),
        row(metric="curve", at=0.5, value=0.25, sem=0.0625, n=7, forward_calls=11, seed=3, cell="c2"),
        row(value=0.75, cell="c3", profile="smoke"),
    ]
    store.write_unit(paths.units("s", "paper") / "u.csv", rows)
    assert store.read_unit(paths.units("s", "paper") / "u.csv") == sorted(rows, key=units._sort_key)
    store.compact("s", "paper")
    table = store.read("s", "paper").set_index("cell")
    for own in rows[:2]:
        found = table.loc[own.cell]
        for name in set(store.COLUMNS) - {"cell"}:
            value = getattr(own, name)
            assert found[name] == pytest.approx(value) if value is not None else pd.isna(found[name])
    assert len(store.read("s")) == 3
    levels = [replace(rows[1], at=at, cell="c4") for at in (0.25, 0.75)]
    store.write_unit(paths.units("s", "paper") / "v.csv", levels)
    newer = [replace(rows[0], value=0.125)]
    store.write_unit(paths.units("s", "paper") / "u.csv", newer)
    everything = store.read_all("s", "paper").set_index("cell")
    assert everything.loc["c4", "at"].tolist() == [0.25, 0.75]
    assert everything["value"].drop("c4").to_dict() == {"c": 0.125, "c2": 0.25}


def test_minutes_are_those_of_a_model_with_all_its_maps(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "file_of", lambda study: tmp_path / "none")
    rows = [
        row(cell="a", seconds=60.0),
        row(cell="a", metric="other", seconds=60.0),
        row(cell="b", seconds=120.0),
        row(cell="c", seed=1, seconds=60.0),
    ]
    study = Study("s", "?", lambda _: {})
    folder = paths.units("s", "tiny")
    store.write_unit(folder / "u.csv", rows)
    assert status.unit_minutes(study, PROFILE) == {("p", "m"): 2.0}


def test_a_report_says_what_was_there_and_what_failed(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "file_of", lambda study: tmp_path / "none")
    plan = Plan((Choice("middle"),), (Choice("lstm"), Choice("tcn")), (Choice("standard"),), (), ())
    study = Study("s", "?", lambda _: {"as_released": plan}, most_seeds=1)
    first = study.cells(PROFILE)[0]
    done = [row(cell=first.key(), metric=m, explainer="") for m in unit.MODEL_METRICS]
    store.write_unit(paths.units("s", "tiny") / f"{first.key()}.csv", done)
    asked = []

    def compute(cells, plan, folder, timed, device, have, force):
        asked.append((cells[0].model.label, timed, device, have, force))
        raise ValueError("broken")

    monkeypatch.setattr(runner, "compute_unit", compute)
    report = runner.run(study, PROFILE, timed=False, say=lambda _: None)
    assert asked == [("tcn", False, "cpu", set(), False)]
    assert (report.present, report.done) == (1, 0)
    assert list(report.failed.values()) == ["ValueError: broken"]


def test_a_comparison_learns_from_train_explains_test_and_bounds_its_means():
    data = example()
    (found,) = compare.compare(network(), data, {"mine": Spy()}, ["fixed"], seed=5).to_dict("records")
    assert torch.equal(SEEN["spy", "learned"].x, data.train.x)
    assert torch.equal(SEEN["spy", "explained"], data.test.x)
    assert SEEN["explanation"].seed == 5
    assert SEEN["explanation"].background is data.background
    with scope(seed_from("mine", 5)):
        assert SEEN["spy", "first draw"] == float(torch.rand(()))
    n = len(data.test) - 1
    scores = np.arange(n, dtype=float)
    half = 1.96 * scores.std(ddof=1) / np.sqrt(n)
    assert (found["explainer"], found["metric"], found["n"]) == ("mine", "fixed", n)
    assert (found["mean"], found["low"], found["high"]) == pytest.approx(
        (scores.mean(), scores.mean() - half, scores.mean() + half)
    )
    assert found["seconds"] > 0
    table = compare.compared(
        {"one": Fitted(network(), 0.0, 0.0, 0.0, 1, 1, 0.0, "given", True, ())}, data, {"m": Choice("spy")}, ["fixed"]
    )
    assert table[["model", "explainer"]].to_numpy().tolist() == [["one", "m"]]


def test_a_map_is_of_the_label_and_not_of_the_prediction():
    data = example()
    explained(network(), Spy(), data.test, data.train, Seeds(0))
    assert torch.equal(SEEN["spy", "target"], data.test.y)
    assert SEEN["spy", "importance"] is data.test.importance
