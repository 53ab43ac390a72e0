"""What comes in at a door is refused in words a caller can act on, or is used; nothing is scored in silence."""

import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest
import torch
from torch import nn

from tests import explainer_models as tiny
from tests.explainers.test_explainers_samples import Meaned, padded
from tests.training_examples import build as trained_model
from tests.training_examples import data
from tsinterp_lib import explainers as ex
from tsinterp_lib.axes import Axes
from tsinterp_lib.compare import compare, explain
from tsinterp_lib.engine.explain import Seeds, explained
from tsinterp_lib.engine.profiles import PROFILES
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.metrics import METRICS
from tsinterp_lib.registry import Choice, build
from tsinterp_lib.seeding import scope
from tsinterp_lib.studies import STUDIES
from tsinterp_lib.trainers import PerStep, Standard
from tsinterp_lib.types import Dataset, Explanation

PER_SAMPLE = ("auroc", "average_precision", "aup_count", "aur_count", "aup_mass", "precision_count", "saliency_profile")


def dataset(test, train=None):
    train = train or tiny.samples(6, seed=9)
    return Dataset("own", train, train, test, 2, tuple("abc"))


def aged(n=4):
    return replace(tiny.samples(n), constants={"age": torch.linspace(0.1, 0.9, n, dtype=torch.float64)})


def test_a_padded_split_is_compared_without_its_padding():
    model, test = Meaned().double().eval(), padded()
    found = explained(model, ex.FeatureAblation(), test, tiny.samples(6), Seeds(0)).explanation
    behind = torch.arange(tiny.T) >= test.lengths[:, None]
    assert (found.attribution[behind] == 0).all()
    assert (found.magnitude.view(test.x.shape)[behind] == 0).all()
    for name in PER_SAMPLE:
        scores = build("metric", name).scores(found)
        for n, length in enumerate(test.lengths.tolist()):
            x, a, m = (v[n : n + 1, :length] for v in (test.x, found.attribution, test.importance))
            cut = Explanation(model, x, test.y[n : n + 1], a, m)
            torch.testing.assert_close(scores[n : n + 1], build("metric", name).scores(cut), equal_nan=True)
    whole = Explanation(model, test.x, test.y, found.attribution, test.importance)
    assert not torch.equal(build("metric", "auroc").scores(whole), build("metric", "auroc").scores(found))


@pytest.mark.parametrize("metric", [Choice("auroc", {"pool": True}), Choice("masked_accuracy_mass")], ids=str)
def test_a_metric_that_mixes_samples_refuses_padded_ones_by_name(metric):
    if metric.name not in METRICS:
        metric = Choice(next(n for n in METRICS if n.startswith("masked_accuracy")))
    found = explained(Meaned().double().eval(), ex.Gradient(), padded(), padded(), Seeds(0)).explanation
    with pytest.raises(InvalidInput, match=r"the samples have `lengths`.*several samples together"):
        build("metric", metric).scores(found)


def test_a_model_that_takes_a_constant_is_compared_and_masked_with_it():
    model, test = tiny.Aged().double().eval(), aged()
    masked = next(n for n in METRICS if n.startswith("masked_accuracy"))
    table = compare(model, dataset(test), {"mine": ex.Gradient()}, ("auroc", Choice(masked, {"fill": "zero"})))
    assert set(table["explainer"]) == {"mine"}
    right = (model(test.x, test.constants["age"]).argmax(1) == test.y).double().mean()
    assert table[table["metric"] != "auroc"]["mean"].iloc[0] == pytest.approx(float(right))
    with pytest.raises(InvalidInput, match=r"constants age; the model's forward takes \(x\)"):
        compare(Meaned().double(), dataset(test), {"mine": ex.Gradient()}, ("auroc",))
    with pytest.raises(InvalidInput, match="cannot be called with `x` alone"):
        compare(model, dataset(tiny.samples()), {"mine": ex.Gradient()}, ("auroc",))


def test_plain_samples_have_the_draws_and_scores_of_one_call():
    model, s = Meaned().double().eval(), tiny.samples()
    for name in ("random", "gradient_shap", "shapley_value_sampling", "feature_permutation"):
        first = explained(model, Choice(name), s, s, Seeds(3, 4)).explanation.attribution
        with scope(3):
            method = build("explainer", name).prepare(model, s).for_samples(s)
        with scope(4):
            assert torch.equal(first, method.attribute(model, s.x, s.y))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lengths": torch.full((210,), 3)}, "`train` has lengths; this trainer gives the model `x` alone"),
        ({"constants": {"age": torch.zeros(210)}}, "`train` has constants"),
        ({"observed": torch.zeros(210, 6, 4, dtype=torch.bool)}, "`train` has observed"),
    ],
)
def test_a_trainer_refuses_what_it_does_not_give_the_model(changes, said):
    d = data()
    with pytest.raises(InvalidInput, match=said):
        Standard().fit(trained_model(), replace(d, train=replace(d.train, **changes)), 0)
    steps = {
        n: replace(getattr(d, n), y=getattr(d, n).y[:, None].repeat(1, 6)) for n in ("train", "validation", "test")
    }
    d = replace(d, **steps)
    with pytest.raises(InvalidInput, match=said):
        PerStep().fit(trained_model(name="gru", per_step=True), replace(d, train=replace(d.train, **changes)), 0)


def test_splits_that_disagree_make_no_data_set():
    s = tiny.samples()
    turned = replace(s, x=s.x.transpose(1, 2), importance=None, axes=Axes("feature", "time"))
    with pytest.raises(InvalidInput, match="`train` has the axes time, feature; `validation` has feature, time"):
        Dataset("own", s, turned, turned, 2, tuple("abc"))
    with pytest.raises(InvalidInput, match=r"a sample of `train` has shape \(5, 3\), one of `test` \(4, 3\)"):
        Dataset("own", s, s, tiny.samples(n_steps=4), 2, tuple("abc"))
    with pytest.raises(InvalidInput, match="`feature_names` are 2; `x` has 3 features"):
        Dataset("own", s, s, s, 2, tuple("ab"))


def test_lengths_go_along_the_axis_time_wherever_it_is():
    class Turned(nn.Module):
        def forward(self, x):
            return torch.stack([x.mean((1, 2)), x.square().mean((1, 2))], 1)

    s = padded()
    turned = replace(s, x=s.x.transpose(1, 2), importance=s.importance.transpose(1, 2), axes=Axes("feature", "time"))
    a = ex.FeatureAblation().explain_samples(Turned(), turned)
    for n, length in enumerate(s.lengths.tolist()):
        one = turned.x[n : n + 1, :, :length]
        alone = ex.FeatureAblation().for_axes(turned.axes).attribute(Turned(), one, s.y[n : n + 1])
        torch.testing.assert_close(a[n : n + 1, :, :length], alone)
        assert (a[n, :, length:] == 0).all()
    mean = ex.FeatureAblation(baseline="train_mean").prepare(Turned(), turned)
    assert torch.isfinite(mean.explain_samples(Turned(), turned)).all()
    with pytest.raises(InvalidInput, match="`lengths` goes along an axis time, token or frame; the axes are channel"):
        replace(tiny.images(), lengths=torch.ones(3, dtype=torch.long))


class Told(nn.Module):
    """Reads values where they were measured, as it is told."""

    def forward(self, x, observed):
        mean = torch.where(observed, x, 0.0).sum((1, 2)) / observed.sum((1, 2))
        return torch.stack([mean, -mean], 1)


def test_a_model_is_told_which_values_were_measured():
    s = tiny.samples()
    observed = torch.ones_like(s.x, dtype=torch.bool)
    observed[2, 1] = False
    holes = replace(s, x=s.x.masked_fill(~observed, torch.nan), observed=observed, y=torch.zeros_like(s.y))
    a = ex.FeatureAblation().prepare(Told(), holes).explain_samples(Told(), holes)
    n_measured = observed.sum((1, 2))[:, None, None]
    torch.testing.assert_close(a, torch.where(observed, holes.x, 0.0) / n_measured)
    for e in (ex.Occlusion(), ex.Random(), ex.Oracle(), ex.PositionOnly(), ex.EachSeries(base=ex.FeatureAblation())):
        assert torch.isfinite(e.prepare(Told(), holes).explain_samples(Told(), holes)).all()
    with pytest.raises(InvalidInput, match="takes no missing values"):
        ex.FeatureAblation(baseline="train_mean").prepare(Told(), holes)
    with pytest.raises(InvalidInput, match="takes no missing values"):
        ex.EachSeries(base=ex.Gradient()).explain_samples(Told(), holes)


def test_an_explainer_that_refuses_leaves_a_reason_and_the_others_their_scores():
    images, model = tiny.images(), tiny.Picture().double().eval()
    d = Dataset("pictures", images, images, images, 2, ())
    chosen = {"gradient": "gradient", "shapley": Choice("shapley_value_sampling"), "random": ex.Random()}
    table = compare(model, d, chosen, ("auroc",)).set_index("explainer")
    assert table["metric"].tolist() == ["auroc", "", "auroc"]
    assert "`groups` is 'time'" in table.loc["shapley", "reason"]
    assert table["n"].tolist() == [3, 0, 3]
    alone = compare(model, d, {"gradient": "gradient"}, ("auroc",))
    assert "reason" not in alone
    with pytest.raises(InvalidInput, match="`groups` is 'time'"):
        compare(model, d, {"shapley": Choice("shapley_value_sampling")}, ("auroc",))


def test_permutation_refuses_samples_that_must_be_alone():
    with pytest.raises(InvalidInput, match="FeaturePermutation shuffles cells between samples; these have lengths"):
        ex.FeaturePermutation().explain_samples(Meaned().double(), padded())
    with pytest.raises(InvalidInput, match="these have age of their own"):
        ex.FeaturePermutation().explain_samples(tiny.Aged().double(), aged())


def test_what_only_builds_wrongly_is_refused_by_the_parameter():
    for choice, said in [
        (Choice("permuted_features"), "'permuted_features' needs `base`"),
        (Choice("gradient", {"axes": "channel"}), "`axes` of explainer 'gradient' is 'channel': the axes come from"),
        (Choice("gradient", {"batch_size": "x"}), "`batch_size` of explainer 'gradient' is 'x': give int"),
        (
            Choice("temporal_saliency_rescaling", {"base": "gradient"}),
            r"`base` of explainer 'temp.*' is 'gradient': give a choice",
        ),
        (Choice("occlusion", {"window": "time=1,time=2"}), "an axis has two lengths"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            build("explainer", choice)


def test_what_is_compared_has_names_and_is_made():
    s = tiny.samples()
    assert set(explain(Meaned().double(), s, {"z": "gradient"})) == {"z"}
    with pytest.raises(UnknownName, match="Did you mean 'gradient'"):
        explain(Meaned().double(), s, {"z": "gradientt"})


def test_axes_have_names_of_letters_that_can_be_joined():
    with pytest.raises(InvalidInput, match="joins axes into groups"):
        Axes("a+b")


DOORS = """
import numpy as np, torch
from torch import nn
from tsinterp_lib.axes import Axes
from tsinterp_lib.compare import compare, explain
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers import FeatureAblation, Gradient, EachSeries, TemporalSaliencyRescaling
from tsinterp_lib.types import Dataset, Samples

x, y = torch.rand(4, 5, 3), torch.tensor([0, 1, 0, 1])
m, net = torch.ones(4, 5, 3, dtype=torch.bool), nn.Sequential(nn.Flatten(), nn.Linear(15, 2))
class Named(nn.Module):
    def forward(self, x, age=None): return x[:, 0, :2]
s = Samples(x, y, m)
d = Dataset("own", s, s, s, 2, tuple("abc"))
cases = {
    "`x` is a ndarray": lambda: Samples(x.numpy(), y),
    "`y` is a ndarray": lambda: Samples(x, y.numpy()),
    "`y` has dtype torch.float32": lambda: Samples(x, y.float()),
    "`y` has shape (4, 9)": lambda: Samples(x, torch.zeros(4, 9, dtype=torch.long)),
    "`y` has shape (4, 5, 2)": lambda: Samples(x, torch.zeros(4, 5, 2, dtype=torch.long)),
    "`y` is a single number": lambda: Samples(x, torch.tensor(1)),
    "`importance` has dtype torch.float32": lambda: Samples(x, y, m.float()),
    "`observed` has dtype torch.float32": lambda: Samples(x, y, observed=m.float()),
    "`lengths` has dtype torch.float32": lambda: Samples(x, y, lengths=torch.ones(4)),
    "`lengths` has shape (4, 1)": lambda: Samples(x, y, lengths=torch.ones(4, 1, dtype=torch.long)),
    "`constants` is a list": lambda: Samples(x, y, constants=[x]),
    "`age` is a list": lambda: Samples(x, y, constants={"age": [1, 2, 3, 4]}),
    "the constant 'x' is named like the input": lambda: Gradient().explain_samples(
        Named(), Samples(x, y, constants={"x": y})),
    "give each name as a string": lambda: Axes(("a", "b")),
    "`groups` is 3": lambda: FeatureAblation(groups=3),
    "`batch_size` is 'x'": lambda: FeatureAblation(batch_size="x"),
    "`target` is a list": lambda: Gradient().attribute(net, x, [0, 1, 0, 1]),
    "`model` is a function": lambda: Gradient().attribute(lambda x: x[:, 0], x, y),
    "a torch.nn.Module": lambda: compare(lambda x: x[:, 0], d, {"g": Gradient()}),
    "`explainers` is a list": lambda: compare(net, d, [Gradient()]),
    "an explainer is the class Gradient": lambda: compare(net, d, {"g": Gradient}),
    "`base` is 'gradient'": lambda: TemporalSaliencyRescaling(base="gradient"),
    "`base` is 'gradient': give an": lambda: EachSeries(base="gradient").prepare(net, s),
}
for said, do in cases.items():
    try:
        do()
    except InvalidInput as error:
        assert said in str(error), (said, str(error))
    else:
        raise AssertionError(said)
print(len(cases))
"""


def test_values_of_another_type_are_refused_by_name():
    """In a process of its own: the shape annotations that tests check would speak first."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(DOORS)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "23", done.stderr[-2000:]


def test_the_labels_that_only_knows_leave_out_the_empty_one():
    with pytest.raises(UnknownName) as error:
        next(iter(STUDIES.values())).cells(PROFILES["smoke"], {"explainer": ["gradientt"]})
    assert "Known: ," not in str(error.value)
