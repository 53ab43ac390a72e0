"""Hidden states and spike curves, one series and one step at a time."""

import numpy as np
from scipy.signal import butter


def hidden_states(n, n_steps, rng):
    """The chain of the state data from the numbers of ``rng``: one per series to begin with, then one per step each."""
    start = rng.random(n)
    draws = [rng.random(n) for _ in range(n_steps)]
    states = np.zeros((n, n_steps), dtype=int)
    for k in range(n):
        before, repeated = int(start[k] < 0.5), 0
        for t in range(n_steps):
            to_one = 0.95 - repeated / 500 if before == 1 else 0.05
            now = int(draws[t][k] < to_one)
            repeated = repeated + 1 if now == before else 0
            states[k, t] = before = now
    return states


def spike_curves(n, n_steps, rng):
    """Linear recursion, trend, noise, division by the range, and the filter as a difference equation."""
    u = rng.uniform(0, 0.5, size=(2 + n_steps, n, 3))
    noise = rng.standard_normal((n, n_steps, 3))
    numerator, denominator = butter(6, 6.8, fs=30)
    curves = np.zeros((n, n_steps, 3))
    for k in range(n):
        for f in range(3):
            a, c, trend, size, offset = [
                (0.5, 0.5, 0.003, 0.001, 0),
                (0.5, 0.5, 0.065, 0.001, 0),
                (0.3, 0.1, 0, 0, -0.5),
            ][f]
            g, before = [], 0.0
            for t in range(n_steps):
                before = a * before + 1.5 * u[t, k, f] * u[t + 2, k, f] + c
                g.append(before)
            g = [value + size * noise[k, t, f] + trend * t for t, value in enumerate(g)]
            g = [value / (max(g) - min(g)) + offset for value in g]
            out = []
            for t in range(n_steps):
                total = sum(numerator[j] * g[t - j] for j in range(7) if t >= j)
                out.append(total - sum(denominator[j] * out[t - j] for j in range(1, 7) if t >= j))
            curves[k, :, f] = out
    return curves
