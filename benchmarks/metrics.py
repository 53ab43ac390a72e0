"""Selection, weighted precision and recall at nine levels: one sort per explanation against the per-sample search.

The peer does what the code of 2020 does: per sample it steps through the ranking to find how many cells hold each share
of the saliency, keeps their indices, and then adds up hits and misses cell by cell for every sample and level.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import torch
from torch import nn

from benchmarks import Result
from tests.oracles.selection import search_2020
from tsinterp_lib.metrics.precision_recall import Precision, Recall
from tsinterp_lib.metrics.selection import selected_counts
from tsinterp_lib.types import Explanation

N, T, F = 100, 50, 50
PERCENTAGES = list(range(10, 91, 10))


def run() -> list[Result]:
    """One comparison, for the maps of 100 test series of 50 × 50 cells."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(N, T, F, generator=generator, dtype=torch.float64) ** 2
    importance = torch.zeros(N, T, F, dtype=torch.bool)
    importance[:, 10:40, 10:40] = True
    s = _explanation(a, importance).magnitude.numpy()

    peer, ours = [], []
    for _ in range(2):
        start = time.process_time()
        grid, counts = _select(s)
        precision, recall = _precision_recall(s, importance.flatten(1).numpy(), grid)
        peer.append(time.process_time() - start)
    for _ in range(20):
        e = _explanation(a, importance)
        _ = e.magnitude  # the peer, too, starts from rescaled maps
        start = time.process_time()
        found = Precision("mass").scores(e), Recall("mass").scores(e)
        ours.append(time.process_time() - start)
    difference = max(np.abs(found[0].numpy() - precision).max(), np.abs(found[1].numpy() - recall).max())
    same = selected_counts(e, "mass").tolist() == counts
    equal = bool(same and difference < 1e-12)
    detail = f"100 × 2500 cells; counts identical: {same}; largest difference {difference:.1e}"
    return [Result("metrics: precision and recall at nine levels", min(peer), min(ours), 50.0, equal, detail)]


def _explanation(a: torch.Tensor, importance: torch.Tensor) -> Explanation:
    return Explanation(nn.Identity(), a, torch.zeros(len(a), dtype=torch.long), a, importance)


def _select(s: np.ndarray) -> tuple[np.ndarray, list[list[int]]]:
    """Indices of the selected cells per sample and level, in an object array filled up with NaN, and their numbers."""
    counts = []
    grid = np.full((*s.shape, len(PERCENTAGES)), np.nan, dtype=object)
    for i, row in enumerate(s):
        sizes = search_2020(row, PERCENTAGES)
        rising = np.argsort(row)
        for level, size in enumerate(sizes):
            grid[i, :size, level] = rising[-size:]
        counts.append(sizes)
    return grid, counts


def _precision_recall(s: np.ndarray, truth: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    precision, recall = np.zeros((2, len(s), len(PERCENTAGES)))
    for level in range(len(PERCENTAGES)):
        for i, row in enumerate(s):
            chosen = grid[i, :, level]
            chosen, true = chosen[~pd.isna(chosen)].astype(np.int64), np.flatnonzero(truth[i])
            is_true, is_chosen = np.isin(chosen, true), np.isin(true, chosen)
            hit = false = missed = 0.0
            for j, cell in enumerate(chosen):
                if is_true[j]:
                    hit += row[cell]
                else:
                    false += row[cell]
            for j, cell in enumerate(true):
                if not is_chosen[j]:
                    missed += row[cell]
            precision[i, level], recall[i, level] = hit / (hit + false), hit / (hit + missed)
    return precision, recall
