"""What an experiment could have seen: power of paired comparisons, smallest detectable difference, seeds needed."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from scipy import optimize, stats

from tsinterp_lib.errors import InvalidInput


def power(n: int, difference: float, sd: float, alpha: float = 0.05) -> float:
    r"""Return probability that a two-sided paired t-test with ``n`` blocks finds a true mean difference.

    .. math:: 1 - \beta = P(|T| > t_{1 - \alpha / 2,\, n - 1}), \qquad
              T \sim t_{n - 1}(\sqrt{n}\, \Delta / \sigma)

    ``difference`` Δ and ``sd`` σ (of the paired differences) are in the units of the metric; T is noncentral
    :cite:p:`cohen1988`. The signed-rank test needs 3/π, 1.05 times, the blocks for the same power where differences are
    normal. Raises :class:`InvalidInput` where ``n`` is below 2 or ``sd`` is not positive.
    """
    _check(n, sd, alpha)
    if sd == 0:
        raise InvalidInput("`sd` is 0: differences without spread leave nothing to compute.")
    return _power(n, abs(difference) / sd, alpha)


def detectable(n: int, sd: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return smallest true mean difference that ``n`` blocks find with probability ``power``, in the units of ``sd``.

    It is for planning and for reading a difference that was not found: a true difference below it could have been
    missed. It says nothing about a difference that was found. Zero where ``sd`` is zero; raises
    :class:`InvalidInput` where ``n`` is below 2, or ``power`` does not lie between ``alpha`` and 1.
    """
    _check(n, sd, alpha)
    _check_power(power, alpha)
    high = 1.0
    while _power(n, high, alpha) < power:
        high *= 2
    return sd * float(optimize.brentq(lambda d: _power(n, d, alpha) - power, 0.0, high, xtol=1e-10))


def repetitions_needed(difference: float, sd: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Return smallest number of seeds (or blocks) that find a true mean difference with probability ``power``.

    ``sd`` is the standard deviation of the paired differences from seed to seed (or block to block). Raises
    :class:`InvalidInput` where ``difference`` is zero or a million repetitions are not enough.
    """
    _check(2, sd, alpha)
    _check_power(power, alpha)
    if not abs(difference) > 0:
        raise InvalidInput(f"`difference` is {difference}: no number of repetitions finds a difference of zero.")
    if sd == 0:
        return 2
    most = 1_000_000
    effect = abs(difference) / sd
    found = 2 + bisect_left(range(2, most + 1), power, key=lambda n: _power(n, effect, alpha))
    if found > most:
        raise InvalidInput(f"a difference of {difference} at sd {sd} needs more than {most} repetitions.")
    return found


def _power(n: int, effect: float, alpha: float) -> float:
    if effect == 0:
        return alpha
    # T² is noncentral F with one degree of freedom above. This is not left to statsmodels' `TTestPower`: it takes the
    # noncentral t, which is NaN out in its tails (40 blocks, an effect of 1, alpha 0.001), and `solve_power` then
    # returns a wrong effect without a word (5 blocks, power 0.8, alpha 0.001: 3.81 where it is 4.77).
    critical = stats.t.ppf(1 - alpha / 2, n - 1) ** 2
    return float(stats.ncf.sf(critical, 1, n - 1, n * effect**2))


def _check(n: int, sd: float, alpha: float) -> None:
    if n < 2:
        raise InvalidInput(f"`n` is {n}: a paired comparison needs at least two blocks.")
    if not (np.isfinite(sd) and sd >= 0):
        raise InvalidInput(f"`sd` is {sd}: the standard deviation of differences is finite and not negative.")
    if not 0 < alpha < 1:
        raise InvalidInput(f"`alpha` is {alpha}: a rate of false alarms lies between 0 and 1.")


def _check_power(power: float, alpha: float) -> None:
    if not alpha < power < 1:
        raise InvalidInput(f"`power` is {power}: it lies between `alpha` ({alpha}) and 1.")
