"""What Hooker et al., NeurIPS 2019, claim of estimators on photographs, asked of digits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.means import interval
from tsinterp_lib.statistics.verdict import NEGLIGIBLE, UNDECIDED, Verdict, verdict
from tsinterp_lib.studies.roar_mnist import page
from tsinterp_lib.studies.roar_mnist.plan import BASES
from tsinterp_lib.tables import words
from tsinterp_lib.tables.papers import from_rows


def of_roar(table: pd.DataFrame) -> list[Verdict]:
    """Return the claims that Table 2 supports, each a mean over bases and levels, with its interval over seeds.

    Effects are differences of accuracy, as shares of all test digits: 0.01 is a point.
    """
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
    found = interval(points / 100)
    n = int(found["n"])
    if n < 2:
        why = "one seed, no interval" if n else "rows are missing"
        return Verdict(claim, UNDECIDED, float(found["mean"]), np.nan, np.nan, n, why)
    return verdict(claim, found["mean"], found["low"], found["high"], n, negligible=NEGLIGIBLE)


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the claims with their verdicts: the effect in points with its interval, the number of seeds, the
    reason.
    """
    lines = [
        {"claim": v.claim.removeprefix("digits: "), "verdict": v.verdict,
         "points": words.interval(100 * v.effect, 100 * v.low, 100 * v.high, 1, sign=True), "seeds": v.n, "why": v.why}
        for v in of_roar(table)
    ]  # fmt: skip
    return pd.DataFrame(lines).set_index("claim")


CLAIMS = (
    from_rows(
        "hooker2019",
        "remove_and_retrain",
        page.rows,
        of_roar,
        about="remove and retrain",
        note="The paper asks photographs and networks that no laptop trains; here digits are asked. Effects "
        "are differences of accuracy.",
    ),
)
