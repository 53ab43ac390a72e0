"""Decides whether a printed number is reproduced by our interval, and says why not."""

from __future__ import annotations

import numpy as np

from tsinterp_lib.errors import InvalidInput

REPRODUCED, DIRECTION, NOT_REPRODUCED, NOT_TESTABLE = OUTCOMES = (
    "reproduced",
    "direction only",
    "not reproduced",
    "not testable",
)


WIDEST = 0.05
"""Half the width, in the units of an area or an accuracy, beyond which an interval reproduces nothing."""


def outcome(published: float, decimals: int, low: float, high: float, n: int, zero: float | None) -> tuple[str, str]:
    """The verdict on one published number and the reason for it.

    Ours is a 95 % interval [``low``, ``high``] over ``n`` seeds; the published number stands for all that round to its
    ``decimals``. In this order:

    * *not testable*: fewer than two seeds of ours. One run is a value without an interval, and whether a number lies
      near it says nothing about the next run.
    * *reproduced*: the interval holds a number that rounds to the published one, and is no wider than ±
      :data:`WIDEST`: an interval that would hold nearly any number confirms none, and is *not testable*.
    * *direction only*: it does not, but the whole interval lies on the side of ``zero`` (no effect) on which the
      published number lies. Quantities without such a point, as accuracies, have ``zero`` None and never get this.
    * *not reproduced*: anything else, an interval that holds ``zero`` included.

    Raises :class:`InvalidInput` where the
    interval is upside down or the published number is not finite.
    """
    if not np.isfinite(published) or low > high:
        raise InvalidInput(f"published {published} with interval [{low}, {high}]: give a number and an interval.")
    if n < 2:
        return NOT_TESTABLE, "one seed: no interval" if n == 1 else "not computed, or no model passed its gate"
    half = 0.5 * 10.0**-decimals + 1e-9
    if low - half <= published <= high + half:
        if high - low > 2 * WIDEST:
            return NOT_TESTABLE, f"{n} seeds: the interval of ± {(high - low) / 2:.2f} would hold nearly any number"
        return REPRODUCED, ""
    far = f"{max(low - published, published - high):.3f} outside our interval"
    if zero is not None and ((published > zero and low > zero) or (published < zero and high < zero)):
        return DIRECTION, far
    return NOT_REPRODUCED, far
