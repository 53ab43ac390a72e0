"""Feature permutation for shuffles given, a group at a time."""

from tests.oracles._cells import mix, n_groups, output, spread


def feature_permutation(model, x, n, c, kind, sources):
    """f(x_n) − f(x_n with group g from sample ``sources[g][n]``)."""
    whole = output(model, x[n], c)
    values = [
        whole - output(model, mix(x[n], x[int(sources[g][n])], {g}, kind), c)
        for g in range(n_groups(kind, *x[n].shape))
    ]
    return spread(values, x[n].shape, kind, x[n])
