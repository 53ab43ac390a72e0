"""Sobel's operator in loops, borders reflected."""

import torch


def sobel(image):
    """(rows, columns): the length of the two derivatives, each smoothed along the other axis by [1, 2, 1]."""
    rows, columns = image.shape

    def at(i, j):
        def inside(k, size):
            k = -k - 1 if k < 0 else k
            return 2 * size - k - 1 if k >= size else k

        return float(image[inside(i, rows), inside(j, columns)])

    a = torch.zeros(rows, columns, dtype=torch.float64)
    for i in range(rows):
        for j in range(columns):
            down = sum(w * (at(i + 1, j + s) - at(i - 1, j + s)) for s, w in ((-1, 1), (0, 2), (1, 1)))
            right = sum(w * (at(i + s, j + 1) - at(i + s, j - 1)) for s, w in ((-1, 1), (0, 2), (1, 1)))
            a[i, j] = (down**2 + right**2) ** 0.5
    return a
