"""Weighted linear regressions on on-off patterns, for all samples at once."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.explainers._replaced import replaced_outputs


def pattern_outputs(
    model: nn.Module,
    x: Float[Tensor, "N *axes"],
    b: Float[Tensor, "N *axes"],
    target: Int[Tensor, "N"],
    groups: Int[Tensor, "*axes"],
    on: Bool[Tensor, "S G"],
    batch_size: int,
    progress: str | None = None,
) -> Float[Tensor, "S N"]:
    """Return output ``target`` of every sample under every pattern: groups that are off come from the baseline."""
    return replaced_outputs(
        model, x, target, lambda i: ~on[i][:, groups], lambda i, s: b[s], len(on), batch_size, progress
    )


def least_squares(on: Bool[Tensor, "S G"], y: Float[Tensor, "S N"], weight: Float[Tensor, "S"]) -> Float[Tensor, "G N"]:
    """Coefficients (the intercept left out) of one weighted regression per column of ``y``; shortest where many fit.

    In float64 whatever the dtype of ``y``: weights span many orders of magnitude.
    """
    w = weight.double()[:, None]
    z, v = on.double(), y.double()
    z, v = z - (w * z).sum(0) / w.sum(), v - (w * v).sum(0) / w.sum()
    solution: Tensor = torch.linalg.lstsq((w.sqrt() * z).cpu(), (w.sqrt() * v).cpu(), driver="gelsd").solution
    return solution.to(y)


def ridge(
    on: Bool[Tensor, "S G"], y: Float[Tensor, "S N"], weight: Float[Tensor, "S N"], alpha: float
) -> Float[Tensor, "G N"]:
    """Coefficients of one ridge regression per sample, each with weights of its own; the intercept is not penalised.

    Solved in its dual form where there are more groups than patterns.
    """
    z, columns = on.double(), []
    for v, w in zip(y.double().T, weight.double().T, strict=True):
        root = w.sqrt()[:, None]
        a = root * (z - (w[:, None] * z).sum(0) / w.sum())
        c = root[:, 0] * (v - (w * v).sum() / w.sum())
        s, g = a.shape
        if g <= s:
            columns.append(torch.linalg.solve(a.T @ a + alpha * torch.eye(g).to(a), a.T @ c))
        else:
            columns.append(a.T @ torch.linalg.solve(a @ a.T + alpha * torch.eye(s).to(a), c))
    return torch.stack(columns, 1).to(y)
