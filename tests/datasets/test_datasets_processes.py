"""The seven processes: against slow twins, the TimeSynth package, and what their laws imply."""

import sys

import numpy as np
import pytest

from tests.oracles import autoregressive, car, gaussian_process, harmonic, narma, pseudo_periodic
from tsinterp_lib.datasets import PROCESSES
from tsinterp_lib.datasets.processes.gaussian_process import bessel_kernel, matern
from tsinterp_lib.datasets.processes.narma import fixed_curve
from tsinterp_lib.datasets.processes.timesynth_base import sampling_times
from tsinterp_lib.errors import InvalidInput, UnknownName
from tsinterp_lib.registry import Choice, build

TWINS = {
    "harmonic": harmonic,
    "gaussian_process": gaussian_process,
    "pseudo_periodic": pseudo_periodic,
    "autoregressive": autoregressive,
    "car": car,
    "narma": narma,
}
N, T, F = 2, 17, 3


def draw(name, n=N, t=T, f=F, seed=11, **settings):
    process = PROCESSES[name](**settings)
    return process.sample(n, t, f, process.generator(seed))


def replay(seed=11, n=N, t=T):
    """The generator of a corrected process after it drew the times, and the times."""
    rng = np.random.default_rng(seed)
    return rng, np.stack([sampling_times(t, rng) for _ in range(n)])


@pytest.mark.parametrize("name", TWINS)
def test_as_released_equals_timesynth_bit_for_bit(name):
    pytest.importorskip("timesynth")
    ours = draw(name, n=2, t=50, f=4, protocol="as_released")
    theirs = draw(name, n=2, t=50, f=4, protocol="as_released", engine="timesynth")
    assert np.abs(ours - theirs).max() == 0.0


@pytest.mark.parametrize("name", TWINS)
def test_as_released_equals_numpy_random_seed_followed_by_the_package(name):
    ts = pytest.importorskip("timesynth")
    process = PROCESSES[name](protocol="as_released")
    ours = process.sample(1, 50, 1, process.generator(3))
    np.random.seed(3)
    times = ts.TimeSampler(stop_time=20).sample_irregular_time(num_points=100, keep_percentage=50)
    series = ts.TimeSeries(process._signal(ts.signals), noise_generator=ts.noise.GaussianNoise(std=0.3))
    if name in ("autoregressive", "car"):
        with pytest.warns(DeprecationWarning, match="Conversion of an array"):
            theirs = series.sample(times)[0]
    else:
        theirs = series.sample(times)[0]
    assert np.array_equal(ours[0, :, 0], theirs)


@pytest.mark.parametrize("name", sorted(set(TWINS) - {"gaussian_process"}))
def test_as_released_equals_its_slow_twin(name):
    rng = np.random.RandomState(11)
    twin = [np.array(TWINS[name].as_released(sampling_times(T, rng), F, rng)).T for _ in range(N)]
    np.testing.assert_allclose(draw(name, protocol="as_released"), twin, rtol=0, atol=1e-12)


def test_the_released_gaussian_process_has_the_closed_form_kernel_and_one_root_for_all_features():
    rng = np.random.RandomState(4)
    times = sampling_times(T, rng)
    np.testing.assert_allclose(bessel_kernel(times), gaussian_process.kernel(times), rtol=1e-12)
    twin = np.array(
        [rng.multivariate_normal(np.zeros(T), bessel_kernel(times)) + rng.normal(0, 0.3, T) for _ in range(F)]
    )
    assert np.array_equal(draw("gaussian_process", n=1, seed=4, protocol="as_released")[0], twin.T)


def test_coinciding_times_have_covariance_one():
    k = bessel_kernel(np.array([1.0, 1.0, 2.5]))
    assert k[0, 1] == 1.0
    assert np.isfinite(k).all()


def test_matern_is_its_closed_form():
    d = np.array([0.0, 0.4, 3.0])
    np.testing.assert_allclose(matern(d), (1 + np.sqrt(3) * d) * np.exp(-np.sqrt(3) * d), rtol=1e-15)
    np.testing.assert_allclose(matern(d, 2.0), matern(d / 2.0), rtol=1e-15)


def test_corrected_harmonic_equals_its_slow_twin():
    rng, times = replay()
    phase = rng.uniform(0, 2 * np.pi, size=(N, 1, F))
    twin = np.array([harmonic.signal(times[i], phase[i, 0]) for i in range(N)]) + rng.normal(0, 0.3, (N, T, F))
    np.testing.assert_allclose(draw("harmonic"), twin, atol=1e-12)


def test_corrected_gaussian_process_equals_its_slow_twin():
    rng, times = replay()
    z = rng.normal(size=(N, T, F))
    twin = np.array([gaussian_process.signal(times[i], z[i]) for i in range(N)]) + rng.normal(0, 0.3, (N, T, F))
    np.testing.assert_allclose(draw("gaussian_process"), twin, atol=1e-8)


def test_corrected_pseudo_periodic_equals_its_slow_twin():
    rng, times = replay()
    nu, a = rng.normal(2.0, 0.01, (N, T, F)), rng.normal(1.0, 0.5, (N, T, F))
    twin = np.array([pseudo_periodic.signal(times[i], nu[i], a[i]) for i in range(N)])
    np.testing.assert_allclose(draw("pseudo_periodic"), twin + rng.normal(0, 0.3, (N, T, F)), atol=1e-12)


def test_corrected_autoregression_equals_its_slow_twin():
    rng, _ = replay()
    e = rng.normal(0.0, 0.5, (T, N, F))
    twin = np.array([[autoregressive.signal(e[:, i, f]) for f in range(F)] for i in range(N)]).swapaxes(1, 2)
    np.testing.assert_allclose(draw("autoregressive"), twin + rng.normal(0, 0.3, (N, T, F)), atol=1e-12)


def test_corrected_car_equals_its_slow_twin():
    rng, times = replay()
    z = rng.normal(size=(T, N, F))
    twin = np.array([[car.signal(times[i], z[:, i, f]) for f in range(F)] for i in range(N)]).swapaxes(1, 2)
    np.testing.assert_allclose(draw("car"), twin + rng.normal(0, 0.3, (N, T, F)), atol=1e-12)


def test_corrected_narma_equals_its_slow_twin():
    rng, _ = replay()
    u = rng.uniform(0, 0.5, (10 + T, N, F))
    twin = np.array([[narma.signal(u[:, i, f]) for f in range(F)] for i in range(N)]).swapaxes(1, 2)
    np.testing.assert_allclose(draw("narma"), twin + rng.normal(0, 0.3, (N, T, F)), atol=1e-12)


def test_the_released_narma_curve_is_the_published_one():
    np.testing.assert_allclose(fixed_curve(50)[:4], [0.1029, 0.4767, 0.4715, 0.2891], atol=5e-5)
    x = draw("narma", n=200, t=50, f=2, protocol="as_released")
    np.testing.assert_allclose(x.mean(axis=(0, 2)), fixed_curve(50), atol=6 * 0.3 / np.sqrt(400))


def test_released_harmonic_features_share_one_curve_and_corrected_ones_do_not():
    shared = draw("harmonic", n=20, t=50, f=2, protocol="as_released")
    own = draw("harmonic", n=20, t=50, f=2)
    assert (shared[..., 0] - shared[..., 1]).std() == pytest.approx(0.3 * np.sqrt(2), rel=0.1)
    assert (own[..., 0] - own[..., 1]).std() > 0.8


def test_released_car_is_white_noise_in_practice_and_corrected_car_is_stationary():
    released = draw("car", n=40, t=50, f=20, protocol="as_released")
    corrected = draw("car", n=40, t=50, f=20)
    assert released.std() == pytest.approx(0.3, rel=0.02)
    sd = np.sqrt(0.5**2 + 0.3**2)
    assert corrected[:, 0].std() == pytest.approx(sd, rel=0.1)
    assert corrected[:, -1].std() == pytest.approx(sd, rel=0.1)


def test_autoregression_grows_to_its_stationary_spread():
    x = draw("autoregressive", n=40, t=50, f=50)
    assert x[:, 0].std() == pytest.approx(np.sqrt(0.5**2 + 0.3**2), rel=0.1)
    assert x[:, -1].std() == pytest.approx(np.sqrt(0.5**2 / (1 - 0.9**2) + 0.3**2), rel=0.1)


def test_both_protocols_of_the_gaussian_process_have_unit_variance_plus_noise():
    for protocol in ("as_released", "corrected"):
        x = draw("gaussian_process", n=30, t=20, f=30, protocol=protocol)
        assert x.var() == pytest.approx(1.09, rel=0.15)


def test_gaussian_noise_is_standard_normal():
    x = draw("gaussian_noise", n=30, t=50, f=20)
    assert abs(x.mean()) < 0.03
    assert x.std() == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("protocol", ["as_released", "corrected"])
def test_a_process_gives_finite_float64_series_that_its_seed_alone_decides(name, protocol):
    a, b, c = (draw(name, seed=seed, protocol=protocol) for seed in (5, 5, 6))
    assert a.shape == (N, T, F)
    assert a.dtype == np.float64
    assert np.isfinite(a).all()
    assert a.tobytes() == b.tobytes()
    assert not np.array_equal(a, c)
    assert not np.array_equal(a[0], a[1])


def test_sampling_times_are_sorted_and_span_the_window():
    times = sampling_times(50, np.random.default_rng(0))
    assert times.shape == (50,)
    assert (np.diff(times) >= 0).all()
    assert -1.5 < times[0] < times[-1] < 21.5


def test_the_package_leaves_numpys_global_generator_as_it_was():
    pytest.importorskip("timesynth")
    before = np.random.get_state()[1].copy()
    draw("harmonic", protocol="as_released", engine="timesynth")
    assert np.array_equal(np.random.get_state()[1], before)


def test_a_missing_package_is_answered_with_the_next_step(monkeypatch):
    monkeypatch.setitem(sys.modules, "timesynth", None)
    with pytest.raises(InvalidInput, match=r"timesynth==0\.2\.4.*engine='own'"):
        draw("harmonic", protocol="as_released", engine="timesynth")


def test_the_package_refuses_the_corrected_protocol():
    with pytest.raises(InvalidInput, match="only computes 'as_released'"):
        PROCESSES["car"](engine="timesynth")
    with pytest.raises(InvalidInput, match="no TimeSynth signal"):
        PROCESSES["gaussian_noise"](protocol="as_released", engine="timesynth")


def test_a_generator_of_the_other_protocol_is_refused():
    with pytest.raises(InvalidInput, match="RandomState"):
        PROCESSES["car"](protocol="as_released").sample(N, T, F, np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="default_rng"):
        PROCESSES["car"]().sample(N, T, F, np.random.RandomState(0))


@pytest.mark.parametrize("sizes", [(0, T, F), (N, 0, F), (N, T, -1)])
def test_a_process_refuses_a_size_below_one(sizes):
    process = PROCESSES["harmonic"]()
    with pytest.raises(InvalidInput, match="at least one"):
        process.sample(*sizes, process.generator(0))


def test_an_unknown_process_protocol_or_parameter_names_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'gaussian_noise' or 'gaussian_process'"):
        build("process", "gaussian_nois")
    with pytest.raises(UnknownName, match="Did you mean 'as_released'"):
        build("process", Choice("narma", {"protocol": "as_relased"}))
    with pytest.raises(UnknownName, match="Did you mean 'frequency'"):
        build("process", Choice("harmonic", {"freqency": 1.0}))
