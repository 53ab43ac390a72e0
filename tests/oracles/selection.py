"""Which cells are selected: by definition, and by the stepping search of the 2020 code."""

from fractions import Fraction

import numpy as np


def scaled(attribution):
    """|a|, min–max scaled, of one sample; a constant map becomes zeros."""
    values = [abs(float(v)) for v in np.asarray(attribution, dtype=np.float64).ravel()]
    low, high = min(values), max(values)
    return [(v - low) / (high - low) if high > low else 0.0 for v in values]


def ranking(s):
    """Indices from the highest to the lowest score; equal scores keep the lower index first."""
    return sorted(range(len(s)), key=lambda i: (-s[i], i))


def selected(s, p, cut):
    """The set of cells selected at level p, from the definition, sums exact."""
    order, d = ranking(s), len(s)
    if p <= 0:
        return set()
    if p >= 1:
        return set(order)
    if cut == "count":
        return set(order[: min(max(round(p * d), 1), d - 1)])
    exact = [Fraction(s[i]) for i in order]
    total, running = sum(exact), Fraction(0)
    for k, value in enumerate(exact, start=1):
        running += value
        if running >= Fraction(p).limit_denominator(1000) * total:
            return set(order[: min(max(k, 1), d - 1)])
    raise AssertionError("the whole map holds its whole saliency")


def search_2020(s, percentages):
    """How many cells the 2020 code selects at each percentage: it steps up or down from where the last one stopped.

    Kept with its two slips: the test that should stop an overshoot looks at the same set again, and the step down from
    one cell looks at the slice that starts at −0, which is the whole array.
    """
    s = np.asarray(s, dtype=np.float64)
    rising = s[np.argsort(s, kind="stable")]
    total = rising.sum()
    size, counts = 1, []
    for percentage in percentages:
        wanted = percentage / 100
        with np.errstate(invalid="ignore"):
            share = rising[-size:].sum() / total
            if share < wanted:
                overshoot = rising[-size:].sum() / total
                if not overshoot > wanted:
                    while share < wanted and size < len(s) - 1:
                        size += 1
                        share = rising[-size:].sum() / total
            elif share > wanted:
                below = rising[-(size - 1) :].sum() / total
                if not below < wanted:
                    while share > wanted and size > 1:
                        size -= 1
                        share = rising[-size:].sum() / total
        counts.append(size)
    return counts
