"""Perturbations: their definition in loops, their limits, their derivative, refusals."""

import inspect

import pytest
import torch

from tests.oracles.perturbations import perturb
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.perturbations import (
    PERTURBATIONS,
    GaussianBlur,
    MovingAverage,
    PastWindow,
    Reference,
    WindowedAverage,
)
from tsinterp_lib.registry import Choice, build

N, T, F = 2, 7, 3
KERNELS = ("as_released", "corrected")
CASES = [
    ("gaussian_blur", {}),
    ("gaussian_blur", {"sigma_max": 0.7}),
    ("moving_average", {}),
    *(("windowed_average", {"width": w, "kernel": k}) for w in (1, 2) for k in KERNELS),
    *(("past_window", {"width": 2, "kernel": k}) for k in KERNELS),
    ("reference", {"value": -0.5}),
]
each_case = pytest.mark.parametrize(("name", "settings"), CASES, ids=str)


@pytest.fixture
def x():
    return torch.randn(N, T, F, dtype=torch.float64)


@pytest.fixture
def m():
    return torch.rand(N, T, F, dtype=torch.float64)


def made(name, settings):
    return build("perturbation", Choice(name, settings))


@each_case
def test_a_perturbation_equals_its_slow_twin(name, settings, x, m):
    twin = [perturb(series, mask, name, **settings) for series, mask in zip(x.tolist(), m.tolist(), strict=True)]
    torch.testing.assert_close(made(name, settings).perturb(x, m), torch.tensor(twin, dtype=x.dtype), rtol=0, atol=2e-9)


@each_case
def test_a_kept_cell_is_as_it_was(name, settings, x):
    torch.testing.assert_close(made(name, settings).perturb(x, torch.ones_like(x)), x, rtol=0, atol=1e-12)


@each_case
def test_the_slope_is_the_central_difference_for_all_cells_and_for_some(name, settings, x, m):
    on = made(name, settings).on(x)
    masks = torch.stack([m, m.flip(0)]).flatten(1) * 0.9 + 0.05
    h = 1e-6
    expected = (on.value(masks + h) - on.value(masks - h)) / (2 * h)
    y = on.value(masks)
    torch.testing.assert_close(on.slope(masks, y, None), expected, rtol=1e-6, atol=1e-7)
    cells = torch.tensor([0, 3, 17, N * T * F - 1])
    torch.testing.assert_close(on.slope(masks[:, cells], y[:, cells], cells), expected[:, cells], rtol=1e-6, atol=1e-7)


def test_a_blur_leaves_a_constant_series_alone_and_is_even_in_time(x, m):
    constant = torch.full_like(x, 0.3)
    torch.testing.assert_close(GaussianBlur().perturb(constant, m), constant)
    torch.testing.assert_close(GaussianBlur().perturb(x.flip(1), m.flip(1)), GaussianBlur().perturb(x, m).flip(1))


def test_a_blur_is_finite_in_float32_wherever_the_mask_is(x):
    masks = torch.cat([torch.linspace(0, 1, 9999), torch.tensor([1 - 6e-8])]).repeat_interleave(x[0].numel())
    on = GaussianBlur().on(x[:1].float())
    masks = masks.view(-1, x[0].numel())
    y = on.value(masks)
    assert torch.isfinite(y).all()
    assert torch.isfinite(on.slope(masks, y, None)).all()
    assert float(on.slope(torch.ones_like(masks), y, None).abs().max()) == 0.0


def test_a_blur_of_a_long_series_drops_only_weights_below_a_billionth():
    x = torch.randn(1, 60, 2, dtype=torch.float64)
    m = torch.zeros_like(x)
    twin = torch.tensor([perturb(x[0].tolist(), m[0].tolist(), "gaussian_blur")], dtype=x.dtype)
    off = float((GaussianBlur().perturb(x, m) - twin).abs().max())
    assert 0 < off < 1e-8


def test_a_faded_cell_is_the_mean_of_the_series(x):
    expected = x.mean(1, keepdim=True).expand_as(x)
    torch.testing.assert_close(MovingAverage().perturb(x, torch.zeros_like(x)), expected)


def test_the_released_window_shrinks_at_the_ends_and_the_corrected_one_does_not():
    ones = torch.ones(1, T, 1, dtype=torch.float64)
    faded = [WindowedAverage(kernel=k).perturb(ones, torch.zeros_like(ones))[0, :, 0].tolist() for k in KERNELS]
    assert faded[0] == pytest.approx([0.6, 0.8, 1, 1, 1, 0.8, 0.6])
    assert faded[1] == pytest.approx([1] * T)


def test_the_past_window_ignores_the_future_and_the_released_one_does_not(x):
    later = x.clone()
    later[:, 4] += 5
    zeros = torch.zeros_like(x)
    changed = [
        (PastWindow(kernel=k).perturb(later, zeros) - PastWindow(kernel=k).perturb(x, zeros)).abs().amax((0, 2)) > 0
        for k in KERNELS
    ]
    assert changed[0].tolist() == [False, False, True, True, True, True, True]
    assert changed[1].tolist() == [False, False, False, False, True, True, True]
    ones = torch.ones(1, T, 1, dtype=torch.float64)
    assert float(PastWindow(kernel="as_released").perturb(ones, torch.zeros_like(ones)).max()) == pytest.approx(1.4)


def test_a_reference_series_is_faded_to(x):
    reference = torch.randn(T, F, dtype=torch.float64)
    faded = Reference(reference=reference).perturb(x, torch.zeros_like(x))
    torch.testing.assert_close(faded, reference.expand_as(x))


def test_wrong_settings_and_masks_are_refused(x):
    assert set(PERTURBATIONS) == {name for name, _ in CASES}
    with pytest.raises(InvalidInput, match="`sigma_max` is 0"):
        GaussianBlur(sigma_max=0.0)
    with pytest.raises(InvalidInput, match="`width` is 0"):
        PastWindow(width=0)
    with pytest.raises(UnknownName, match="kernel"):
        WindowedAverage(kernel="as_relased")
    with pytest.raises(InvalidInput, match="last two axes must agree"):
        Reference(reference=torch.zeros(T + 1, F)).on(x)
    with pytest.raises(InvalidInput, match=r"a mask lies in \[0, 1\]"):
        MovingAverage().perturb(x, x + 5)
    with pytest.raises(InvalidInput, match="a number per cell"):
        inspect.unwrap(MovingAverage.perturb)(MovingAverage(), x, torch.ones(N, T, F + 1))
