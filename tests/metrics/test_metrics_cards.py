"""Every metric: what its card promises, what the registry asks, and the numbers of whole maps and test sets."""

import math

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
    Sum,
    T,
    by_sample,
    explanation,
    maps,
    perfect_map,
    planted,
    random_map,
    scores,
)
from tests.oracles import (
    areas,
    complexity,
    dataset_level,
    map_distance,
    saliency_distribution,
    saliency_profile,
)
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.metrics import CARDS, METRICS
from tsinterp_lib.metrics.cards import Planted
from tsinterp_lib.metrics.complexity import Entropy, Information
from tsinterp_lib.metrics.dataset_level import aupr_of_means, carry_zero
from tsinterp_lib.metrics.map_distance import EuclideanDistance, WeightedJaccard
from tsinterp_lib.metrics.masked_accuracy import MaskedAccuracy, MaskedAccuracyArea
from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.metrics.saliency_profile import SaliencyProfile
from tsinterp_lib.metrics.selection import LEVELS
from tsinterp_lib.metrics.threshold import AUPThreshold, AURThreshold
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.tables.cards import cards_table
from tsinterp_lib.types import Explanation, Metric

RETRAINED = {"roar", "kar"}
"""Metrics that train the network again: tests/test_roar.py has all that is asked here."""


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


@pytest.mark.parametrize("kind", KINDS)
def test_distances_from_the_truth_and_the_profile_over_time_equal_their_loops(kind):
    e = explanation(maps(kind))
    for metric, twin in (
        (WeightedJaccard(), map_distance.weighted_jaccard),
        (EuclideanDistance(), map_distance.euclidean_distance),
    ):
        torch.testing.assert_close(metric(e), by_sample(e, twin), **CLOSE)
    profile = by_sample(e, lambda a, _m: saliency_profile.by_tenth(a))
    torch.testing.assert_close(SaliencyProfile().scores(e), profile, **CLOSE)


@pytest.mark.parametrize("steps", [1, 3, 10, 28, 30, 50, 70, 100, 200])
def test_the_profile_puts_every_step_into_its_tenth(steps):
    a = torch.rand(2, steps, 3, dtype=torch.float64)
    e = explanation(a, torch.ones_like(a, dtype=torch.bool))
    torch.testing.assert_close(
        SaliencyProfile().scores(e), by_sample(e, lambda a, _m: saliency_profile.by_tenth(a)), **CLOSE
    )
    assert SaliencyProfile().scores(e).sum(1).tolist() == pytest.approx([1.0, 1.0])


def test_an_empty_map_has_distance_one_and_nothing_in_common_and_half_a_box_half():
    truth = torch.zeros(1, 10, 8, dtype=torch.bool)
    truth[:, 2:6] = True
    empty = explanation(torch.zeros(1, 10, 8, dtype=torch.float64), truth)
    assert (WeightedJaccard()(empty).item(), EuclideanDistance()(empty).item()) == (0.0, 1.0)
    half = torch.zeros(1, 10, 8, dtype=torch.float64)
    half[:, 4:6] = -3.0
    e = explanation(half, truth)
    assert WeightedJaccard()(e).item() == pytest.approx(0.5)
    assert EuclideanDistance()(e).item() == pytest.approx(0.5**0.5)
    assert SaliencyProfile().scores(e)[0].tolist() == [0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 0]
    for levels in ((0.5, 0.4, 1.0), (0.5,), (0.0, 1.0)):
        with pytest.raises(InvalidInput, match="rise"):
            SaliencyProfile(levels)


def test_without_important_cells_there_is_no_distance():
    e = explanation(maps("normal"), torch.zeros(N, T, F, dtype=torch.bool))
    assert WeightedJaccard()(e).isnan().all()
    assert EuclideanDistance()(e).isnan().all()


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
    wanted = [score.at(box, math.nan if p is None else p) for p in metric.levels]
    values = scores(name, e)
    assert not values.isnan().any(), name
    single = len(metric.levels) > 1 or name == "average_precision"  # one level is noisier than an area over nine
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


@pytest.mark.parametrize("name", [name for name in METRICS if name not in RETRAINED])
def test_a_metric_gives_a_float64_score_per_sample_in_either_precision_and_computes_a_curve_once(name):
    a = maps("normal")
    for dtype in (torch.float32, torch.float64):
        e = explanation(a.to(dtype))
        metric = build("metric", name)
        assert isinstance(metric, Metric)
        values = scores(name, e)
        assert values.dtype == torch.float64
        assert values.shape == (N, len(metric.levels))
        if len(metric.levels) == 1:
            torch.testing.assert_close(metric(e), values[:, 0], **CLOSE)
        else:
            assert metric.scores(e) is build("metric", name).scores(e)


def test_each_sample_is_scored_alone():
    e = explanation(maps("ties"))
    for name in METRICS:
        if name.startswith("masked") or name in RETRAINED:
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
    for make in (lambda: Precision("weight"), lambda: Recall(weights="ment"), lambda: MaskedAccuracyArea(noise="some"),
                 lambda: AUPThreshold("previous"), lambda: AURThreshold(start="low"),
                 lambda: Entropy(over="box")):  # fmt: skip
        with pytest.raises(UnknownName):
            make()
    with pytest.raises(InvalidInput, match="batch_size"):
        MaskedAccuracy(batch_size=0)


@settings(deadline=None, max_examples=60)
@given(arrays(np.float64, (2, 4, 3), elements=st.floats(-1e6, 1e6, width=32)), st.integers(1, 11))
def test_scores_lie_within_the_range_of_their_card(a, n_important):
    importance = (torch.arange(12) < n_important).view(1, 4, 3).expand(2, 4, 3)
    e = Explanation(Sum(12), torch.ones(2, 4, 3).double(), torch.zeros(2).long(), torch.tensor(a), importance)
    for name, card in CARDS.items():
        if name.startswith("masked") or name in RETRAINED:
            continue
        values = scores(name, e)
        values = values[~values.isnan()]
        assert ((values >= card.low - 1e-12) & (values <= card.high + 1e-12)).all(), name
