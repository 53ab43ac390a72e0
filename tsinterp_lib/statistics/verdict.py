"""From an interval to a word: whether a claim is confirmed, refuted or undecided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"
CLAIMS = ("above", "below", "none")


@dataclass(frozen=True)
class Verdict:
    """Holds a claim, its verdict, the effect with its interval over ``n`` repetitions, the reason, what ``n`` counts.

    ``zero`` is what the effect is held against, another than 0 where a claim says by how much.
    """

    claim: str
    verdict: str
    effect: float
    low: float
    high: float
    n: int
    why: str
    of: str = "seeds"
    zero: float = 0.0


def verdict(
    claim: str,
    effect: float,
    low: float,
    high: float,
    n: int,
    says: str = "above",
    negligible: float = 0.0,
    of: str = "seeds",
) -> Verdict:
    """Return the verdict on a claim about a difference, by where its interval lies.

    ``says`` is what the claim says of the difference: ``above`` or ``below`` zero, or ``none`` (no difference that
    matters). ``negligible`` is the largest difference that does not matter, in the units of ``effect``; ``of`` is what
    ``n`` counts.

    * ``above``, ``below``: *confirmed* where the whole interval lies on the claimed side of zero and the effect itself
      is larger than ``negligible``; *refuted* where the interval lies on the other side, or within ± ``negligible``,
      which goes first.
    * ``none``: *confirmed* where the whole interval lies within ± ``negligible``, as equivalence tests ask
      :cite:p:`lakens2017` (at 5 % they need a 90 % interval only; 95 % is stricter); *refuted* where it lies wholly
      outside.
    * else, and where there is no interval or fewer than two repetitions, *undecided*: not finding a difference confirms
      nothing.

    Raises :class:`InvalidInput` on a NaN effect, an interval that does not hold it, a negative ``negligible``, or one
    of zero for ``none``.
    """
    known(says, CLAIMS, "direction")
    if not np.isfinite(effect) or low > high or effect < low or effect > high:
        raise InvalidInput(f"effect {effect} with interval [{low}, {high}]: give a finite effect inside its interval.")
    if not (np.isfinite(negligible) and negligible >= 0) or (says == "none" and negligible == 0):
        rule = "above zero for a claim of no difference" if says == "none" else "zero or more"
        raise InvalidInput(f"`negligible` is {negligible}: the largest difference that does not matter is {rule}.")
    word, why = _decide(effect, low, high, n, says, negligible)
    return Verdict(claim, word, float(effect), float(low), float(high), int(n), why, of)


def _decide(effect: float, low: float, high: float, n: int, says: str, negligible: float) -> tuple[str, str]:
    if n < 2:
        return UNDECIDED, f"{n} repetition: nothing is known about another"
    if not (np.isfinite(low) and np.isfinite(high)):
        return UNDECIDED, f"no finite interval with {n} repetitions"
    small = negligible > 0 and low >= -negligible and high <= negligible
    if says == "none":
        if small:
            return CONFIRMED, f"the whole interval lies within ±{negligible:g}"
        if low > negligible or high < -negligible:
            return REFUTED, f"the whole interval lies outside ±{negligible:g}"
        return UNDECIDED, f"the interval reaches both into and out of ±{negligible:g}"
    if small:
        return REFUTED, f"the whole interval lies within ±{negligible:g}: too small to matter"
    side = "above" if low > 0 else "below" if high < 0 else None
    if side is None:
        return UNDECIDED, "the interval holds zero"
    if side == says and abs(effect) <= negligible:
        return UNDECIDED, f"the whole interval lies {side} zero, but the effect is within ±{negligible:g}"
    return (CONFIRMED if side == says else REFUTED), f"the whole interval lies {side} zero"


def p_value(found: Verdict) -> float:
    """Return the two-sided p of a verdict's effect being ``zero``, from its 95 % interval as one of Student's.

    NaN without an interval. Degrees of freedom are n − 1.
    """
    half = (found.high - found.low) / 2
    if found.n < 2 or not np.isfinite(half):
        return float("nan")
    if half == 0:
        return float(found.effect == found.zero)
    df = found.n - 1
    return float(2 * stats.t.sf(abs(found.effect - found.zero) / (half / stats.t.ppf(0.975, df)), df))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p of claims that are judged together; NaN, and not counted, where there is none."""
    known_p = [(value, at) for at, value in enumerate(p) if np.isfinite(value)]
    found, most = [float("nan")] * len(p), 0.0
    for place, (value, at) in enumerate(sorted(known_p)):
        most = max(most, min(1.0, value * (len(known_p) - place)))
        found[at] = most
    return found


def verdict_table(verdicts: Iterable[Verdict]) -> pd.DataFrame:
    """Return one row per verdict, in the order given; raises :class:`InvalidInput` where there is none."""
    rows = [asdict(v) for v in verdicts]
    if not rows:
        raise InvalidInput("no verdicts: give at least one.")
    return pd.DataFrame(rows).set_index("claim")


NEGLIGIBLE = 0.01
"""The largest difference of an area or an AUROC that this book calls none."""
