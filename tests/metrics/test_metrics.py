"""Selection, weighted precision and recall, their areas: equal to loops, to the search of 2020, to numbers by hand."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.metrics_examples import (
    BOXES,
    CLOSE,
    KINDS,
    F,
    N,
    T,
    by_sample,
    explanation,
    maps,
    planted,
    random_map,
    scores,
)
from tests.oracles import (
    areas,
    precision_recall,
    selection,
)
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.metrics import CARDS, METRICS
from tsinterp_lib.metrics.complexity import Information
from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.metrics.selection import LEVELS, selected_counts
from tsinterp_lib.metrics.selection import selection as selection_masks
from tsinterp_lib.types import Explanation


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", ["mass", "count"])
def test_the_selected_cells_are_those_of_the_definition(kind, cut):
    e = explanation(maps(kind))
    levels = (0.0, *LEVELS, 1.0)
    masks = selection_masks(e, cut, levels)
    for i in range(N):
        for column, p in enumerate(levels):
            wanted = selection.selected(selection.scaled(e.attribution[i].numpy()), p, cut)
            assert set(masks[i, column].nonzero().flatten().tolist()) == wanted


@pytest.mark.parametrize("kind", ["squared", "uniform", "heavy", "ties", "one_hot", "constant", "two_levels"])
def test_the_mass_cut_is_what_the_stepping_search_of_2020_finds(kind):
    g = np.random.default_rng(3)
    s = {
        "squared": g.normal(size=(40, 60)) ** 2,
        "uniform": g.uniform(size=(40, 60)),
        "heavy": np.abs(g.standard_cauchy(size=(40, 60))),
        "ties": g.integers(0, 5, size=(40, 60)).astype(float),  # quarters: their sums are exact in any order
        "one_hot": np.eye(60)[:40],
        "constant": np.ones((40, 60)),
        "two_levels": g.integers(0, 2, size=(40, 60)) * 0.75 + 0.25,
    }[kind]
    e = explanation(torch.tensor(s).view(40, 12, 5))
    found = selected_counts(e, "mass")
    percentages = list(range(10, 91, 10))
    searched = [selection.search_2020(row, percentages) for row in e.magnitude.numpy()]
    assert found.tolist() == searched


@settings(deadline=None, max_examples=60)
@given(arrays(np.float64, (2, 4, 3), elements=st.floats(-10, 10, width=32)), st.sampled_from(["mass", "count"]))
def test_selections_nest_and_keep_to_their_sizes(a, cut):
    e = explanation(torch.tensor(a), torch.arange(24).view(2, 4, 3) % 2 == 0)
    masks = selection_masks(e, cut, (0.0, *LEVELS, 1.0))
    assert (masks[:, :-1] <= masks[:, 1:]).all()
    sizes = masks.sum(2)
    assert (sizes[:, 0] == 0).all()
    assert (sizes[:, -1] == 12).all()
    assert ((sizes[:, 1:-1] >= 1) & (sizes[:, 1:-1] <= 11)).all()
    if cut == "count":
        assert sizes[0, 1:-1].tolist() == [1, 2, 4, 5, 6, 7, 8, 10, 11]


def test_the_count_cut_takes_250_to_2250_of_2500_cells():
    e = planted(BOXES[0], 1, random_map)
    assert selected_counts(e, "count")[0].tolist() == [250 * i for i in range(1, 10)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", ["mass", "count"])
def test_precision_and_recall_equal_their_loops(kind, cut):
    e = explanation(maps(kind))
    twin = by_sample(e, lambda a, m: [precision_recall.pair(a, m, p, cut) for p in LEVELS])
    torch.testing.assert_close(Precision(cut).scores(e), twin[:, :, 0], **CLOSE)
    torch.testing.assert_close(Recall(cut).scores(e), twin[:, :, 1], **CLOSE)


@pytest.mark.parametrize("kind", ["normal", "ties", "one_hot"])
@pytest.mark.parametrize("cut", ["mass", "count"])
@pytest.mark.parametrize("unit", ["time", "feature"])
@pytest.mark.parametrize("slip", [False, True])
def test_time_and_feature_level_equal_their_loops(kind, cut, unit, slip):
    e = explanation(maps(kind))
    tail = "_as_released" if slip else ""
    for area in ("aup", "aur"):
        twin = by_sample(e, lambda a, m, area=area: getattr(areas, area)(a, m, cut, unit, slip))
        torch.testing.assert_close(METRICS[f"{area}_{cut}_{unit}{tail}"]()(e), twin, **CLOSE)


def test_the_slip_changes_boxes_that_are_not_square_and_only_those():
    square = torch.zeros(N, T, F, dtype=torch.bool)
    square[:, 1:4, 1:4] = True
    a = maps("normal")
    for box, same in ((square, True), (explanation(a).importance, False)):
        e = explanation(a, box)
        for name in ("aup_mass_time", "aur_count_feature"):
            assert torch.equal(METRICS[name]()(e), METRICS[f"{name}_as_released"]()(e)) == same


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", ["mass", "count"])
def test_areas_equal_their_loops(kind, cut):
    e = explanation(maps(kind))
    for area in ("aup", "aur", "aupr"):
        twin = by_sample(e, lambda a, m, area=area: getattr(areas, area)(a, m, cut))
        torch.testing.assert_close(METRICS[f"{area}_{cut}"]()(e), twin, **CLOSE)


@pytest.mark.parametrize("highest", range(1, 13))
def test_whole_numbers_meet_their_levels_exactly(highest):
    """Scaled by 1/7 their float sums miss levels that the numbers meet; the twin reckons in fractions."""
    values = torch.randperm(highest + 1, generator=torch.Generator().manual_seed(highest)).double()
    exact = [Fraction(int(v), highest) for v in values]
    total, running, levels = sum(exact), Fraction(0), []
    for v in sorted(exact, reverse=True)[:-2]:
        running += v
        levels.append(running / total)
    e = explanation(values.view(1, -1, 1), (values > 2).view(1, -1, 1))
    found = selected_counts(e, "mass", tuple(float(p) for p in levels))[0].tolist()
    assert found == [len(selection.selected(exact, p, "mass")) for p in levels] == list(range(1, highest))


def test_a_hand_worked_map_of_two_steps():
    # |a| = 4 1 / 2 3 → scaled (s − 1) / 3 = 1, 0 / 1/3, 2/3; total 2; important: the first cell of each step.
    a = torch.tensor([[[-4.0, 1.0], [2.0, 3.0]]], dtype=torch.float64)
    m = torch.tensor([[[True, False], [True, False]]])
    e = explanation(a, m)
    # Mass cut: 1 holds 0.5; 1 + 2/3 holds 0.833; all three hold 1. So 1 cell up to level 0.5, 2 up to 0.8, 3 at 0.9.
    assert selected_counts(e, "mass")[0].tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 3]
    # Precision 1; then 1 / (5/3) = 0.6; then (4/3) / 2 = 2/3. Recall: 1 / (4/3) = 0.75, 0.75, then 1.
    precision = torch.tensor([[1.0] * 5 + [0.6] * 3 + [2 / 3]], dtype=torch.float64)
    torch.testing.assert_close(Precision("mass").scores(e), precision, **CLOSE)
    recall = torch.tensor([[0.75] * 8 + [1.0]], dtype=torch.float64)
    torch.testing.assert_close(Recall("mass").scores(e), recall, **CLOSE)
    # AUP = 0.1 (4·1 + (1 + 0.6)/2 + 2·0.6 + (0.6 + 2/3)/2) = 0.663333…; AUR = 0.1 (7·0.75 + 0.875) = 0.6125.
    assert METRICS["aup_mass"]()(e).item() == pytest.approx(0.6633333333333333, abs=1e-12)
    assert METRICS["aur_mass"]()(e).item() == pytest.approx(0.6125, abs=1e-12)
    # Ranking T F T F: of the four pairs 1 > 0, 1 > 2/3, 1/3 > 0 are right, 1/3 > 2/3 is wrong; AP = (1/1 + 2/3) / 2.
    assert METRICS["auroc"]()(e).item() == 0.75
    assert METRICS["average_precision"]()(e).item() == pytest.approx(5 / 6, abs=1e-12)
    # Time level: each step has one important feature, so it weighs its largest cell: 1 and 2/3; both are important:
    # nothing to find. Feature level: two important steps, so columns weigh the mean of both cells: 2/3 and 1/3.
    assert METRICS["aup_mass_time"]()(e).isnan().all()
    # One cell selects feature 0 (precision 1); from two cells on both (precision 2/3); recall is 1 throughout.
    assert METRICS["aup_mass_feature"]()(e).item() == pytest.approx(0.1 * (4 + 5 / 6 + 3 * 2 / 3), abs=1e-12)
    assert METRICS["aur_mass_feature"]()(e).item() == pytest.approx(0.8, abs=1e-12)
    # Thresholds 0, 1/3, 2/3, 1: precision 1/2, 2/3, 1/2, 1; recall 1, 1, 1/2, 1/2.
    assert METRICS["aup_threshold"]()(e).item() == pytest.approx((0.75 + 2 / 3 + 0.5) / 3, abs=1e-12)
    assert METRICS["aur_threshold"]()(e).item() == pytest.approx((1 + 0.75 + 0.5) / 3, abs=1e-12)


DEFINED_ANYWHERE = ("information", "entropy", "weighted_jaccard", "euclidean_distance")
"""Scores that need one important cell, but no unimportant one."""


def test_a_sample_with_no_or_only_important_cells_has_no_score_and_leaves_the_others_alone():
    a = maps("normal")
    box = explanation(a).importance
    mixed = box.clone()
    mixed[0], mixed[1] = False, True
    for name, card in CARDS.items():
        if name.startswith(("masked", "roar", "kar")) or card.direction == "none" or name in DEFINED_ANYWHERE:
            continue
        with_them, without = scores(name, explanation(a, mixed)), scores(name, explanation(a, box))
        assert with_them[:2].isnan().all(), name
        torch.testing.assert_close(with_them[2:], without[2:], **CLOSE)
    assert Information()(explanation(a, mixed))[0].isnan()
    assert not Information()(explanation(a, mixed))[1].isnan()


def test_a_constant_map_has_no_weighted_score_and_chance_ranking():
    e = explanation(maps("constant"))
    for name in ("precision_mass", "recall_count", "aup_mass", "aur_count", "aupr_mass", "aup_threshold"):
        assert scores(name, e).isnan().all(), name
    assert torch.equal(METRICS["auroc"]()(e), torch.full((N,), 0.5, dtype=torch.float64))
    torch.testing.assert_close(METRICS["average_precision"]()(e), torch.full((N,), 12 / 35, dtype=torch.float64))


def test_a_one_hot_map_inside_the_box_is_precise_with_full_weighted_recall():
    e = explanation(maps("one_hot"))  # cell (3, 2) lies in both boxes
    for cut in ("mass", "count"):
        torch.testing.assert_close(scores(f"aup_{cut}", e), torch.full((N, 1), 0.8, dtype=torch.float64))
        torch.testing.assert_close(scores(f"aur_{cut}", e), torch.full((N, 1), 0.8, dtype=torch.float64))


def test_unknown_importance_is_refused():
    e = explanation(maps("normal"))
    blind = Explanation(e.model, e.x, e.target, e.attribution)
    for name in ("aup_mass", "auroc", "average_precision", "aup_threshold", "information"):
        with pytest.raises(InvalidInput, match="important cells are known"):
            scores(name, blind)
    assert Information(over="all")(blind).shape == (N,)
    assert scores("saliency_distribution", blind).shape == (N, 11)


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_is_falling_and_ties_keep_the_lower_index_first(kind):
    e = explanation(maps(kind))
    for i in range(N):
        assert e.order[i].tolist() == selection.ranking(selection.scaled(e.attribution[i].numpy()))
