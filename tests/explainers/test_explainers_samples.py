"""Samples that are more than a tensor: padded, with constants beside them, or with values that were not measured."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from tests import explainer_models as tiny
from tsinterp_lib import explainers as ex
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.guard import counted
from tsinterp_lib.models import MODELS, WhiteBox
from tsinterp_lib.seeding import scope

LENGTHS = [5, 2, 4, 3]
METHODS = {
    "gradient": ex.Gradient(),
    "integrated gradients": ex.IntegratedGradients(n_steps=4, baseline="train_mean"),
    "DeepSHAP": ex.DeepShap(n_references=6),
    "GradientSHAP": ex.GradientShap(n_references=6, n_samples=3),
    "ablation": ex.FeatureAblation(baseline="train_mean", batch_size=4),
    "Shapley sampling": ex.ShapleyValueSampling(groups="cell", n_permutations=2),
    "occlusion": ex.Occlusion(),
    "rescaling": ex.TemporalSaliencyRescaling(value="train_mean", base=ex.IntegratedGradients(n_steps=2)),
    "oracle": ex.Oracle(),
    "position only": ex.PositionOnly(),
    "each series": ex.EachSeries(base=ex.FeatureAblation(baseline="train_mean")),
}


class Meaned(nn.Module):
    """Scores of the mean over all steps that it is given: padding moves them."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(tiny.F, 6), nn.Linear(6, tiny.C)

    def forward(self, x):
        return self.outer(torch.tanh(self.inner(x)).mean(1))


class Fixed(nn.Module):
    """A network with the age of one sample built in: what it says for rows of that sample."""

    def __init__(self, model, age):
        super().__init__()
        self.model, self.age = model, age

    def forward(self, x):
        return self.model(x, self.age.expand(len(x)))


def padded(n=4, seed=3, fill=9.0):
    """Series of several lengths, with nonsense behind their ends."""
    plain = tiny.samples(n, seed=seed)
    lengths = torch.tensor((LENGTHS * n)[:n])
    real = torch.arange(tiny.T) < lengths[:, None]
    return replace(plain, x=plain.x.masked_fill(~real[:, :, None], fill), lengths=lengths)


def aged(n=4, seed=3):
    return replace(tiny.samples(n, seed=seed), constants={"age": torch.linspace(0.1, 0.9, n, dtype=torch.float64)})


def seeded(e, model, train):
    with scope(2):
        return e.prepare(model, train)


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", METHODS)
def test_padding_neither_moves_a_score_nor_gets_one(case):
    model = Meaned().double().eval()
    samples, train = padded(), padded(12, seed=8)
    e = seeded(METHODS[case], model, train)
    with scope(5):
        a = e.explain_samples(model, samples)
    with scope(5):
        other = seeded(METHODS[case], model, padded(12, seed=8, fill=-4.0)).explain_samples(model, padded(fill=-4.0))
    assert torch.equal(a, other)
    for n, length in enumerate(LENGTHS):
        assert (a[n, length:] == 0).all()
    assert (a[0] != 0).any()


def test_a_padded_series_scores_like_the_series_cut_off_and_unlike_the_padded_one():
    model, samples = Meaned().double().eval(), padded()
    a = ex.Gradient().explain_samples(model, samples)
    for n, length in enumerate(LENGTHS):
        alone = ex.Gradient().attribute(model, samples.x[n : n + 1, :length], samples.y[n : n + 1])[0]
        assert torch.equal(a[n, :length], alone)
    whole = ex.Gradient().attribute(model, samples.x, samples.y)
    assert (whole[1, :2] - a[1, :2]).abs().max() > 1e-3


def test_the_mean_training_sample_and_the_references_have_no_padding_in_them():
    model, train, samples = Meaned().double().eval(), padded(8, seed=8), padded()
    mean = ex.IntegratedGradients(baseline="train_mean").prepare(model, train).reference
    for t in range(tiny.T):
        there = [train.x[n, t] for n in range(8) if LENGTHS[n % 4] > t]
        close(mean[t], torch.stack(there).mean(0))
    e = ex.DeepShap(n_references=8).prepare(model, train)
    a = e.explain_samples(model, samples)
    for n, length in enumerate(LENGTHS):
        several = torch.stack([train.x[i, :length] for i in range(8) if LENGTHS[i % 4] >= length])
        alone = ex.DeepShap(reference=several).attribute(model, samples.x[n : n + 1, :length], samples.y[n : n + 1])
        close(a[n, :length], alone[0])
    short = ex.DeepShap(n_references=2).prepare(model, padded(8, seed=8)[torch.tensor([1, 3])])
    with pytest.raises(InvalidInput, match="the sample is 5 long and all 2 references are shorter"):
        short.explain_samples(model, samples)
    pool = ex.AugmentedOcclusion().prepare(model, train).pool
    assert len(pool) == 2 * sum(LENGTHS)
    assert float(pool.max()) < 1
    steps = ex.EachStep(base=ex.IntegratedGradients(baseline="train_mean"), history=False).prepare(model, train)
    assert float(steps.base.reference.max()) < 1


def test_methods_that_train_a_network_of_their_own_refuse_to_learn_padding():
    for e in (ex.FIT(epochs=1), ex.RetainAttention(epochs=1)):
        with pytest.raises(InvalidInput, match=f"{type(e).__name__} trains a network of its own"):
            e.prepare(Meaned(), padded(8))


def test_outputs_per_step_are_explained_up_to_the_length():
    model = MODELS["gru"](n_steps=tiny.T, n_features=tiny.F, per_step=True, hidden_size=4).double().eval()
    samples = replace(padded(), y=torch.arange(20).view(4, 5) % 2)
    e = ex.FeatureOcclusion(n_samples=2)
    with scope(3):
        a = e.explain_samples(model, samples)
    with scope(3):
        for n, length in enumerate(LENGTHS):
            alone = e._attribute(model, samples.x[n : n + 1, :length], samples.y[n : n + 1, :length])
            close(a[n, :length], alone[0])
    a = ex.EachStep(base=ex.InputXGradient()).explain_samples(model, samples, target=1 - samples.y)
    assert (a[1, 2:] == 0).all()
    assert (a[1, :2] != 0).all()


@pytest.mark.parametrize("case", METHODS)
def test_each_sample_is_explained_with_its_own_constants(case):
    model, samples = tiny.Aged().double().eval(), aged()
    e = seeded(METHODS[case], model, tiny.samples(12, seed=8))
    with scope(5):
        a = e.explain_samples(model, samples)
    with scope(5):
        for n in range(4):
            one = samples[n : n + 1]
            told = e.for_samples(one)
            close(a[n], told.attribute(Fixed(model, one.constants["age"]), one.x, one.y)[0])
    ages = torch.zeros(4, dtype=torch.float64)
    without = ex.Gradient().explain_samples(model, replace(samples, constants={"age": ages}))
    assert not torch.equal(without, ex.Gradient().explain_samples(model, samples))


def test_a_white_box_still_reads_the_important_cells_of_its_sample():
    box = WhiteBox(tiny.T, tiny.F, per_step=False)
    samples = replace(tiny.samples(), constants={"age": torch.ones(4)}, y=torch.zeros(4, dtype=torch.long))
    box.forward = lambda x, age: WhiteBox.forward(box, x)
    a = ex.EachSeries(base=ex.InputXGradient()).explain_samples(box, samples)
    close(a, 2 * samples.x.square() * samples.importance)


def test_constants_and_lengths_go_together_and_the_output_stays_what_it_is():
    model = tiny.Aged().double().eval()
    model.output = "probabilities"
    samples = replace(padded(), constants=aged().constants)
    a = ex.FeatureAblation().explain_samples(model, samples)
    for n, length in enumerate(LENGTHS):
        fixed = Fixed(model, samples.constants["age"][n : n + 1])
        alone = ex.FeatureAblation().attribute(fixed, samples.x[n : n + 1, :length], samples.y[n : n + 1])
        close(a[n, :length], alone[0])
        assert (a[n, length:] == 0).all()


def test_a_model_that_does_not_take_the_constants_by_name_is_told_so():
    samples = replace(tiny.samples(), constants={"age": torch.ones(4), "sex": torch.zeros(4)})
    with pytest.raises(InvalidInput, match=r"constants age, sex; the model's forward takes \(x, age\), not sex"):
        ex.Gradient().explain_samples(tiny.Aged().double(), samples)


def test_plain_samples_are_explained_in_one_call():
    model, samples = Meaned().double().eval(), tiny.samples()
    full = replace(samples, lengths=torch.full((4,), tiny.T))
    with counted(model) as rows:
        a = ex.Gradient().explain_samples(model, full)
    assert rows == [1 + 4]  # the first shows that the model takes such series
    assert torch.equal(a, ex.Gradient().attribute(model, samples.x, samples.y))
    target = 1 - samples.y
    expected = ex.Gradient().attribute(model, samples.x, target)
    assert torch.equal(ex.Gradient().explain_samples(model, samples, target), expected)
    e = ex.FeatureAblation(groups="channel")
    pictures, picture = tiny.images(), tiny.Picture().double().eval()
    expected = e.for_axes(pictures.axes).attribute(picture, pictures.x, pictures.y)
    assert torch.equal(e.explain_samples(picture, pictures), expected)


@dataclass(frozen=True, kw_only=True)
class Observed(Explainer):
    """One where a value was measured."""

    takes_missing = True

    def _attribute(self, model, x, target):
        return (~x.isnan()).to(x)


class Filled(nn.Module):
    def forward(self, x):
        return torch.nan_to_num(x).flatten(1)[:, : tiny.C]


def test_missing_values_are_refused_by_name_unless_a_method_takes_them():
    plain = tiny.samples()
    observed = torch.ones_like(plain.x, dtype=torch.bool)
    observed[2, 1] = False
    samples = replace(plain, observed=observed)
    with pytest.raises(InvalidInput, match=r"Gradient takes no missing values; `samples.x` has 3.*\(2, 1, 0\)"):
        ex.Gradient().explain_samples(Filled(), samples)
    holes = replace(samples, x=samples.x.masked_fill(~observed, torch.nan))
    with pytest.raises(InvalidInput, match="Gradient takes no missing values"):
        ex.Gradient().explain_samples(Filled(), holes)
    assert torch.equal(Observed().prepare(Filled(), holes).explain_samples(Filled(), holes), observed.double())
    infinite = replace(samples, x=samples.x.masked_fill(~observed, torch.inf))
    with pytest.raises(InvalidInput, match="infinite"):
        Observed().explain_samples(Filled(), infinite)
    inside = torch.arange(tiny.T)[:, None] < padded().lengths[:, None, None]
    behind = replace(padded(fill=torch.nan), observed=inside.expand(plain.x.shape))
    assert torch.isfinite(ex.Gradient().explain_samples(Meaned().double(), behind)).all()  # padding is not missing


def test_a_method_of_ones_own_needs_no_more_than_attribute():
    class Own(Explainer):
        def _attribute(self, model, x, target):
            return x * 2

    samples = padded()
    a = Own().prepare(Meaned(), samples).explain_samples(Meaned().double(), samples)
    close(a[1, :2], 2 * samples.x[1, :2])
