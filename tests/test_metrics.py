"""Metrics: each equals its definition written as loops, its reference, and its closed forms."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import nn

from tests.oracles import (
    areas,
    auroc,
    average_precision,
    complexity,
    dataset_level,
    masked_accuracy,
    precision_recall,
    saliency_distribution,
    selection,
    threshold,
)
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.metrics import CARDS, METRICS, cards_table
from tsinterp_lib.metrics.cards import Planted
from tsinterp_lib.metrics.complexity import Entropy, Information
from tsinterp_lib.metrics.dataset_level import aupr_of_means, carry_zero, pooled
from tsinterp_lib.metrics.masked_accuracy import MaskedAccuracy, MaskedAccuracyArea, replacement
from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.metrics.selection import LEVELS, selected_counts
from tsinterp_lib.metrics.selection import selection as selection_masks
from tsinterp_lib.metrics.threshold import AUPThreshold, AURThreshold
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Curve, Explanation, Metric

N, T, F = 6, 7, 5
CLOSE = {"rtol": 0, "atol": 1e-12, "equal_nan": True}
BOXES = [Planted(50, 50, 30, 30), Planted(50, 50, 20, 20), Planted(50, 50, 15, 15), Planted(50, 50, 6, 40)]


class Sum(nn.Module):
    """Class 1 where the weighted sum of all cells is positive; dropout, so that a training mode would show."""

    def __init__(self, n_cells):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, n_cells, dtype=torch.float64))
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        score = (self.dropout(x.flatten(1)) * self.weight.to(x.dtype)).sum(1)
        return torch.stack([-score, score], 1)


def background(n, seed):
    """Noise in the shape of the small examples."""
    return torch.randn(n, T, F, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def maps(kind):
    """Small attributions: ties, heavy tails, signs, one hot, constant."""
    normal = torch.randn(N, T, F, dtype=torch.float64)
    one_hot = torch.zeros_like(normal)
    one_hot[:, 3, 2] = -2.0
    return {
        "normal": normal,
        "ties": torch.randint(-4, 5, (N, T, F)).double(),
        "heavy": normal.sign() * normal.abs() ** 5,
        "binary": (normal > 0.5).double(),
        "one_hot": one_hot,
        "constant": torch.full_like(normal, 0.3),
    }[kind]


KINDS = ("normal", "ties", "heavy", "binary", "one_hot", "constant")


def explanation(a, importance=None, **given):
    """An explanation of the toy model: boxes of 4 × 3 at two places unless told otherwise."""
    n, t, f = a.shape
    if importance is None:
        importance = torch.zeros(a.shape, dtype=torch.bool)
        importance[: n // 2, 1:5, 1:4] = True
        importance[n // 2 :, 2:6, 2:5] = True
    x = torch.randn(a.shape, dtype=a.dtype)
    model = Sum(t * f)
    target = model.eval()(x).argmax(1)
    return Explanation(model.train(), x, target, a, importance, **{"background": background, **given})


def planted(box, n, a):
    """An explanation with the box in the same place in all samples; ``a`` makes the map from the mask."""
    importance = torch.zeros(n, box.n_steps, box.n_features, dtype=torch.bool)
    importance[:, 3 : 3 + box.steps, 5 : 5 + box.features] = True
    return explanation(a(importance), importance)


def random_map(importance):
    return torch.rand(importance.shape, dtype=torch.float64)


def perfect_map(importance):
    return importance.double()


def scores(name, e):
    """(N, L) for a curve, (N, 1) for a scalar metric."""
    metric = METRICS[name]()
    return metric.curve(e) if isinstance(metric, Curve) else metric(e)[:, None]


def by_sample(e, twin):
    """A twin of one sample over all samples."""
    rows = [twin(e.attribution[i].numpy(), e.importance[i].numpy()) for i in range(len(e.x))]
    return torch.tensor(rows, dtype=torch.float64)


# --- selection ---


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


# --- precision, recall, areas ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", ["mass", "count"])
def test_precision_and_recall_equal_their_loops(kind, cut):
    e = explanation(maps(kind))
    twin = by_sample(e, lambda a, m: [precision_recall.pair(a, m, p, cut) for p in LEVELS])
    torch.testing.assert_close(Precision(cut).curve(e), twin[:, :, 0], **CLOSE)
    torch.testing.assert_close(Recall(cut).curve(e), twin[:, :, 1], **CLOSE)


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


def test_a_hand_worked_map_of_two_steps():
    # |a| = 4 1 / 2 3 → scaled (s − 1) / 3 = 1, 0 / 1/3, 2/3; total 2; important: the first cell of each step.
    a = torch.tensor([[[-4.0, 1.0], [2.0, 3.0]]], dtype=torch.float64)
    m = torch.tensor([[[True, False], [True, False]]])
    e = explanation(a, m)
    # Mass cut: 1 holds 0.5; 1 + 2/3 holds 0.833; all three hold 1. So 1 cell up to level 0.5, 2 up to 0.8, 3 at 0.9.
    assert selected_counts(e, "mass")[0].tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 3]
    # Precision 1; then 1 / (5/3) = 0.6; then (4/3) / 2 = 2/3. Recall: 1 / (4/3) = 0.75, 0.75, then 1.
    precision = torch.tensor([[1.0] * 5 + [0.6] * 3 + [2 / 3]], dtype=torch.float64)
    torch.testing.assert_close(Precision("mass").curve(e), precision, **CLOSE)
    recall = torch.tensor([[0.75] * 8 + [1.0]], dtype=torch.float64)
    torch.testing.assert_close(Recall("mass").curve(e), recall, **CLOSE)
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


def test_a_sample_with_no_or_only_important_cells_has_no_score_and_leaves_the_others_alone():
    a = maps("normal")
    box = explanation(a).importance
    mixed = box.clone()
    mixed[0], mixed[1] = False, True
    for name, card in CARDS.items():
        if name.startswith("masked") or card.direction == "none" or name in ("information", "entropy"):
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


# --- ranking ---


@pytest.mark.parametrize("kind", KINDS)
def test_auroc_and_average_precision_equal_loops_and_scikit_learn(kind):
    e = explanation(maps(kind))
    for name, twin, reference in (
        ("auroc", auroc.auroc, roc_auc_score),
        ("average_precision", average_precision.average_precision, average_precision_score),
    ):
        ours = METRICS[name]()(e)
        torch.testing.assert_close(ours, by_sample(e, twin), **CLOSE)
        theirs = by_sample(e, lambda a, m, r=reference: r(m.ravel(), np.array(selection.scaled(a))))
        torch.testing.assert_close(ours, theirs, **CLOSE)


@settings(deadline=None, max_examples=60)
@given(
    arrays(np.int64, (3, 4, 3), elements=st.integers(-20, 20)),
    st.sampled_from([lambda a: a * 5, lambda a: a.sign() * a.abs().sqrt(), lambda a: a**3]),
)
def test_ranking_metrics_ignore_a_monotone_change_of_the_map(a, change):
    importance = torch.arange(36).view(3, 4, 3) % 3 == 0
    a = torch.tensor(a).double()
    for name in ("auroc", "average_precision"):
        before, after = scores(name, explanation(a, importance)), scores(name, explanation(change(a), importance))
        assert torch.equal(before, after)


@settings(deadline=None, max_examples=60)
@given(arrays(np.float64, (2, 4, 3), elements=st.floats(-1e6, 1e6, width=32)), st.integers(1, 11))
def test_scores_lie_within_the_range_of_their_card(a, n_important):
    importance = (torch.arange(12) < n_important).view(1, 4, 3).expand(2, 4, 3)
    e = Explanation(Sum(12), torch.ones(2, 4, 3).double(), torch.zeros(2).long(), torch.tensor(a), importance)
    for name, card in CARDS.items():
        if name.startswith("masked"):
            continue
        values = scores(name, e)
        values = values[~values.isnan()]
        assert ((values >= card.low - 1e-12) & (values <= card.high + 1e-12)).all(), name


# --- thresholds ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pairing", ["same", "next"])
@pytest.mark.parametrize("start", ["smallest", "full_recall"])
def test_threshold_areas_equal_their_loops(kind, pairing, start):
    e = explanation(maps(kind))
    twin = by_sample(e, lambda a, m: threshold.threshold_areas(a, m, pairing, start))
    torch.testing.assert_close(AUPThreshold(pairing, start)(e), twin[:, 0], **CLOSE)
    torch.testing.assert_close(AURThreshold(pairing, start)(e), twin[:, 1], **CLOSE)
    scaled = [selection.scaled(a) for a in e.attribution.numpy()]
    flat = threshold.areas_of_scores(
        [value for row in scaled for value in row], e.importance.flatten().tolist(), pairing, start
    )
    assert pooled(e, pairing, start) == pytest.approx(flat, abs=1e-12, nan_ok=True)


def test_threshold_areas_of_five_cells_worked_by_hand():
    # Scores 0, 0.25, 0.5, 0.75, 1 with truth F T F T T: precision 3/5, 3/4, 2/3, 1, 1; recall 1, 1, 2/3, 2/3, 1/3.
    a = torch.tensor([[[0.0, 0.25, 0.5, 0.75, 1.0]]], dtype=torch.float64)
    e = explanation(a, torch.tensor([[[False, True, False, True, True]]]))
    strip = 0.25
    same = strip * (0.3 + 3 / 4 + 2 / 3 + 1 + 0.5), strip * (0.5 + 1 + 2 / 3 + 2 / 3 + 1 / 6)
    assert (AUPThreshold()(e).item(), AURThreshold()(e).item()) == pytest.approx(same, abs=1e-12)
    # Off by one: thresholds take precision 3/4, 2/3, 1, 1, 1 and recall 1, 2/3, 2/3, 1/3, 0.
    off = strip * (3 / 8 + 2 / 3 + 1 + 1 + 0.5), strip * (0.5 + 2 / 3 + 2 / 3 + 1 / 3)
    assert (AUPThreshold("next")(e).item(), AURThreshold("next")(e).item()) == pytest.approx(off, abs=1e-12)
    # From full recall on: the strip from 0 to 0.25 falls away.
    late = same[0] - strip * (3 / 5 + 3 / 4) / 2, same[1] - strip
    found = AUPThreshold(start="full_recall")(e).item(), AURThreshold(start="full_recall")(e).item()
    assert found == pytest.approx(late, abs=1e-12)


# --- masked accuracy ---


@pytest.mark.parametrize("cut", ["mass", "count"])
@pytest.mark.parametrize("noise", ["shared", "per_sample"])
@pytest.mark.parametrize("fill", ["background", "other_samples", "zero"])
def test_masked_accuracy_equals_its_loop(cut, noise, fill):
    e = explanation(maps("normal"), seed=11)
    metric = MaskedAccuracy(cut, noise, fill, batch_size=4)
    ours = metric.curve(e)
    e.model.eval()
    for column, p in enumerate(metric.levels):
        values = replacement(e, fill, noise, seed_from(11, p)).expand(N, T, F)
        for i in range(N):
            given = (e.model, e.x[i], e.target[i], e.attribution[i].numpy(), values[i], p, cut)
            assert ours[i, column] == masked_accuracy.correct(*given)
    assert (ours[:, 0] == 1).all()
    assert 0 < ours.mean() < 1
    twin = torch.tensor([areas.trapezoid(row, metric.levels) for row in ours.tolist()], dtype=torch.float64)
    torch.testing.assert_close(MaskedAccuracyArea(cut, noise, fill, batch_size=4)(e), twin, **CLOSE)


def test_masked_accuracy_leaves_model_and_input_as_they_were():
    e = explanation(maps("normal").float())
    x = e.x.clone()
    MaskedAccuracy().curve(e)
    assert e.model.training
    assert e.model.dropout.training
    assert e.model.weight.requires_grad
    assert torch.equal(e.x, x)


def test_shared_noise_makes_all_predictions_equal_when_everything_is_replaced():
    e = explanation(maps("normal"))
    last = MaskedAccuracy(noise="shared").curve(e)[:, -1].mean()
    share = e.target.double().mean()
    assert min(abs(last - share), abs(last - (1 - share))) < 1e-12
    drawn = replacement(e, "background", "per_sample", 3)
    assert drawn.shape == (N, T, F)
    assert not torch.equal(drawn[0], drawn[1])


def test_other_samples_never_give_a_sample_its_own_values():
    e = explanation(torch.randn(2, T, F))
    for seed in range(20):
        assert torch.equal(replacement(e, "other_samples", "per_sample", seed), e.x.flip(0))


def test_masked_accuracy_depends_on_the_seed_and_on_nothing_drawn_before():
    a = torch.randn(60, T, F, dtype=torch.float64)
    e = explanation(a, seed=1)

    def again(seed):
        return MaskedAccuracy().curve(Explanation(e.model, e.x, e.target, a, e.importance, background, seed))

    first = again(1)
    torch.rand(5)
    assert torch.equal(first, again(1))
    assert not torch.equal(first, again(2))


def test_data_without_a_background_are_refused_with_the_other_fills_named():
    e = explanation(maps("normal"), background=None)
    with pytest.raises(InvalidInput, match="'other_samples', 'zero'"):
        MaskedAccuracy().curve(e)
    assert MaskedAccuracy(fill="zero").curve(e).shape == (N, 11)
    lonely = explanation(torch.randn(1, T, F), background=None)
    with pytest.raises(InvalidInput, match="at least two"):
        MaskedAccuracy(fill="other_samples").curve(lonely)


# --- maps and data sets ---


@pytest.mark.parametrize("kind", KINDS)
def test_information_entropy_and_distribution_equal_their_loops(kind):
    e = explanation(maps(kind))
    everything = np.ones((T, F), dtype=bool)
    for metric, twin in ((Information, complexity.information), (Entropy, complexity.entropy)):
        torch.testing.assert_close(metric()(e), by_sample(e, twin), rtol=1e-12, atol=1e-12)
        over_all = by_sample(e, lambda a, _m, twin=twin: twin(a, everything))
        torch.testing.assert_close(metric(over="all")(e), over_all, rtol=1e-12, atol=1e-12)
    levels = METRICS["saliency_distribution"]().levels
    twin = by_sample(e, lambda a, _m: [saliency_distribution.at_rank(a, q) for q in levels])
    torch.testing.assert_close(scores("saliency_distribution", e), twin, **CLOSE)


def test_a_cell_of_score_one_holds_sixteen_bits():
    e = planted(Planted(9, 8, 4, 3), 2, perfect_map)
    assert Information()(e).tolist() == pytest.approx([12 * 16.609640474436812] * 2, rel=1e-6)


def test_the_area_of_mean_curves_is_not_the_mean_of_the_areas():
    e = explanation(maps("heavy"))
    precision, recall = (scores(f"{name}_mass", e).mean(0) for name in ("precision", "recall"))
    of_means = aupr_of_means(precision, recall)
    assert of_means == pytest.approx(dataset_level.aupr_of_means(precision.tolist(), recall.tolist()), abs=1e-12)
    assert abs(of_means - scores("aupr_mass", e).mean().item()) > 1e-4
    for area, curve in (("aup_mass", precision), ("aur_mass", recall)):
        assert scores(area, e).mean().item() == pytest.approx(areas.trapezoid(curve.tolist(), LEVELS), abs=1e-12)


@pytest.mark.parametrize("accuracy", [[1.0, 0.0, 0.4, 0.2], [0.9, 0.5, 0.3, 0.0], [0.9, 0.5, 0.3, 0.1], [0.0, 1.0]])
def test_an_accuracy_of_zero_is_carried_forward(accuracy):
    assert carry_zero(torch.tensor(accuracy)).tolist() == pytest.approx(dataset_level.carry_zero(accuracy))


# --- cards and registry ---


def test_every_metric_has_a_card_and_every_card_a_metric():
    assert set(METRICS) == set(CARDS)
    table = cards_table()
    assert list(table.index) == list(CARDS)
    assert (table[["formula", "random map", "perfect map", "source", "dialect"]] != "").all(axis=None)


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.steps}x{box.features}")
def test_a_uniform_random_map_scores_what_the_cards_say(box):
    e = planted(box, 120, random_map)
    for name, card in CARDS.items():
        _meets(name, e, box, card.null, 0.01 if "_time" in name or "_feature" in name else 0.005)


@pytest.mark.parametrize("box", BOXES, ids=lambda box: f"{box.steps}x{box.features}")
def test_a_perfect_map_scores_what_the_cards_say(box):
    e = planted(box, 2, perfect_map)
    for name, card in CARDS.items():
        _meets(name, e, box, card.perfect, 1e-9)


def _meets(name, e, box, score, tolerance):
    if score.at is None:
        return
    metric = METRICS[name]()
    levels = metric.levels if isinstance(metric, Curve) else (math.nan,)
    wanted = [score.at(box, p) for p in levels]
    values = scores(name, e)
    assert not values.isnan().any(), name
    single = isinstance(metric, Curve) or name == "average_precision"  # one level is noisier than an area over nine
    found = values.mean(0).tolist()
    slack = tolerance * (3 if single and tolerance > 1e-6 else 1)
    relative = 6 * tolerance if wanted[0] > 1 else 0  # sums of bits
    assert found == pytest.approx(wanted, rel=relative, abs=slack), name


def test_published_anchors_of_random_and_perfect_maps():
    """AUP 0.8 d, AUR 0.400 (mass) and 0.556 (count) by chance; 0.8, 0.400 and 0.703 or 0.781 at best."""
    for box, best in zip(BOXES, (0.703, 0.781, 0.8, 0.8), strict=True):
        chance, perfect = planted(box, 120, random_map), planted(box, 1, perfect_map)
        for cut, aur in (("mass", 0.400), ("count", 0.556)):
            assert abs(scores(f"aup_{cut}", chance).mean() - 0.8 * box.density) < 0.005
            assert abs(scores(f"aur_{cut}", chance).mean() - aur) < 0.005
            assert scores(f"aup_{cut}", perfect).item() == pytest.approx(0.8, abs=1e-12)
        assert scores("aur_mass", perfect).item() == pytest.approx(0.400, abs=0.001)
        assert scores("aur_count", perfect).item() == pytest.approx(best, abs=0.0005)


@pytest.mark.parametrize("name", list(METRICS))
def test_a_metric_gives_a_float64_score_per_sample_in_either_precision_and_computes_a_curve_once(name):
    a = maps("normal")
    for dtype in (torch.float32, torch.float64):
        e = explanation(a.to(dtype))
        metric = build("metric", name)
        assert isinstance(metric, Metric | Curve)
        values = scores(name, e)
        assert values.dtype == torch.float64
        assert values.shape == (N, len(metric.levels) if isinstance(metric, Curve) else 1)
        if isinstance(metric, Curve):
            assert metric.curve(e) is build("metric", name).curve(e)


def test_each_sample_is_scored_alone():
    e = explanation(maps("ties"))
    for name in METRICS:
        if name.startswith("masked"):
            continue
        alone = [
            scores(name, Explanation(e.model, e.x[i : i + 1], e.target[i : i + 1], e.attribution[i : i + 1],
                                     e.importance[i : i + 1]))
            for i in range(N)
        ]  # fmt: skip
        torch.testing.assert_close(torch.cat(alone), scores(name, e), **CLOSE)


def test_a_choice_sets_the_noise_and_a_wrong_setting_is_refused():
    assert build("metric", Choice("masked_accuracy_mass", {"noise": "shared"})) == MaskedAccuracy("mass", "shared")
    area = build("metric", Choice("masked_accuracy_area_count", {"noise": "shared"}))
    assert area == MaskedAccuracyArea("count", "shared")
    for make in (lambda: Precision("weight"), lambda: Recall(unit="row"), lambda: MaskedAccuracyArea(noise="some"),
                 lambda: AUPThreshold("previous"), lambda: AURThreshold(start="low"),
                 lambda: Entropy(over="box")):  # fmt: skip
        with pytest.raises(UnknownName):
            make()
    with pytest.raises(InvalidInput, match="batch_size"):
        MaskedAccuracy(batch_size=0)
