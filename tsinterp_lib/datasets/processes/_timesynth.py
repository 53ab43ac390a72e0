"""Drive the TimeSynth package as an engine: its global generator lent ours, its warnings silenced here only."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from tsinterp_lib.datasets.processes.base import Array
from tsinterp_lib.errors import InvalidInput


def sample(
    make_signal: Callable[[Any], Any], n: int, n_steps: int, n_features: int, rng: np.random.RandomState
) -> Array:
    """Return (n, T, F) from the package, which draws from numpy's global generator: that one is put back afterwards."""
    ts = package()
    before = np.random.get_state()
    np.random.set_state(rng.get_state())
    try:
        with warnings.catch_warnings():
            # Its AR and CAR signals store one-element arrays as numbers, once per time step.
            warnings.simplefilter("ignore", DeprecationWarning)
            x = np.stack([_one(ts, make_signal, n_steps, n_features) for _ in range(n)])
        rng.set_state(np.random.get_state())
        return x
    finally:
        np.random.set_state(before)


def package() -> Any:
    """Return the module ``timesynth``; raises ``InvalidInput`` with the next step where it is not installed."""
    try:
        return import_module("timesynth")
    except ImportError as error:
        raise InvalidInput(
            f"`engine` is 'timesynth', and the package cannot be imported ({error}): install it with "
            "`pip install --no-deps timesynth==0.2.4 && pip install 'jitcdde>=1.8' 'symengine>=0.13'`, "
            "or use engine='own', which draws the same numbers."
        ) from error


def _one(ts: Any, make_signal: Callable[[Any], Any], n_steps: int, n_features: int) -> Array:
    times = ts.TimeSampler(stop_time=20).sample_irregular_time(num_points=2 * n_steps, keep_percentage=50)
    x = np.empty((n_steps, n_features))
    for f in range(n_features):
        series = ts.TimeSeries(make_signal(ts.signals), noise_generator=ts.noise.GaussianNoise(std=0.3))
        x[:, f] = series.sample(times)[0]
    return x
