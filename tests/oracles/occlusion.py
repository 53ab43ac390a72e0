"""Occlusion, a window at a time."""

import numpy as np

from tests.oracles._cells import output


def occlusion(model, series, baseline, c, window):
    """The mean drop over all windows that cover a cell."""
    n_steps, n_features = series.shape
    total, count = np.zeros((n_steps, n_features)), np.zeros((n_steps, n_features))
    for t0 in range(n_steps - window[0] + 1):
        for f0 in range(n_features - window[1] + 1):
            hidden = series.clone()
            hidden[t0 : t0 + window[0], f0 : f0 + window[1]] = baseline[t0 : t0 + window[0], f0 : f0 + window[1]]
            drop = output(model, series, c) - output(model, hidden, c)
            total[t0 : t0 + window[0], f0 : f0 + window[1]] += drop
            count[t0 : t0 + window[0], f0 : f0 + window[1]] += 1
    return series.new_tensor(total / count)
