"""Parts of the networks: dropout, softmax, norm, positional code, attention and feed-forward gradients."""

import pytest
import torch

from tests.oracles import networks as oracle
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.models._attention import attention
from tsinterp_lib.models._convolution import convolve
from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._feed_forward import feed_forward
from tsinterp_lib.models._norm import Norm
from tsinterp_lib.models._softmax import softmax
from tsinterp_lib.models.transformer import positional_code

F = 6


@pytest.mark.parametrize("width", [6, 7])
def test_positional_code_equals_the_definition(width):
    torch.testing.assert_close(positional_code(5, width).float(), oracle.positional_code(5, width), rtol=0, atol=1e-7)


def test_norm_of_a_constant_step_is_its_shift_and_has_a_finite_gradient():
    layer = Norm(F).double()
    x = torch.full((2, 3, F), 4.0, dtype=torch.float64, requires_grad=True)
    y = layer(x)
    assert torch.equal(y, torch.zeros_like(y))
    assert torch.isfinite(torch.autograd.grad(y.sum(), x)[0]).all()


def test_dropout_keeps_the_stated_share_and_the_mean():
    layer, x = FastDropout(0.3), torch.ones(200, 501, dtype=torch.float64)
    y = layer(x)
    q = layer.n_dropped / 65536
    n = x.numel()
    assert abs(float((y == 0).double().mean()) - q) < 4 * (q * (1 - q) / n) ** 0.5
    assert set(y.unique().tolist()) == {0.0, 1 / (1 - q)}
    assert abs(q - 0.3) < 1 / 65536
    neighbours = ((y[:, 1:] == 0) & (y[:, :-1] == 0)).double().mean()
    assert abs(float(neighbours) - q * q) < 4 * (q * q * (1 - q * q) / n) ** 0.5 * 1.5


def test_dropout_follows_torchs_generator_and_its_gradient_is_its_mask():
    layer, x = FastDropout(0.5), torch.rand(4, 9, requires_grad=True)
    torch.manual_seed(3)
    a = layer(x)
    torch.manual_seed(3)
    assert torch.equal(a, layer(x))
    (g,) = torch.autograd.grad(a.sum(), x)
    torch.testing.assert_close(g * x, a)


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_dropout_refuses_shares_outside_its_range(p):
    with pytest.raises(InvalidInput, match=r"in \[0, 1\)"):
        FastDropout(p)


def _repeatable(function):
    def run(*inputs):
        torch.manual_seed(5)
        return function(*inputs)

    return run


@pytest.mark.parametrize("trained", [True, False])
@pytest.mark.parametrize("n_dropped", [0, 20000])
def test_written_gradients_of_attention_and_feed_forward_are_those_of_finite_differences(n_dropped, trained):
    def rand(*shape):
        return torch.randn(*shape, dtype=torch.float64, requires_grad=True)

    mask = torch.full((4, 4), -1e9, dtype=torch.float64).triu(1)
    assert torch.autograd.gradcheck(_repeatable(lambda x: attention(x, 2, mask, n_dropped, trained)), rand(2, 4, 12))
    inputs = rand(2, 3, 4), rand(5, 4), rand(5), rand(4, 5), rand(4)
    assert torch.autograd.gradcheck(_repeatable(lambda *a: feed_forward(*a, n_dropped)), inputs)


def test_attention_with_dropout_equals_the_product_with_the_drawn_mask():
    qkv, mask = torch.randn(2, 4, 12, dtype=torch.float64), torch.zeros(4, 4, dtype=torch.float64)
    q, k, v = (part.view(2, 4, 2, 2).transpose(1, 2) for part in qkv.split(4, dim=-1))
    plain = torch.softmax(q @ k.transpose(2, 3) / 2**0.5, dim=-1)
    torch.testing.assert_close(attention(qkv, 2, mask, 0, False), (plain @ v).transpose(1, 2).reshape(2, 4, 4))
    draws = torch.stack([attention(qkv, 2, mask, 6554, True) for _ in range(4000)])
    error = draws.std(0) / 4000**0.5
    assert ((draws.mean(0) - attention(qkv, 2, mask, 0, True)).abs() < 5 * error + 1e-12).all()


def test_softmax_gradient_passes_finite_differences_once_and_twice():
    z = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(softmax, z)
    assert torch.autograd.gradgradcheck(softmax, z)


@pytest.mark.parametrize("logits", [[30.0, -30.0], [-30.0, 30.0], [30.0, -30.0, 10.0]])
def test_softmax_gradient_in_float32_stays_exact_on_saturated_logits(logits):
    upstream = torch.tensor([0.7, -1.3, 0.4])[: len(logits)]

    def gradient(function, dtype):
        z = torch.tensor([logits], dtype=dtype, requires_grad=True)
        return torch.autograd.grad(function(z), z, upstream[None].to(dtype))[0].double()

    exact = gradient(softmax, torch.float64)
    torch.testing.assert_close(gradient(softmax, torch.float32), exact, rtol=1e-3, atol=0)
    stock = gradient(lambda z: torch.softmax(z, dim=1), torch.float32)
    assert ((stock - exact).abs() > 1e-3 * exact.abs()).any()  # the trap is real


@pytest.mark.parametrize("dilation", [1, 3, 8])
def test_a_frozen_convolution_equals_that_of_the_library_even_where_its_reach_exceeds_the_series(dilation):
    x = torch.randn(3, 6, 4, dtype=torch.float64, requires_grad=True)
    w, bias = torch.randn(4, 4, 5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    padded = torch.nn.functional.pad(x.transpose(1, 2), (3 * dilation, 0))
    expected = torch.nn.functional.conv1d(padded, w.permute(2, 1, 0), bias, dilation=dilation).transpose(1, 2)
    found, weight = convolve(x, w, bias, dilation), torch.randn_like(expected)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    ours, theirs = (torch.autograd.grad((y * weight).sum(), x)[0] for y in (found, expected))
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
