"""What the papers on Dynamask and FIT claim, each claim with an effect, an interval over seeds, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tsinterp_lib.experiments import report
from tsinterp_lib.experiments.claims import NEGLIGIBLE
from tsinterp_lib.experiments.statistics import CONTROLS, stratified
from tsinterp_lib.experiments.verdict import UNDECIDED, Verdict, verdict
from tsinterp_lib.figures import style

GRADIENTS = ("gradient", "integrated_gradients", "gradient_shap", "deep_lift")
FAR = 0.2
"""By how much an area must exceed another to be called far higher."""


def of_rare(rows: pd.DataFrame) -> list[Verdict]:
    """Crabbé and van der Schaar on rare features and rare times, as released."""
    found = []
    for data in ("rare_feature", "rare_time"):
        part, where = rows[rows["dataset"] == data], data.replace("_", " ")
        recall = f"{where}: Dynamask's recall area is far higher than that of any other method (by {FAR} or more)"
        order = f"{where}: Dynamask ranks the important cells better than any other method"
        found += [
            gap(recall, part, "aur_threshold_pooled", "as_released", "dynamask", others(part), beyond=FAR),
            level(f"{where}: Dynamask's precision area is above 0.9", part, "aup_threshold_pooled", "dynamask", 0.9),
            gap(order, part, "auroc", "as_released", "dynamask", others(part)),
        ]
    return found


def of_state(rows: pd.DataFrame, masks: pd.DataFrame) -> list[Verdict]:
    """Both papers on the hidden state: masks, the axes they were shown, and FIT against gradients."""
    return [*of_masks_on_state(masks), *of_fit_on_state(rows)]


def of_masks_on_state(masks: pd.DataFrame) -> list[Verdict]:
    """Crabbé and van der Schaar on the hidden state, and the axes that their masks were shown."""
    released, right = "as_released", "dynamask_right_axes"
    plain = others(masks)
    return [
        gap("masks, as released: higher recall area than any other method", masks, "aur_threshold", released,
            "dynamask", plain),
        gap("masks, as released: better ranking than any other method", masks, "auroc", released, "dynamask", plain),
        gap("masks, as released but on the right axes: better than chance", masks, "auroc", released, right,
            ["random"]),
        gap("masks, corrected: better ranking than any other method", masks, "auroc", "corrected", "dynamask", plain),
    ]  # fmt: skip


def of_fit_on_state(rows: pd.DataFrame) -> list[Verdict]:
    """Tonekaboni et al. on the hidden state: FIT against gradients."""
    return [
        gap(f"FIT, {printed}: better ranking than any gradient method", rows, "auroc", protocol, "fit", GRADIENTS)
        for protocol, printed in style.PROTOCOLS.items()
    ]


def of_fit(rows: pd.DataFrame) -> list[Verdict]:
    """Tonekaboni et al. on their simulated data: FIT finds what gradient methods and occlusion do not."""
    occlusion = ("feature_occlusion", "augmented_occlusion")
    return [
        gap(f"{style.layout(data)}, {style.PROTOCOLS[protocol]}: FIT has a higher average precision than any {kind}",
            rows[rows["dataset"] == data], "average_precision_pooled", protocol, "fit", names)
        for data in ("state", "switch_feature", "spike", "spike_delay_2")
        for protocol in style.PROTOCOLS
        for kind, names in (("gradient method", GRADIENTS), ("occlusion", occlusion))
    ]  # fmt: skip


def others(rows: pd.DataFrame) -> list[str]:
    """Methods that are neither Dynamask, nor a variant, nor a control."""
    named = rows["explainer"].unique()
    return [e for e in named if e and not e.startswith("dynamask") and "[" not in e and e not in CONTROLS]


def gap(
    claim: str,
    rows: pd.DataFrame,
    metric: str,
    protocol: str,
    one: str,
    best_of: Sequence[str],
    beyond: float = 0.0,
) -> Verdict:
    """One method minus the best of others (by its mean over seeds), paired by seed; ``beyond`` is what it must exceed.

    The best is chosen by the values it is then compared with, which is to the disadvantage of the claim.
    """
    wide = report.pick(rows, metric, protocol).pivot_table(index="seed", columns="explainer", values="value")
    rivals = [e for e in best_of if e in wide.columns]
    if one not in wide.columns or not rivals:
        return _missing(claim)
    rival = str(wide[rivals].mean().idxmax())
    return _judged(claim, (wide[one] - wide[rival]).dropna(), beyond, f"against {style.printed(rival)}")


def level(claim: str, rows: pd.DataFrame, metric: str, one: str, beyond: float) -> Verdict:
    """The score of one method, as released, against a level; the effect is what it lies above it."""
    part = report.pick(rows, metric, "as_released")
    values = part[part["explainer"] == one].groupby("seed")["value"].mean()
    return _judged(claim, values, beyond, f"against {beyond:g}") if len(values) else _missing(claim)


def _judged(claim: str, values: pd.Series, beyond: float, against: str) -> Verdict:
    if values.empty:
        return _missing(claim)
    effect, low, high = stratified(values, pd.Series(0, index=values.index))
    if not np.isfinite(low):
        return Verdict(claim, UNDECIDED, effect, np.nan, np.nan, len(values), f"{against}; one seed, no interval")
    found = verdict(claim, effect - beyond, low - beyond, high - beyond, len(values), negligible=NEGLIGIBLE)
    return Verdict(claim, found.verdict, effect, low, high, found.n, f"{against}; {_over(found.why, beyond)}")


def _over(why: str, beyond: float) -> str:
    return why.replace("zero", f"{beyond:g}") if beyond else why


def _missing(claim: str) -> Verdict:
    return Verdict(claim, UNDECIDED, np.nan, np.nan, np.nan, 0, "rows are missing")
