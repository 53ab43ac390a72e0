"""Areas by the trapezoid rule, one strip at a time."""

from tests.oracles.precision_recall import pair

LEVELS = [i / 10 for i in range(1, 10)]


def trapezoid(values, places):
    """The sum of the strips between neighbouring places."""
    area = 0.0
    for i in range(len(places) - 1):
        area += (places[i + 1] - places[i]) * (values[i] + values[i + 1]) / 2
    return area


def aup(attribution, importance, cut, unit="cell", slip=False):
    """Area under precision of one sample."""
    return trapezoid([pair(attribution, importance, p, cut, unit, slip)[0] for p in LEVELS], LEVELS)


def aur(attribution, importance, cut, unit="cell", slip=False):
    """Area under recall of one sample."""
    return trapezoid([pair(attribution, importance, p, cut, unit, slip)[1] for p in LEVELS], LEVELS)


def aupr(attribution, importance, cut):
    """Area under precision over recall of one sample, pairs sorted by recall."""
    pairs = sorted((pair(attribution, importance, p, cut) for p in LEVELS), key=lambda pr: pr[1])
    return trapezoid([precision for precision, _ in pairs], [recall for _, recall in pairs])
