"""Is the model still right after the selected cells were overwritten: one sample, one cell at a time."""

import torch

from tests.oracles.selection import scaled, selected


def correct(model, x, target, attribution, noise, p, cut):
    """1.0 or 0.0 for one series x (T, F) whose selected cells take the values of ``noise`` (T, F)."""
    chosen = selected(scaled(attribution), p, cut)
    masked = x.clone()
    for i in chosen:
        masked[i // x.shape[1], i % x.shape[1]] = noise[i // x.shape[1], i % x.shape[1]]
    with torch.no_grad():
        scores = model(masked[None])[0]
    best = max(range(len(scores)), key=lambda c: float(scores[c]))
    return 1.0 if best == int(target) else 0.0
