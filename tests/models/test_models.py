"""The networks: sizes, equality with their definitions in float64, causality, dropout, output, trainability."""

import pytest
import torch
import torch.nn.functional as nnf
from captum.attr import DeepLift

from tests.oracles import networks as oracle
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.models import MNIST_SIZES, MODELS

N, T, F = 3, 7, 6
SMALL = {
    "lstm": {"hidden_size": 4},
    "lstm_input_cell": {"hidden_size": 4, "n_hops": 3, "attention_size": 5},
    "tcn": {"n_channels": 2, "kernel_size": 3},
    "transformer": {"n_layers": 2, "n_heads": 2, "feed_forward": 9},
    "gru": {"hidden_size": 4, "batch_norm": False},
    "retain": {"hidden_size": 3, "embedding": 5},
    "cnn": {"n_channels": 2, "hidden_size": 5},
}
HOOKS = pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Input Tensor 0 did not")
NAMES = pytest.mark.parametrize("name", MODELS)


def small(name, dtype=torch.float64, n_steps=T, **more):
    model = MODELS[name](n_steps=n_steps, n_features=F, **SMALL[name], **more).to(dtype).eval()
    with torch.no_grad():  # away from special values: zero biases, equal layers, unit scales
        for p in model.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return model


def series(n=N, n_steps=T, dtype=torch.float64):
    return torch.randn(n, n_steps, F, dtype=dtype)


@pytest.mark.parametrize(
    ("name", "synthetic", "digits"),
    [("lstm", 1152, 5760), ("lstm_input_cell", 4192, 7398), ("tcn", 13197, 72310), ("transformer", 305302, 157474)],
)
def test_parameter_counts_are_those_of_the_released_networks(name, synthetic, digits):
    built = MODELS[name](n_steps=50, n_features=50)
    assert sum(p.numel() for p in built.parameters()) == synthetic
    built = MODELS[name](n_steps=28, n_features=28, n_classes=10, **MNIST_SIZES[name])
    assert sum(p.numel() for p in built.parameters()) == digits
    assert built(torch.rand(2, 28, 28)).shape == (2, 10)


@NAMES
def test_logits_and_all_gradients_equal_the_definition_in_loops(name):
    model, x = small(name, n_classes=3), series().requires_grad_()
    upstream = torch.randn(N, 3, dtype=torch.float64)
    inputs = [x, *model.parameters()]
    ours, loops = model(x), getattr(oracle, name)(model, x)
    torch.testing.assert_close(ours, loops, rtol=1e-12, atol=1e-12)
    a = torch.autograd.grad(ours, inputs, upstream, allow_unused=True, materialize_grads=True)
    b = torch.autograd.grad(loops, inputs, upstream, allow_unused=True, materialize_grads=True)
    for mine, theirs in zip(a, b, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)


def test_transformer_without_causal_mask_equals_the_definition():
    model, x = small("transformer", causal=False), series()
    torch.testing.assert_close(model(x), oracle.transformer(model, x, causal=False), rtol=1e-12, atol=1e-12)


def test_tcn_read_at_the_last_step_with_dilations_beyond_the_series_equals_the_definition():
    model, x = small("tcn", n_levels=5, last_channels=3, readout="last"), series()
    torch.testing.assert_close(model(x), oracle.tcn(model, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("factor", [1.0, 1e3], ids=["bounded", "huge"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_input_cell_attention_is_a_softmax_over_the_past_for_scores_of_any_size(dtype, factor):
    model, x = small("lstm_input_cell", dtype), series(dtype=dtype).requires_grad_()
    with torch.no_grad():
        model.attention_out.weight *= factor
    a = model.attention(x)
    scores = torch.tanh(model.attention_in(x)) @ model.attention_out.weight.T
    for t in range(T):
        expected = torch.softmax(scores[:, : t + 1].double(), dim=1).mean(-1).to(dtype)
        torch.testing.assert_close(a[:, t, : t + 1], expected, rtol=0, atol=2e-4 if dtype == torch.float32 else 1e-12)
    assert torch.equal(a, a.tril())
    assert torch.isfinite(torch.autograd.grad(model(x).sum(), x)[0]).all()


@pytest.mark.parametrize("name", ["lstm", "lstm_input_cell"])
def test_recurrent_gradient_reaches_every_step_and_a_shorter_series_is_the_same_prefix(name):
    long, short = small(name), small(name, n_steps=4)
    short.load_state_dict(long.state_dict())
    x = series()
    changed = x.clone()
    changed[:, 4:] += 1.0
    torch.testing.assert_close(short(x[:, :4]), short(changed[:, :4]), rtol=0, atol=0)
    assert (long(x) - long(changed)).abs().min() > 1e-6


@pytest.mark.parametrize("name", ["tcn", "transformer"])
def test_a_change_at_one_step_leaves_hidden_outputs_of_earlier_steps(name):
    model, x = small(name), series()
    changed = x.clone()
    changed[:, 4] += torch.randn(F, dtype=x.dtype)
    seen = []
    part = model.blocks if name == "tcn" else model.norm
    part.register_forward_hook(lambda module, given, out: seen.append(out))
    model(x), model(changed)
    assert torch.equal(seen[0][:, :4], seen[1][:, :4])
    assert (seen[0][:, 4] - seen[1][:, 4]).abs().max() > 1e-6


def test_without_the_causal_mask_the_future_matters():
    model, x = small("transformer", causal=False), series()
    changed = x.clone()
    changed[:, -1] += torch.randn(F, dtype=x.dtype)
    seen = []
    model.norm.register_forward_hook(lambda module, given, out: seen.append(out))
    model(x), model(changed)
    assert (seen[0][:, 0] - seen[1][:, 0]).abs().max() > 1e-6


def test_transformer_layers_start_identical_and_are_not_tied():
    first, second, *_ = MODELS["transformer"](n_steps=T, n_features=F, n_heads=2).layers
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a is not b


def test_initial_weights_are_those_of_the_released_networks():
    tcn = MODELS["tcn"](n_steps=50, n_features=50)
    v, g = tcn.blocks[2].conv2.v, tcn.blocks[2].conv2.g
    torch.testing.assert_close(g, v.flatten(1).norm(dim=1))
    assert 0.036 < float(v.detach().std()) < 0.046  # torch's default for 200 inputs, not 0.01
    assert 0.008 < float(tcn.blocks[0].residual.weight.detach().std()) < 0.012
    ica = MODELS["lstm_input_cell"](n_steps=50, n_features=50)
    assert float(ica.bias.detach().abs().max()) == float(ica.attention_in.bias.detach().abs().max()) == 0.0
    assert 0.2 < float(ica.weight_ih.detach().abs().max()) <= (6 / 70) ** 0.5
    assert 0.4 < float(MODELS["lstm"](n_steps=50, n_features=50).weight_ih.detach().abs().max()) <= 5**-0.5


@NAMES
def test_training_drops_and_evaluation_does_not(name):
    model, x = small(name), series(20)
    assert torch.equal(model(x), model(x))
    model.train()
    assert not torch.equal(model(x), model(x))


@NAMES
def test_without_dropout_training_mode_computes_the_same(name):
    model, x = small(name, dropout=0.0), series()
    a = model(x)
    assert torch.equal(a, model.train()(x))


@NAMES
def test_output_as_probabilities_is_the_softmax_of_the_logits(name):
    model, x = small(name, output="probabilities", n_classes=3), series()
    p = model(x)
    torch.testing.assert_close(p.sum(1), torch.ones(N, dtype=torch.float64))
    model.output = "logits"
    torch.testing.assert_close(p, torch.softmax(model(x), dim=1))


@NAMES
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_of_the_output_and_of_the_input_gradient_follow_the_input(name, dtype):
    model, x = small(name, dtype), series(dtype=dtype).requires_grad_()
    out = model(x)
    assert out.dtype == dtype
    assert torch.autograd.grad(out.sum(), x)[0].dtype == dtype


@NAMES
def test_float32_is_close_to_float64(name):
    model, x = small(name), series()
    exact = model(x)
    torch.testing.assert_close(model.float()(x.float()).double(), exact, rtol=1e-3, atol=1e-4)


@NAMES
def test_frozen_networks_give_the_same_input_gradient(name):
    model, x = small(name), series().requires_grad_()
    (free,) = torch.autograd.grad(model(x)[:, 0].sum(), x)
    model.requires_grad_(False)
    (frozen,) = torch.autograd.grad(model(x)[:, 0].sum(), x)
    if name in ("gru", "retain", "tcn"):  # these sum in another order where no weight wants a gradient
        torch.testing.assert_close(free, frozen, rtol=1e-12, atol=1e-15)
    else:
        assert torch.equal(free, frozen)


@NAMES
def test_a_batch_gives_what_its_series_give_alone(name):
    model, x = small(name), series(5)
    torch.testing.assert_close(model(x), torch.cat([model(one[None]) for one in x]), rtol=1e-12, atol=1e-12)


@NAMES
def test_every_network_can_fit_eight_series(name):
    torch.manual_seed(1)
    model = MODELS[name](n_steps=T, n_features=F, **SMALL[name], dropout=0.0)
    x, y = torch.randn(8, T, F), torch.arange(8) % 2
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(300):
        loss = nnf.cross_entropy(model(x), y)
        if loss < 0.05:
            break
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.05


@HOOKS
@NAMES
def test_captums_deeplift_can_hook_every_network(name):
    model, x = small(name), series()
    a = DeepLift(model).attribute(x, torch.zeros_like(x), target=0)
    assert torch.isfinite(a).all()
    if name.startswith("lstm"):  # no non-linear module: gradient times difference, exactly
        z = x.clone().requires_grad_()
        torch.testing.assert_close(a, torch.autograd.grad(model(z)[:, 0].sum(), z)[0] * x, rtol=1e-12, atol=1e-12)


@HOOKS
def test_deeplift_of_a_tcn_with_logits_is_complete():
    model, x = small("tcn"), series()
    a = DeepLift(model).attribute(x, torch.zeros_like(x), target=0)
    torch.testing.assert_close(a.sum((1, 2)), model(x)[:, 0] - model(torch.zeros_like(x))[:, 0], rtol=1e-8, atol=1e-8)


@NAMES
def test_swapped_axes_and_wrong_settings_are_refused(name):
    model = small(name)
    with pytest.raises(InvalidInput, match=r"takes \(N, 7, 6\)"):
        model(series().transpose(1, 2))
    with pytest.raises(InvalidInput, match="`output` is 'scores'"):
        MODELS[name](n_steps=T, n_features=F, output="scores", **SMALL[name])
    with pytest.raises(InvalidInput, match="`n_classes` is 0"):
        MODELS[name](n_steps=T, n_features=F, n_classes=0, **SMALL[name])


def test_heads_that_do_not_divide_the_features_and_unknown_readouts_are_refused():
    with pytest.raises(InvalidInput, match="must divide the features"):
        MODELS["transformer"](n_steps=T, n_features=F, n_heads=5)
    with pytest.raises(InvalidInput, match="`readout` is 'mean'"):
        MODELS["tcn"](n_steps=T, n_features=F, readout="mean")
