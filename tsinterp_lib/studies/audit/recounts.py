"""Released choices that existing rows decide without a new run: the accuracy gate, and a 0 that is carried forward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.metrics.dataset_level import carry_zero
from tsinterp_lib.statistics.means import CONTROLS
from tsinterp_lib.studies.audit.page import SCORES


def of_gate(rows: pd.DataFrame, gates: Sequence[float] = (0.0, 0.9, 0.95)) -> pd.DataFrame:
    """Say how many models stand behind the means, and the means, under gates of test accuracy; ``rows`` are not gated.

    The released code leaves out models below 0.90, the paper says 0.95.
    """
    unit = ["protocol", "dataset", "model", "trainer", "seed"]
    rows = rows[rows["protocol"] == "as_released"]
    accuracy = rows[rows["metric"] == "test_accuracy"].set_index(unit)["value"]
    scores = rows[rows["metric"].isin(SCORES) & ~rows["explainer"].isin((*CONTROLS, ""))]
    own = accuracy.reindex(pd.MultiIndex.from_frame(scores[unit])).to_numpy()
    table = {}
    for gate in gates:
        means = scores[own >= gate].groupby("metric")["value"].mean()
        kept = {"models": int((accuracy >= gate).sum())} | {p: means.get(m, np.nan) for m, p in SCORES.items()}
        table[f"at least {gate:.2f}" if gate else "none"] = kept
    return pd.DataFrame(table).T.astype({"models": int})


def of_carried_zeros(rows: pd.DataFrame, metric: str = "masked_accuracy_mass") -> pd.DataFrame:
    """Return curves of masked accuracy that touch 0, those that recover later, and the mean area, measured and
    carried.
    """
    part = rows[(rows["protocol"] == "as_released") & (rows["metric"] == metric) & ~rows["explainer"].isin(CONTROLS)]
    if part.empty:
        raise InvalidInput(f"no curve of {metric!r} in the rows: run `tsinterp run benchmark`.")
    curves = part.pivot_table(index=["dataset", "model", "explainer", "seed"], columns="at", values="value")
    level, measured = curves.columns.to_numpy(dtype=float), torch.tensor(curves.to_numpy())
    carried = torch.stack([carry_zero(curve) for curve in measured])
    area = np.trapezoid(measured, level), np.trapezoid(carried, level)
    changed = (carried != measured).any(1).numpy()
    found = {
        "curves": len(curves),
        "curves that touch 0": int((measured == 0).any(1).sum()),
        "curves that recover": int(changed.sum()),
        "area, measured": float(area[0].mean()),
        "area, carried": float(area[1].mean()),
        "largest change of an area": float(np.abs(area[1] - area[0]).max()),
    }
    return pd.DataFrame([found], index=[metric.replace("_", " ")])
