"""FIT, drawn occlusion, RETAIN and methods at every step: twins, closed forms, exact caching, refusals."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from captum.attr import DeepLift as CaptumDeepLift
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from scipy import stats
from torch import nn

from tests import explainer_models as tiny
from tests.oracles import fit as oracle
from tests.oracles import networks
from tsinterp_lib import explainers as ex
from tsinterp_lib import paths
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.explainers._prefix import Prefixes
from tsinterp_lib.guard import counted
from tsinterp_lib.models import MODELS
from tsinterp_lib.models.conditional_gaussian import RIDGE, ConditionalGaussian, covariance, fit, log_spaced
from tsinterp_lib.seeding import scope
from tsinterp_lib.studies.per_step import labelled, released_baselines
from tsinterp_lib.studies.state.plan import STATE
from tsinterp_lib.types import Samples

N, T, F = 3, 5, 3
HOOKS = pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Input Tensor 0 did not")


def gru(per_step=True, **more):
    model = MODELS["gru"](n_steps=T, n_features=F, hidden_size=6, per_step=per_step, **more).double()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.4 * torch.randn_like(p))
        model.norm.running_mean.uniform_(-0.3, 0.3)
        model.norm.running_var.uniform_(0.5, 2.0)
    return model.eval()


class Opaque(nn.Module):
    """A model without its states: only the whole prefix can be asked."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)


def data(n=N, steps=T, seed=4):
    x = 2 * tiny.samples(n, steps, F, seed=seed).x - 1
    return Samples(x, (torch.arange(n)[:, None] + torch.arange(steps)) % 2)


def prepared(explainer, model):
    return explainer.prepare(model, data(12, seed=8))


def test_the_gru_at_every_step_equals_its_definition_and_its_own_prefixes():
    model, x = gru(), data().x
    torch.testing.assert_close(model(x), networks.gru(model, x), rtol=1e-12, atol=1e-12)
    for t in range(T):
        torch.testing.assert_close(model(x[:, : t + 1])[:, -1], model(x)[:, t], rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(model.last(x[:, : t + 1]), model(x)[:, t], rtol=1e-12, atol=1e-12)


def test_retain_at_every_step_equals_its_definition():
    model = MODELS["retain"](n_steps=T, n_features=F, hidden_size=3, embedding=4, per_step=True).double().eval()
    torch.testing.assert_close(model(data().x), networks.retain(model, data().x), rtol=1e-12, atol=1e-12)


def test_one_step_from_a_cached_state_equals_the_whole_prefix():
    model, x = gru(), data().x
    columns = torch.randn(N, 4, F, dtype=torch.float64)
    cached, whole = Prefixes(model, x, 7), Prefixes(Opaque(model), x, 7)
    torch.testing.assert_close(cached.clean, whole.clean, rtol=1e-12, atol=1e-12)
    for t in range(T):
        torch.testing.assert_close(cached.changed(t, columns), whole.changed(t, columns), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("wrap", [lambda m: m, Opaque], ids=["cached", "prefixes"])
@pytest.mark.parametrize("average", ["kl_of_mean", "mean_of_kl"])
def test_fit_equals_its_slow_twin_on_the_same_draws(average, wrap):
    model, series = wrap(gru()), data()
    e = prepared(ex.FIT(n_samples=4, epochs=2, average=average), model)
    with scope(5):
        a = e.attribute(model, series.x, series.y)
    with scope(5), torch.no_grad():
        histories = e.generator.histories(series.x)
        drawn = [None] + [e.generator.fill(histories[:, t], series.x[:, t], 4) for t in range(1, T)]
    for n in range(N):
        own = [None] + [step[n] for step in drawn[1:]]
        twin = oracle.fit_scores(model, series.x[n], own, average)
        torch.testing.assert_close(a[n], twin, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("wrap", [lambda m: m, Opaque], ids=["cached", "prefixes"])
def test_drawn_occlusion_equals_its_slow_twin_on_the_same_draws(first, wrap):
    model, series = wrap(gru()), data()
    e = ex.FeatureOcclusion(n_samples=3, first_step=first)
    with scope(5):
        a = e.attribute(model, series.x, series.y)
    with scope(5):
        drawn = {t: 6 * torch.rand(N, F, 3, dtype=torch.float64) - 3 for t in range(first, T)}
    for n in range(N):
        twin = oracle.occlusion_scores(model, series.x[n], {t: v[n] for t, v in drawn.items()}, first)
        torch.testing.assert_close(a[n], twin, rtol=1e-9, atol=1e-12)


def test_augmented_occlusion_equals_its_slow_twin_and_draws_training_values_of_the_same_feature():
    model, series = gru(), data()
    e = prepared(ex.AugmentedOcclusion(n_samples=3), model)
    with scope(5):
        a = e.attribute(model, series.x, series.y)
    pool = data(12, seed=8).x.reshape(-1, F)
    with scope(5):
        chosen = [torch.randint(len(pool), (N, F, 3)) for _ in range(T)]
    for n in range(N):
        drawn = [[pool[chosen[t][n, i], i] for i in range(F)] for t in range(T)]
        twin = oracle.occlusion_scores(model, series.x[n], drawn, 0)
        torch.testing.assert_close(a[n], twin, rtol=1e-9, atol=1e-12)


def test_the_divergence_of_the_mean_is_never_above_the_mean_of_the_divergences():
    model, series = gru(), data(20)
    maps = []
    for average in ("kl_of_mean", "mean_of_kl"):
        with scope(3):
            maps.append(
                prepared(ex.FIT(n_samples=6, epochs=1, average=average), model).attribute(model, series.x, series.y)
            )
    assert (maps[0] - maps[1]).min() > -1e-12
    assert (maps[0] - maps[1]).max() > 1e-4


def test_squashed_shifted_and_clipped_scores_are_those_of_the_plain_ones():
    model, series = gru(), data()
    plain = prepared(ex.FIT(n_samples=4, epochs=2), model)
    found = {}
    for name, changes in {
        "a": {},
        "squash": {"squash": True},
        "shift": {"negative": "shift"},
        "shift_all": {"negative": "shift_all"},
        "clip": {"negative": "clip"},
    }.items():
        with scope(3):
            found[name] = replace(plain, **changes).attribute(model, series.x, series.y)
    a = found["a"]
    assert a.min() < 0 < a.max()
    torch.testing.assert_close(found["squash"], torch.tanh(2.5 * a), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(found["shift"], a - a.flatten(1).min(1).values[:, None, None])
    torch.testing.assert_close(found["shift_all"], a - a.min())
    assert torch.equal(found["clip"], a.clamp(min=0))


def known_generator(mean, factor):
    """A generator whose law is N(mean, factor factorᵀ + ridge) whatever the past."""
    generator = ConditionalGaussian(len(mean)).double().eval()
    generator.law = lambda history: (mean.expand(len(history), -1), factor.expand(len(history), -1, -1))
    return generator


MEAN = torch.tensor([0.5, -1.0, 0.2], dtype=torch.float64)
FACTOR = torch.tensor([[1.0, 0.2, 0.0], [-0.6, 0.7, 0.1], [0.3, -0.4, 0.9]], dtype=torch.float64)


def test_filled_features_follow_the_conditional_law_of_the_schur_complement():
    generator, draws = known_generator(MEAN, FACTOR), 4000
    column = torch.tensor([[1.2, 0.3, -0.7]], dtype=torch.float64)
    with torch.no_grad():
        filled = generator.fill(torch.zeros(1, 2 * F, dtype=torch.float64), column, draws)[0]
    sigma = covariance(FACTOR[None])[0]
    for i in range(F):
        rest = [j for j in range(F) if j != i]
        assert torch.equal(filled[i, :, i], column[0, i].expand(draws))
        mean, cov = oracle.conditional_moments(MEAN, sigma, i, column[0, i])
        white = torch.linalg.solve(torch.linalg.cholesky(cov), (filled[i][:, rest] - mean).T).T
        for k in range(2):
            assert stats.kstest(white[:, k].numpy(), "norm").pvalue > 1e-3
        assert abs(float((white[:, 0] * white[:, 1]).mean())) < 4 / math.sqrt(draws)


def test_fit_equals_numerical_integration_where_the_conditional_law_is_known():
    model, x = tiny.Linear(2, F).double().eval(), data(2, 2).x
    model.forward = lambda x: nn.functional.pad(x[:, -1:], (0, 0, 1, 0)).flatten(1) @ model.scores.weight.T
    e = ex.FIT(n_samples=20000, generator=known_generator(MEAN, FACTOR), batch_size=50000)
    a = e.attribute(model, x, torch.tensor([0, 1]))
    sigma, w = covariance(FACTOR[None])[0], model.scores.weight.detach()[:, F:]
    nodes, weights = (torch.as_tensor(v) for v in __import__("numpy").polynomial.hermite_e.hermegauss(40))
    for n in range(2):
        p, before = (torch.softmax(w @ x[n, t], 0) for t in (1, 0))
        for i in range(F):
            rest = [j for j in range(F) if j != i]
            mean, cov = oracle.conditional_moments(MEAN, sigma, i, x[n, 1, i])
            # The two logits differ by a Gaussian number: one integral over it gives the expected probability.
            gap = w[0] - w[1]
            centre, spread = gap[i] * x[n, 1, i] + gap[rest] @ mean, torch.sqrt(gap[rest] @ cov @ gap[rest])
            first = float((weights * torch.sigmoid(centre + spread * nodes)).sum() / weights.sum())
            expected = oracle.kl(p.tolist(), before.tolist()) - oracle.kl(p.tolist(), [first, 1 - first])
            assert float(a[n, 1, i]) == pytest.approx(expected, abs=0.01)


def test_a_feature_that_the_network_ignores_explains_nothing_and_an_unmoved_prediction_has_no_score():
    model, series = gru(), data(4)
    with torch.no_grad():
        model.recurrence.weight_ih_l0[:, 0] = 0
    for e in (ex.FeatureOcclusion(), prepared(ex.AugmentedOcclusion(), model)):
        a = e.attribute(model, series.x, series.y)
        assert a[:, :, 0].abs().max() < 1e-12 < a[:, :, 1:].min()
    with torch.no_grad():
        model.head.weight.zero_()
    assert prepared(ex.FIT(epochs=1), model).attribute(model, series.x, series.y).abs().max() < 1e-12


def test_the_generator_learns_a_correlation_of_either_sign_only_where_it_may():
    draw = torch.Generator().manual_seed(0)
    z = torch.randn(60, 8, 2, generator=draw, dtype=torch.float64)
    x = torch.stack((z[..., 0], -0.9 * z[..., 0] + 0.44 * z[..., 1]), 2)
    found = {}
    for protocol in ("corrected", "as_released"):
        with scope(1):
            generator = ConditionalGaussian(2, protocol=protocol).double()
            fit(generator, x, 80)
            with torch.no_grad():
                sigma = covariance(generator.law(generator.histories(x)[:, -1])[1]).mean(0)
        found[protocol] = float(sigma[0, 1] / torch.sqrt(sigma[0, 0] * sigma[1, 1]))
    assert found["corrected"] < -0.4
    assert found["as_released"] >= 0


def test_the_log_density_is_that_of_scipy():
    generator, column = known_generator(MEAN, FACTOR), torch.randn(4, F, dtype=torch.float64)
    mine = generator.log_density(torch.zeros(4, 2 * F, dtype=torch.float64), column).detach()
    sigma = (FACTOR @ FACTOR.T + RIDGE * torch.eye(F)).numpy()
    theirs = torch.as_tensor(stats.multivariate_normal(MEAN.numpy(), sigma).logpdf(column.numpy()))
    torch.testing.assert_close(mine - F / 2 * math.log(2 * math.pi), theirs)


def test_released_steps_are_log_spaced():
    assert log_spaced(100, 3).tolist() == [10, 31, 99]
    assert log_spaced(200, 3).tolist() == [10, 44, 199]
    assert log_spaced(200, 5).tolist() == [10, 21, 44, 94, 199]
    assert log_spaced(2, 3).tolist() == [1]


def test_a_generator_depends_on_its_training_data_and_settings_alone_and_is_kept_by_key(tmp_path, monkeypatch):
    monkeypatch.setenv("TSINTERP_CACHE", str(tmp_path))
    model, train = gru(), data(12, seed=8)
    kept = ex.FIT(epochs=2, keep=True)
    first = kept.prepare(model, train).generator
    files = list(paths.checkpoints().glob("fit-*.safetensors"))
    assert len(files) == 1
    torch.rand(5)
    for again in (kept.prepare(model, train).generator, ex.FIT(epochs=2).prepare(model, train).generator):
        assert all(torch.equal(v, again.state_dict()[k]) for k, v in first.state_dict().items())
    files[0].write_bytes(files[0].read_bytes()[:50])
    assert torch.equal(kept.prepare(model, train).generator.mean[0].weight, first.mean[0].weight)
    other = ex.FIT(epochs=3).prepare(model, train).generator
    assert not torch.equal(other.mean[0].weight, first.mean[0].weight)


def last_column(method):
    return lambda model, prefix, c: method(model, prefix[None], c)[0]


def captum(cls):
    def explain(model, x, c):
        network = Opaque(copy.deepcopy(model))
        network.forward = lambda x: network.model(x)[:, -1]
        return cls(network).attribute(x, torch.zeros_like(x), target=c).detach()

    return explain


@HOOKS
@pytest.mark.parametrize(
    ("base", "method"),
    [(ex.IntegratedGradients(), CaptumIntegratedGradients), (ex.DeepLift(), CaptumDeepLift)],
    ids=["integrated_gradients", "deep_lift"],
)
def test_all_prefixes_in_one_pass_give_what_captum_gives_prefix_by_prefix(base, method):
    model, series = gru(), data()
    together = ex.EachStep(base=base).attribute(model, series.x, series.y)
    one_by_one = ex.EachStep(base=base).attribute(Opaque(model), series.x, series.y)
    torch.testing.assert_close(together, one_by_one, rtol=1e-6, atol=1e-9)
    for n in range(N):
        twin = oracle.each_step(last_column(captum(method)), model, series.x[n], series.y[n])
        torch.testing.assert_close(together[n], twin, rtol=1e-5, atol=1e-8)


@HOOKS
@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("wrap", [lambda m: m, Opaque], ids=["cached", "whole prefix"])
def test_steps_before_the_first_one_scored_are_zero_and_the_others_as_they_were(wrap, history):
    model, series = wrap(gru()), data()
    every = ex.EachStep(base=ex.DeepLift(), history=history).attribute(model, series.x, series.y)
    later = ex.EachStep(base=ex.DeepLift(), history=history, first_step=1).attribute(model, series.x, series.y)
    assert bool(every[:, 0].any())
    assert not bool(later[:, 0].any())
    torch.testing.assert_close(later[:, 1:], every[:, 1:], rtol=0, atol=0)
    if history:
        twin = oracle.each_step(last_column(captum(CaptumDeepLift)), model, series.x[0], series.y[0], first_step=1)
        torch.testing.assert_close(later[0], twin, rtol=1e-5, atol=1e-8)


def test_the_released_baselines_start_where_their_scripts_do():
    released = labelled(released_baselines())
    first = {e.label: e.params.get("first_step", 0) for e in released}
    assert first == {
        "feature_occlusion": 1,
        "augmented_occlusion": 1,
        "integrated_gradients": 0,
        "gradient_shap": 0,
        "deep_lift": 1,
    }
    methods = {e.label: e for e in STATE.plan("paper")["as_released"].explainers}
    assert methods["lime"].params["first_step"] == 1
    assert methods["deep_lift[evaluation mode]"].params["first_step"] == 1


def test_predicted_classes_and_steps_without_history_are_what_they_say():
    model, series = gru(), data()
    predicted = model(series.x).argmax(2)
    a = ex.EachStep(target="predicted").attribute(model, series.x, series.y)
    torch.testing.assert_close(a, ex.EachStep().attribute(model, series.x, predicted), rtol=1e-12, atol=1e-12)
    alone = ex.EachStep(history=False).attribute(model, series.x, series.y)
    for t in range(T):
        single = ex.EachStep().attribute(model_of_length(model, 1), series.x[:, t : t + 1], series.y[:, t : t + 1])
        torch.testing.assert_close(alone[:, t], single[:, 0], rtol=1e-9, atol=1e-12)


def model_of_length(model, n_steps):
    other = copy.deepcopy(model)
    other.n_steps = n_steps
    return other


def test_a_trained_mean_as_baseline_is_cut_with_the_prefix():
    model, series, train = Opaque(gru()), data(), data(12, seed=8)
    base = ex.IntegratedGradients(baseline="train_mean", n_steps=20)
    a = ex.EachStep(base=base).prepare(model, train).attribute(model, series.x, series.y)
    given = replace(base, reference=train.x.mean(0)[:2])
    short = ex.EachStep(base=given).attribute(model, series.x[:, :2], series.y[:, :2])
    torch.testing.assert_close(a[:, :2], short, rtol=1e-9, atol=1e-12)


def test_training_mode_moves_scores_takes_batch_statistics_per_step_and_leaves_the_model_alone():
    model, series = gru(dropout=0.0), data(6)
    before = copy.deepcopy(model.state_dict())
    for e in (ex.FeatureOcclusion(), ex.EachStep(), ex.EachStep(base=ex.DeepLift())):
        with scope(1):
            plain = e.attribute(model, series.x, series.y)
        with scope(1):
            moved = replace(e, train_mode=True).attribute(model, series.x, series.y)
        assert (plain - moved).abs().max() > 1e-6
        assert torch.isfinite(moved).all()
    assert not model.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    clean = Prefixes(copy.deepcopy(model).train(), series.x, 1).clean
    for t in range(T):
        alone = copy.deepcopy(model).train().last(series.x[:, : t + 1])
        torch.testing.assert_close(clean[:, t], torch.log_softmax(alone, 1), rtol=1e-9, atol=1e-9)


def test_scrambled_outputs_are_rows_of_neighbouring_steps():
    class Shown(ex.Random):
        def _attribute(self, model, x, target):
            shown.append(model(x))
            return x

    model, series, shown = gru(), data(1, 4), []
    ex.ScrambledOutput(base=Shown()).attribute(model_of_length(model, 4), series.x, series.y)
    z = model(series.x)[0].detach()
    rows = torch.tensor([[z[0, 0], z[1, 0]], [z[2, 0], z[3, 0]], [z[0, 1], z[1, 1]], [z[2, 1], z[3, 1]]])
    torch.testing.assert_close(shown[0][0], torch.softmax(rows, 1))


def test_retains_contributions_sum_to_its_logits():
    model, x = MODELS["retain"](n_steps=T, n_features=F, hidden_size=3, embedding=4).double().eval(), data().x
    target = torch.tensor([0, 1, 1])
    a = model.contributions(x, target)
    total = model(x).gather(1, target[:, None])[:, 0] - model.head.bias[target]
    torch.testing.assert_close(a.sum((1, 2)), total, rtol=1e-9, atol=1e-12)
    each = model.contributions(x, target[:, None].expand(N, T))
    torch.testing.assert_close(each[:, -1], a[:, -1], rtol=1e-9, atol=1e-12)
    with_bias = model.contributions(x, target, bias=True) - a
    weight = model.attention(x)[0][:, -1]
    torch.testing.assert_close(with_bias, (weight * model.head.bias[target][:, None])[:, :, None] * x)


def test_retain_explains_a_network_of_its_own_and_finds_the_step_that_matters():
    draw = torch.Generator().manual_seed(2)
    x = torch.randn(200, T, F, generator=draw, dtype=torch.float64)
    train = Samples(x, (x[:, :, 1] > 0).long())
    e = ex.RetainAttention(epochs=40).prepare(gru(), train)
    a = e.attribute(gru(), x[:20], train.y[:20])
    assert a[:, :, 1].abs().mean() > 2 * a[:, :, [0, 2]].abs().mean()
    assert torch.equal(a, e.attribute(gru(), x[:20], train.y[:20]))


def test_cached_scores_ask_the_network_for_no_prefix():
    model, series = gru(), data()
    with counted(model) as calls:
        ex.FeatureOcclusion().attribute(model, series.x, series.y)
    assert calls == [1]  # the check of the output's shape


GOOD = data()


def refuse(explainer, words, model=None, x=GOOD.x, y=GOOD.y, error=InvalidInput):
    with pytest.raises(error, match=words):
        explainer.attribute(model or gru(), x, y)


def test_bad_input_is_refused_in_words():
    one = data(2, 1)
    short = model_of_length(gru(), 1)
    refuse(ex.FIT(generator=ConditionalGaussian(F).double()), "`x` has 1 step", short, one.x, one.y)
    refuse(ex.FeatureOcclusion(first_step=1), "`x` has 1 step", short, one.x, one.y)
    refuse(ex.EachStep(first_step=1), "`x` has 1 step", short, one.x, one.y)
    refuse(ex.FIT(), "call prepare")
    refuse(ex.AugmentedOcclusion(), "call prepare")
    refuse(ex.RetainAttention(), "call prepare")
    refuse(ex.FIT(generator=ConditionalGaussian(F + 1).double()), "knows series of 4 features; `x` has 3")
    wide = Samples(torch.rand(4, T, F + 1, dtype=torch.float64), torch.arange(4)[:, None].expand(4, T) % 2)
    refuse(ex.AugmentedOcclusion().prepare(gru(), wide), "`pool` has 4 features; `x` has 3")
    refuse(ex.RetainAttention(epochs=1).prepare(gru(), wide), "knows series of 4 features")
    refuse(ex.Gradient(), "one output per step")
    refuse(ex.FeatureOcclusion(), r"shape \(3, 5\)", y=GOOD.y[:, 0])
    refuse(ex.FeatureOcclusion(), "NaN or infinite", x=torch.full_like(GOOD.x, math.nan))
    with pytest.raises(InvalidInput, match="NaN or infinite"):
        ex.FIT().prepare(gru(), replace(GOOD, x=torch.full_like(GOOD.x, math.inf)))
    with pytest.raises(InvalidInput, match="`x` has 1 step"):
        ex.FIT().prepare(gru(), one)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: ex.FIT(n_samples=0), InvalidInput),
        (lambda: ex.FIT(average="mean"), UnknownName),
        (lambda: ex.FIT(generator_protocol="mended"), UnknownName),
        (lambda: ex.FIT(negative="drop"), UnknownName),
        (lambda: ex.FeatureOcclusion(low=1.0, high=1.0), InvalidInput),
        (lambda: ex.FeatureOcclusion(first_step=-1), InvalidInput),
        (lambda: ex.EachStep(target="best"), UnknownName),
        (lambda: ex.EachStep(first_step=-1), InvalidInput),
        (lambda: ex.RetainAttention(epochs=0), InvalidInput),
        (lambda: ex.RetainAttention(steps="all"), UnknownName),
    ],
)
def test_settings_out_of_range_are_refused(make, error):
    with pytest.raises(error):
        make()
