"""What Hooker et al., NeurIPS 2019, claim of estimators on photographs, asked of digits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import interval
from tsinterp_lib.statistics.verdict import UNDECIDED, Verdict, verdict
from tsinterp_lib.studies.roar_mnist import page
from tsinterp_lib.studies.roar_mnist.plan import BASES
from tsinterp_lib.tables.papers import from_rows

NEGLIGIBLE = 0.5
"""Points of accuracy that do not matter: ten of 2,000 test digits."""


def of_roar(table: pd.DataFrame) -> list[Verdict]:
    """The claims that Table 2 supports, each as a mean over bases and levels, in points, with an interval over seeds."""
    over_random, over_sobel = page.against(table), page.against(table, "sobel")

    def of(gains: pd.DataFrame, kinds: Sequence[str], bases: Sequence[str] = tuple(BASES)) -> pd.Series:
        names = [f"{base}{kind}" for base in bases for kind in kinds]
        part = gains[gains["explainer"].isin(names)]
        return part.groupby("seed")["gain"].mean() if set(names) <= set(part["explainer"]) else pd.Series(dtype=float)

    plain, smooth = [""], ["[smoothgrad]"]
    falls = of(over_random, smooth, ["gradient", "integrated_gradients"])
    base = of(over_random, plain, ["gradient", "integrated_gradients"])
    return [
        _judged("digits: SmoothGrad-squared and VarGrad remove more than a random ranking",
                of(over_random, ["[smoothgrad squared]", "[vargrad]"])),
        _judged("digits: base estimators, signed, remove less than a random ranking", -of(over_random, plain)),
        _judged("digits: base estimators, signed, remove no more than Sobel edges", -of(over_sobel, plain)),
        _judged("digits: SmoothGrad removes less than its base (gradient, integrated gradients)", base - falls),
        _judged("digits: SmoothGrad removes more than its base (guided backprop)",
                of(over_random, smooth, ["guided_backprop"]) - of(over_random, plain, ["guided_backprop"])),
        _judged("digits: Sobel edges remove less than a random ranking",
                -over_random[over_random["explainer"] == "sobel"].groupby("seed")["gain"].mean()),
        _judged("digits: squared base estimators remove more than a random ranking", of(over_random, ["[squared]"])),
    ]  # fmt: skip


def _judged(claim: str, points: pd.Series) -> Verdict:
    found = interval(points)
    n = int(found["n"])
    if n < 2:
        why = "one seed, no interval" if n else "rows are missing"
        return Verdict(claim, UNDECIDED, float(found["mean"]), np.nan, np.nan, n, why)
    return verdict(claim, found["mean"], found["low"], found["high"], n, negligible=NEGLIGIBLE)


CLAIMS = (from_rows("hooker2019", "remove_and_retrain", page.rows, of_roar),)
