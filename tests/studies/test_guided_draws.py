"""Seeds of data and training told apart, neighbours of a reading, first weights that are shared: on known rows."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch

from tests.made_up import answers
from tests.studies.test_guided_data import made
from tsinterp_lib.datasets import DATASETS, Planted
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.engine.unit import first_weights
from tsinterp_lib.errors import InvalidInput, MissingRows, UnknownName
from tsinterp_lib.studies import STUDIES
from tsinterp_lib.studies.guided import claims, data_page, draws, neighbours, printed
from tsinterp_lib.studies.guided.neighbours_plan import LAYOUTS, NEIGHBOURS
from tsinterp_lib.studies.guided.plan import PROTOCOL
from tsinterp_lib.tables import select
from tsinterp_lib.trainers import FineTuned, Standard
from tsinterp_lib.types import Sizes

SIZES = Sizes(20, 5, 5)


def drawn(value, seeds=(0, 1, 2)):
    """Rows of one network and layout: a value by data seed, training seed and trainer."""
    rows = [
        {"protocol": PROTOCOL, "profile": "paper", "dataset": f"middle/gaussian_noise/{d}", "model": "tcn",
         "trainer": t, "explainer": e, "metric": m, "at": np.nan, "seed": s, "value": value(d, s, t)}
        for d, s, t, e, m in product(range(3), seeds, ("standard", "guided"), ("gradient", "deep_lift"),
                                     ("auroc", "aup_count"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


@answers("studies.guided.draws.tables", "studies.guided.draws.parts", "studies.guided.draws.say")
def test_what_the_data_do_is_told_from_what_the_training_does():
    rows = drawn(lambda d, s, t: 0.5 + 0.1 * d + (0.02 * s if t == "guided" else 0.0))
    found = draws.parts(rows).set_index(["quantity", "of"])
    one = found.loc[("AUROC", "traditional")]
    assert one[["data", "first weights", "rest"]].tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert one["deviation"] == pytest.approx(0.1)
    assert one["tables"] == 2
    assert found.loc[("AUROC", "guided"), "data"] == pytest.approx(0.01 / (0.01 + 0.0004))
    gain = found.loc[("AUROC", draws.GAIN)]
    assert gain[["data", "first weights", "rest"]].tolist() == pytest.approx([0.0, 1.0, 0.0])
    said = draws.say(draws.parts(rows))
    assert "TCN, traditional: data 100%, first weights 0%, the rest 0%" in said
    assert "guided_draws" in draws.say(draws.parts(rows.iloc[:0]))
    gap = rows.drop(rows.index[(rows["explainer"] == "gradient") & (rows["seed"] == 2)][:1])
    assert len(draws.tables(gap)) == len(draws.tables(rows)) - 2 * 3  # that data set, traditional and its gain
    two = rows["dataset"].str.contains("/[01]$") & (rows["seed"] == 2) & (rows["trainer"] == "standard")
    assert set(draws.tables(rows[~two])["what"]) == {"guided"}  # one data set left tells nothing of data


@answers("studies.guided.draws.starts")
def test_the_gain_from_shared_weights_stands_beside_that_from_own_ones():
    rows = drawn(lambda d, s, t: 0.1 * d + (0.05 if t == "guided" else 0.0))
    own = drawn(lambda d, s, t: (0.02 + 0.03 * s) * (t == "guided"))
    own = own[own["dataset"].str.endswith("/0")].assign(dataset="middle/gaussian_noise")
    other = own.assign(dataset="rare_time/gaussian_noise", value=9.0)
    assert "guided_draws" in draws.starts(rows.iloc[:0], own)
    found = draws.starts(rows, pd.concat([own, other]))
    assert found.loc[("TCN", "AUROC", "shared"), ["gain", "deviation", "pairs"]].tolist() == pytest.approx([0.05, 0, 9])
    assert found.loc[("TCN", "AUROC", "own"), ["gain", "deviation", "pairs"]].tolist() == pytest.approx([0.05, 0.03, 3])


@answers("studies.guided.neighbours.cells", "studies.guided.neighbours.distances")
def test_neighbours_stand_beside_the_readings_on_the_same_layouts_networks_and_seeds(monkeypatch):
    near = made(lambda value, _: value + 0.05, ("tcn", "lstm"), seeds=2).assign(protocol="raw_car")
    readings = {data_page.GAUSSIAN: made(lambda value, _: value + 0.2, ("tcn", "lstm")), data_page.RAW_NARMA: made()}
    monkeypatch.setattr(data_page, "readings", lambda *_: readings)
    monkeypatch.setattr(select, "rows", lambda *_, **__: near)
    found = neighbours.cells()
    assert set(found["dataset"]) == set(LAYOUTS)
    assert set(found["model"]) == {"tcn"}
    assert set(found["reading"]) == {data_page.GAUSSIAN, "car, raw"}
    assert set(found["n"]) == {2}  # of three seeds, those that the neighbours have
    grid = neighbours.distances(found)
    assert grid["distance"].loc["car, raw"].to_numpy() == pytest.approx(0.05, abs=1e-3)
    assert grid["distance"].loc[data_page.GAUSSIAN].to_numpy() == pytest.approx(0.2, abs=1e-3)
    assert (grid["cells"] == 24).to_numpy().all()

    readings[data_page.RAW_NARMA] = made(lambda value, _: value + 0.1, ("tcn",))
    fewer = near[near["dataset"].str.split("/").str[0] != LAYOUTS[0]]
    monkeypatch.setattr(select, "rows", lambda *_, **__: fewer)
    grid = neighbours.distances(neighbours.cells())
    assert grid["NARMA there"].loc["car, raw"].to_numpy() == pytest.approx(0.1, abs=1e-3)
    assert (grid["cells"].loc["car, raw"] == 18).all()

    far = near["dataset"].str.split("/").str[0] == LAYOUTS[0]
    narma = readings[data_page.RAW_NARMA]
    readings[data_page.RAW_NARMA] = narma[narma["dataset"].str.split("/").str[0] != LAYOUTS[0]]
    wide = near.assign(value=near["value"] + far * (near["explainer"] != "random"))
    monkeypatch.setattr(select, "rows", lambda *_, **__: wide)
    grid = neighbours.distances(neighbours.cells())
    assert grid["distance"].loc["car, raw"].to_numpy() == pytest.approx(0.05, abs=1e-3)  # without the layout left out
    assert (grid["cells"].loc["car, raw"] == 18).all()

    def none(*_, **__):
        raise MissingRows("nothing there")

    monkeypatch.setattr(select, "rows", none)
    assert neighbours.distances(neighbours.cells()).empty


def test_every_neighbour_changes_one_thing_and_has_a_name():
    assert set(NEIGHBOURS) == set(neighbours.NAMES)
    cells = STUDIES["guided_neighbours"].cells(PROFILES["paper"])
    base = {"process": "narma", "protocol": "as_released", "scaling": "none"}
    for cell in cells:
        changed = {k for k, v in cell.dataset.params.items() if base.get(k) != v}
        assert len(changed - {"background_mean", "background_scale"}) <= 1
    baselines = {c.explainer.params.get("baseline") for c in cells if c.explainer and c.protocol == "zero_baseline"}
    assert baselines == {"zero", None}


@answers("studies.guided.claims.read_as")
def test_a_reading_has_the_rows_of_its_study_under_the_name_that_claims_look_for(monkeypatch):
    raw = made().assign(protocol="raw_narma")
    monkeypatch.setattr(select, "rows", lambda study, profile, gated: raw if study == "guided_narma" else raw.iloc[:0])
    found = claims.read_as(printed.RAW_NARMA)
    assert set(found["protocol"]) == {PROTOCOL}
    assert len(found) == len(raw)
    assert claims.read_as(printed.STANDARDISED).empty
    asked = []
    monkeypatch.setattr(claims, "joined", lambda *given: asked.append(given) or raw)
    assert claims.read_as(printed.GAUSSIAN, "quick", False) is raw
    assert asked == [("quick", False)]


@answers("tables.select.by_mass")
def test_the_mass_cut_takes_the_place_of_the_count_cut():
    rows = pd.DataFrame({"metric": ["aup_count", "aup_mass", "aur_mass", "auroc"], "value": [1.0, 2.0, 3.0, 4.0]})
    found = select.by_mass(rows)
    assert found.to_numpy().tolist() == [["aup_count", 2.0], ["aur_count", 3.0], ["auroc", 4.0]]


def test_a_background_is_moved_and_scaled_before_anything_is_planted():
    plain, moved = (
        Planted("middle", scaling="none", dtype="float64", **more).load(SIZES, 3)
        for more in ({}, {"background_mean": 0.25, "background_scale": 0.3})
    )
    sign = torch.where(plain.train.y == 1, 1.0, -1.0)[:, None, None] * plain.train.importance
    torch.testing.assert_close(moved.train.x, 0.25 + 0.3 * (plain.train.x - sign) + sign)
    torch.testing.assert_close(moved.background(4, 1), 0.25 + 0.3 * plain.background(4, 1))
    released = DATASETS["middle"](protocol="as_released", scaling="none", background_mean=0.1, background_scale=0.2)
    x = released.load(Sizes(400, 5, 5), 0).train
    inside = x.x[x.importance].view(400, -1) - torch.where(x.y == 1, 1.0, -1.0)[:, None]
    assert (float(inside.mean()), float(inside.std())) == pytest.approx((0.1, 0.2), abs=0.01)
    for scale in (0.0, float("nan")):
        with pytest.raises(InvalidInput, match="the scale above zero"):
            Planted("middle", background_scale=scale)


def test_fixed_data_do_not_follow_the_seed():
    one, same, other = (Planted("middle", data_seed=k).load(SIZES, s) for k, s in ((1, 0), (1, 5), (2, 0)))
    assert torch.equal(one.train.x, same.train.x)
    assert not torch.equal(one.train.x, other.train.x)


def test_shared_first_weights_are_those_of_network_and_seed_alone():
    cells = [c for c in STUDIES["guided_draws"].cells(PROFILES["paper"]) if c.explainer is None]
    seeds = {(c.model.label, c.seed): set() for c in cells}
    for cell in cells:
        seeds[cell.model.label, cell.seed].add(first_weights(cell))
    assert all(len(found) == 1 for found in seeds.values())
    assert len(set.union(*seeds.values())) == len(seeds) == 6
    own = [c for c in STUDIES["guided"].cells(PROFILES["smoke"]) if c.explainer is None]
    assert len({first_weights(c) for c in own}) == len(own)
    with pytest.raises(UnknownName, match="first weights"):
        Standard(first_weights="lent")


def test_training_on_without_guidance_takes_the_epochs_of_fine_tuning_and_no_divergence():
    cells = STUDIES["guided"].cells(PROFILES["paper"], {"trainer": ["trained_longer"]})
    assert {c.trainer.params["weight"] for c in cells} == {0.0}
    data = Planted("middle").load(Sizes(40, 10, 10), 0)
    losses = []
    for weight in (0.0, 1.0):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2500, 2))
        trainer = FineTuned(epochs=3, max_epochs=3, weight=weight)
        assert trainer.fit(model, data, 0).epochs == 3
        x, y = data.train.x, data.train.y
        model.eval()
        with torch.no_grad():
            plain = torch.nn.functional.cross_entropy(model(x), y)
        losses.append((trainer.loss(model, x, y, data).item(), plain.item()))
    assert losses[0][0] == pytest.approx(losses[0][1])
    assert losses[1][0] > losses[1][1]
