"""Numbers of a whole test set, computed one level at a time."""

from tests.oracles.areas import trapezoid


def aupr_of_means(precision, recall):
    """Area under mean precision over mean recall, pairs sorted by recall."""
    pairs = sorted(zip(recall, precision, strict=True), key=lambda pair: pair[0])
    return trapezoid([p for _, p in pairs], [r for r, _ in pairs])


def carry_zero(accuracy):
    """Once an accuracy is 0, all later ones are."""
    out = []
    for value in accuracy:
        out.append(0.0 if out and out[-1] == 0 else value)
    return out
