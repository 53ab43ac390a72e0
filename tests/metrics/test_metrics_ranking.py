"""Ranking and threshold metrics: equal to loops and to scikit-learn, ties included."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.metrics_examples import CLOSE, KINDS, by_sample, explanation, maps, scores
from tests.oracles import (
    auroc,
    average_precision,
    selection,
    threshold,
)
from tsinterp_lib.metrics import METRICS
from tsinterp_lib.metrics.dataset_level import pooled_threshold_areas
from tsinterp_lib.metrics.threshold import AUPThreshold, AURThreshold
from tsinterp_lib.studies.fit_simulated.plan import FIT_SIMULATED


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


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("kind", [k for k in KINDS if k != "constant"])
def test_pooled_scores_rank_the_cells_of_all_samples_as_they_are_or_scaled_first(kind, scaled):
    a = maps(kind) * torch.arange(1, len(maps(kind)) + 1).view(-1, 1, 1)  # samples of different scale
    e = explanation(a)
    each = np.array([selection.scaled(row) for row in a]) if scaled else a.abs().numpy()
    flat, truth = each.reshape(1, -1), e.importance.reshape(1, -1).numpy()
    for name, twin, reference in (
        ("auroc", auroc.auroc, roc_auc_score),
        ("average_precision", average_precision.average_precision, average_precision_score),
    ):
        found = METRICS[name](pool=True, scaled=scaled)(e).tolist()
        assert found == pytest.approx([twin(flat, truth)] * len(a), abs=1e-12)
        assert found[0] == pytest.approx(reference(truth.ravel(), flat.ravel()), abs=1e-12)
        assert kind == "one_hot" or found != pytest.approx(METRICS[name]()(e).tolist(), abs=1e-9)


def test_a_sample_without_an_important_cell_counts_in_the_pool_alone():
    a, truth = torch.tensor([[[1.0, 2.0]], [[3.0, 0.0]]]), torch.tensor([[[False, True]], [[False, False]]])
    e = explanation(a, truth)
    assert METRICS["auroc"]()(e).tolist() == pytest.approx([1.0, float("nan")], nan_ok=True)
    assert METRICS["auroc"](pool=True, scaled=False)(e).tolist() == pytest.approx([2 / 3] * 2)
    assert METRICS["average_precision"](pool=True, scaled=False)(e).tolist() == pytest.approx([1 / 2] * 2)


def test_scaling_first_means_the_same_of_all_pooled_metrics_and_published_rows_say_which():
    """Samples of one shape and different size are equals once they are scaled; larger ones outrank the others else."""
    a = torch.tensor([[[1.0, 0.2, 0.0]], [[10.0, 2.0, 0.0]]], dtype=torch.float64)
    truth = torch.tensor([[[True, False, False]]]).repeat(2, 1, 1)
    e = explanation(a, truth)
    assert METRICS["auroc"](pool=True)(e).tolist() == [1.0, 1.0]
    assert METRICS["auroc"](pool=True, scaled=False)(e).tolist() == [0.875, 0.875]
    for area in ("aup_threshold", "aur_threshold"):
        for scaled in (True, False):
            s = [v for row in a for v in selection.scaled(row)] if scaled else selection.scaled(a)
            expected = threshold.areas_of_scores(s, truth.flatten().tolist(), "same", "smallest")
            found = METRICS[area](pool=True, scaled=scaled)(e).tolist()
            assert found == pytest.approx([expected[area == "aur_threshold"]] * 2, abs=1e-12)
    simulated = {m.label: m.params for p in FIT_SIMULATED.plan("paper").values() for m in p.metrics}
    assert simulated["auroc_pooled"] == simulated["average_precision_pooled"] == {"pool": True, "scaled": False}


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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pairing", ["same", "next"])
@pytest.mark.parametrize("start", ["smallest", "full_recall"])
@pytest.mark.parametrize("rule", ["trapezoid", "step"])
def test_threshold_areas_equal_their_loops(kind, pairing, start, rule):
    e = explanation(maps(kind))
    twin = by_sample(e, lambda a, m: threshold.threshold_areas(a, m, pairing, start, rule))
    torch.testing.assert_close(AUPThreshold(pairing, start, rule=rule)(e), twin[:, 0], **CLOSE)
    torch.testing.assert_close(AURThreshold(pairing, start, rule=rule)(e), twin[:, 1], **CLOSE)
    if rule == "step":
        return
    scaled = [selection.scaled(a) for a in e.attribution.numpy()]
    flat = threshold.areas_of_scores(
        [value for row in scaled for value in row], e.importance.flatten().tolist(), pairing, start
    )
    assert pooled_threshold_areas(e, pairing, start) == pytest.approx(flat, abs=1e-12, nan_ok=True)


def test_the_integral_of_the_truth_is_one_and_the_line_between_its_two_thresholds_is_not():
    truth = torch.tensor([[[True, False, False, False]]])
    e = explanation(truth.double(), truth)
    assert (AUPThreshold(rule="step")(e).item(), AURThreshold(rule="step")(e).item()) == (1.0, 1.0)
    assert AUPThreshold()(e).item() == pytest.approx((1 + 0.25) / 2)


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
