"""Ranking an own model or explainer, and what chapters compute live."""

from dataclasses import dataclass

import pandas as pd
import pytest
import torch
from torch import nn

from tsinterp_lib.compare import compare, explain, score
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers import CORRECTED
from tsinterp_lib.live import networks, tables
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import scope
from tsinterp_lib.tables.show import RANKING_METRICS, under
from tsinterp_lib.types import Explanation, Samples, Sizes


class SumOfBlock(nn.Module):
    """A model of one's own that needs no training: the mean of the planted block, as two logits."""

    def forward(self, x):
        score = x[:, 10:40, 10:40].mean((1, 2))
        return torch.stack([-score, score], 1)


@dataclass(frozen=True)
class Mine(Explainer):
    """An explainer of one's own."""

    def _attribute(self, model, x, target):
        return x.abs()


@pytest.fixture(scope="module")
def middle():
    return build("dataset", "middle").load(Sizes(20, 5, 6), 0)


def test_an_own_explainer_is_ranked_beside_the_others_on_an_own_model(middle):
    chosen = {"mine": Mine(), "gradient": CORRECTED["gradient"], "random": CORRECTED["random"]}
    table = compare(SumOfBlock(), middle, chosen, metrics=("auroc", "aup_count"))
    auroc = table[table["metric"] == "auroc"].set_index("explainer")
    assert list(auroc.index) == ["mine", "gradient", "random"]
    assert auroc.loc["gradient", "mean"] == 1.0
    assert auroc.loc["random", "low"] < 0.5 < auroc.loc["random", "high"] + 0.05
    assert (auroc["n"] == 6).all()


def test_every_explainer_of_the_library_runs_by_default(middle):
    small = Samples(middle.test.x[:2], middle.test.y[:2], middle.test.importance[:2])
    quick = [n for n in CORRECTED if n not in ("feature_ablation", "shapley_value_sampling")]
    found = explain(SumOfBlock(), small, {n: CORRECTED[n] for n in quick}, middle.train)
    assert all(e.attribution.shape == (2, 50, 50) for e in found.values())


def test_curves_give_a_row_per_level(middle):
    rows = compare(SumOfBlock(), middle, {"oracle": CORRECTED["oracle"]}, metrics=("precision_count",))
    assert rows["at"].tolist() == pytest.approx([k / 10 for k in range(1, 10)])
    assert rows["mean"].iloc[0] == 1.0


def test_the_same_seed_gives_the_same_table_whatever_else_is_compared(middle):
    alone = compare(SumOfBlock(), middle, {"random": CORRECTED["random"]}, ("auroc",))
    beside = compare(SumOfBlock(), middle, {"mine": Mine(), "random": CORRECTED["random"]}, ("auroc",))
    assert alone["mean"].iloc[0] == beside[beside["explainer"] == "random"]["mean"].iloc[0]


def test_labels_per_step_and_unknown_metrics_are_refused(middle):
    steps = Samples(middle.test.x, torch.zeros(6, 50, dtype=torch.long))
    with pytest.raises(InvalidInput, match="one class per series"):
        explain(SumOfBlock(), steps, {"mine": Mine()})
    with pytest.raises(UnknownName, match="Did you mean 'auroc'"):
        compare(SumOfBlock(), middle, {"mine": Mine()}, metrics=("aurocc",))


def test_scores_leave_out_undefined_samples_and_count_them(middle):
    m = middle.test.importance.clone()
    m[0] = False
    e = Explanation(SumOfBlock(), middle.test.x, middle.test.y, torch.rand(6, 50, 50), m)
    assert score(e, ["auroc"])[0]["n"] == 5


def test_made_up_maps_score_as_their_names_say(middle):
    scores = networks.scores_of(networks.made_up(middle.test.importance), middle, RANKING_METRICS)
    assert scores.loc["perfect", "auroc"] == 1.0
    assert scores.loc["right order, leaking mass", "aur_mass"] > scores.loc["perfect", "aur_mass"] + 0.05
    assert scores.loc["perfect", "aur_mass"] == pytest.approx(scores.loc["random", "aur_mass"], abs=0.01)
    assert scores.loc["inverted", "auroc"] == 0.0


def test_live_training_is_seeded_and_explained(middle):
    fitted = networks.train(middle, ["lstm_input_cell"], max_epochs=2)
    again = networks.train(middle, ["lstm_input_cell"], max_epochs=2)
    weights = [torch.cat([p.flatten() for p in f["lstm_input_cell"].model.parameters()]) for f in (fitted, again)]
    assert torch.equal(*weights)
    assert networks.training_table(fitted).loc["lstm_input_cell", "parameters"] == 4192
    found = networks.explanations(fitted, middle, {"gradient": CORRECTED["gradient"]}, samples=2)
    assert networks.maps_of(found, 1)["gradient"]["lstm_input_cell"].shape == (50, 50)
    with pytest.raises(InvalidInput, match="samples are explained"):
        networks.maps_of(found, 99)
    assert tables.deep_lift_identity(fitted, middle, 2).iloc[0, 0] < 1e-5
    assert tables.completeness(fitted, middle, 2, 0).loc["Integrated gradients"].iloc[0] < 0.1


def test_raw_backgrounds_show_what_was_released():
    raw = networks.backgrounds("as_released", ["narma", "gaussian_noise"])
    curves = raw["narma"]
    assert (curves[:, 0] - curves[:, 1]).std() == pytest.approx(0.3 * 2**0.5, rel=0.4)
    assert curves.shape == (50, 50)


def test_descriptive_tables_cover_the_registries(middle):
    from tsinterp_lib.datasets import LAYOUTS
    from tsinterp_lib.explainers import EXPLAINERS
    from tsinterp_lib.models import MODELS

    assert len(tables.layouts()) == len(LAYOUTS)
    assert set(tables.explainers()["name in code"]) == set(EXPLAINERS)
    assert len(tables.networks()) == len(MODELS)
    assert tables.contrast({"middle": middle}).loc["middle", "class gap inside"] > 1.0
    assert not tables.explainers()["what it computes"].str.contains("cite:|``").any()


def test_a_position_only_control_needs_a_known_truth(middle):
    blind = Samples(middle.train.x, middle.train.y)
    with scope(0), pytest.raises(InvalidInput, match="importan"):
        build("explainer", Choice("position_only")).prepare(SumOfBlock(), blind)


def test_a_printed_table_has_names_in_words_and_no_row_numbers():
    frame = pd.DataFrame({"model": ["lstm_input_cell"], "explainer": ["deep_lift"], "gap": [0.1], "same_sign": [True]})
    shown = under(frame, ["model", "explainer"])
    assert shown.index.to_list() == [("Input-cell LSTM", "DeepLIFT")]
    assert shown.to_dict("list") == {"gap": [0.1], "same sign": ["yes"]}
    assert list(frame.columns) == ["model", "explainer", "gap", "same_sign"]
