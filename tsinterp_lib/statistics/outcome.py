"""Judges one published number: whether ours reproduces it, agrees in direction only, or can say nothing."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.statistics.verdict import NEGLIGIBLE

REPRODUCED, SATURATED, DIRECTION, NOT_REPRODUCED, NOT_TESTABLE = OUTCOMES = (
    "reproduced",
    "at the ceiling",
    "direction only",
    "not reproduced",
    "not testable",
)


WIDEST = 0.05
"""Half the width beyond which the interval of a quantity without a point of no effect reproduces nothing."""

FEWEST = 3
"""Runs of ours below which no number is reproduced: an interval of two that is narrow often is so by luck."""

OF_THE_NUMBER = 0.5
"""Half the width of an interval, as a share of the number's distance from no effect, beyond which it confirms none."""

OF_THE_SPREAD = 0.1
"""The same as a share of the standard deviation of the printed numbers of its kind."""


Numbers = Float[np.ndarray, "..."] | float
"""One number, or an array of them."""


def predicted(low: Numbers, high: Numbers, n: Numbers, runs: float) -> Float[np.ndarray, "..."]:
    r"""Return half the width of the interval for the mean of ``runs`` other runs of the same experiment.

    Our interval [``low``, ``high``] speaks of the true mean; a printed mean of m runs has an error of its own:

    .. math:: h_m = h \sqrt{1 + n / m}

    ``runs`` is infinite where it is not printed how many there were.
    """
    return np.asarray((high - low) / 2 * np.sqrt(1 + n / runs))


def narrow(half: Numbers, published: Numbers, zero: float | None, spread: float) -> Bool[np.ndarray, "..."]:
    """Say whether intervals of half widths ``half`` tell a published number from others; see :func:`outcome`."""
    if zero is None:
        limit = np.full(np.shape(published), WIDEST)
    else:
        limit = np.maximum(NEGLIGIBLE, OF_THE_NUMBER * np.abs(published - zero))
    if np.isfinite(spread):
        limit = np.minimum(limit, OF_THE_SPREAD * spread)
    return np.asarray(half <= limit + 1e-9)


def confirms(
    published: Numbers,
    decimals: int,
    low: Numbers,
    high: Numbers,
    n: Numbers,
    zero: float | None,
    spread: float = np.inf,
    runs: float = np.inf,
) -> Bool[np.ndarray, "..."]:
    """Say which published numbers ours reproduce, by the rule of :func:`outcome`, for arrays that broadcast."""
    half, ours = predicted(low, high, n, runs), (low + high) / 2
    held = np.abs(published - ours) <= half + 0.5 * 10.0**-decimals + 1e-9
    right = True if zero is None else _same_side(ours - zero, published - zero)
    return np.asarray(held & narrow(half, published, zero, spread) & right & (n >= FEWEST))


def outcome(
    published: float,
    decimals: int,
    low: float,
    high: float,
    n: int,
    zero: float | None,
    spread: float = np.inf,
    runs: float = np.inf,
    ceiling: float = np.inf,
) -> tuple[str, str]:
    """The verdict on one published number and the reason for it.

    Ours is a 95 % interval [``low``, ``high``] over ``n`` seeds; the published number is a mean of ``runs`` and stands
    for all that round to its ``decimals``, so the interval is widened to that of a mean of as many runs
    (:func:`predicted`). ``zero`` is the value of no effect, ``spread`` the standard deviation of the printed numbers
    of its kind, ``ceiling`` the end of the scale; each may be left out. In this order:

    * *not testable*: fewer than two seeds of ours. One run is a value without an interval, and whether a number lies
      near it says nothing about the next run.
    * *reproduced*: the interval holds the number, on the same side of ``zero`` (or both within ± 0.01 of it), and is
      narrow enough to tell it from others: its half is at most half of the number's distance from ``zero`` (never
      asked to be below 0.01) and at most a tenth of ``spread``. An interval that holds the number and is wider is
      *not testable*: it would hold many. So is one of two runs.
    * *at the ceiling*: reproduced, but printed as the end of the scale, where every network that learns lies.
    * *direction only*: it does not hold it, but our whole interval lies on the side of ``zero`` on which the published
      number lies. Quantities without such a point, as accuracies, have ``zero`` None and never get this.
    * *not reproduced*: anything else, an interval that holds ``zero`` included.

    **Why these widths.** A rule is good if it lets few numbers pass that have nothing to do with ours, and nearly all
    that come from the same experiment. ``tests/statistics/test_agreement.py`` simulates both on the printed numbers of
    Tables 8 to 11 as truths, with deviations of 0.001 to 0.03 between runs. Half of the number alone lets 13 % of the
    numbers of *other* truths of the same kind pass, because they lie close together. With a tenth of their spread, of
    the numbers whose interval is narrow enough:

    ========  ==================  ==========================  ===========================
    our runs  narrow enough (%)   pass, truth the same (%)    pass, truth another (%)
    ========  ==================  ==========================  ===========================
    5         48                  97                          3.4
    3         39                  95                          3.6
    2         22                  87                          4.4
    ========  ==================  ==========================  ===========================

    The fewer the runs, the fewer intervals are narrow enough, and the more of those are so by luck: two runs, which
    would miss thirteen of a hundred, reproduce nothing (``FEWEST``).

    Raises :class:`InvalidInput` where the interval is upside down or the published number is not finite.
    """
    if not np.isfinite(published) or low > high:
        raise InvalidInput(f"published {published} with interval [{low}, {high}]: give a number and an interval.")
    if n < 2:
        return NOT_TESTABLE, "one seed: no interval" if n == 1 else "not computed, or no model passed its gate"
    half = float(predicted(low, high, float(n), runs))
    beyond = abs(published - (low + high) / 2) - half
    if beyond <= 0.5 * 10.0**-decimals + 1e-9:
        wide = f"{n} seeds: the interval of ± {half:.2f} would hold nearly any number"
        if not bool(narrow(half, published, zero, spread)):
            return NOT_TESTABLE, f"{wide} of its kind" if np.isfinite(spread) else wide
        if n < FEWEST:
            return NOT_TESTABLE, f"{n} seeds: an interval as narrow as this often is so by luck"
        if zero is not None and not bool(_same_side((low + high) / 2 - zero, published - zero)):
            return NOT_REPRODUCED, "near, but on the other side of no effect"
        if published >= ceiling - 1e-9:
            return SATURATED, "the end of the scale: every network that learns lies there"
        return REPRODUCED, ""
    far = f"{beyond:.3f} outside our interval"
    if zero is not None and ((published > zero and low > zero) or (published < zero and high < zero)):
        return DIRECTION, far
    return NOT_REPRODUCED, far


def _same_side(ours: Numbers, published: Numbers) -> Bool[np.ndarray, "..."]:
    small = (np.abs(ours) <= NEGLIGIBLE) & (np.abs(published) <= NEGLIGIBLE)
    return np.asarray((np.sign(ours) == np.sign(published)) | small)
