"""Planting, cell by cell, from the published table of layouts; and scaling, column by column."""

import math

# layout: rows and columns of the box, then the allowed first rows and first columns in class 0 and class 1 when the
# box may touch the edge (else the last allowed value of a drawn start is left out), then the sign in class 0 and 1.
TABLE = {
    "middle": (30, 30, ([10], [10]), ([10], [10]), (-1, 1)),
    "small_middle": (15, 15, ([18], [18]), ([18], [18]), (-1, 1)),
    "moving_middle": (30, 30, ("0..20", "0..20"), ("0..20", "0..20"), (-1, 1)),
    "moving_small_middle": (15, 15, ("0..35", "0..35"), ("0..35", "0..35"), (-1, 1)),
    "rare_time": (6, 40, ([22], [22]), ([5], [5]), (-1, 1)),
    "moving_rare_time": (6, 40, ("0..44", "0..44"), ("0..10", "0..10"), (-1, 1)),
    "rare_feature": (40, 6, ([5], [5]), ([22], [22]), (-1, 1)),
    "moving_rare_feature": (40, 6, ("0..10", "0..10"), ("0..44", "0..44"), (-1, 1)),
    "positional_time": (20, 20, ("0..30", "0..30"), ([29], [1]), (1, 1)),
    "positional_feature": (20, 20, ([29], [1]), ("0..30", "0..30"), (1, 1)),
    # first and last row and column of 2019: early 0-29 x 10-89, middle 20-79 x 20-79, late 70-99 x 10-89
    "early_box_100": (30, 80, ([0], [0]), ([10], [10]), (-1, 1)),
    "middle_box_100": (60, 60, ([20], [20]), ([20], [20]), (-1, 1)),
    "late_box_100": (30, 80, ([70], [70]), ([10], [10]), (-1, 1)),
    "early_box_50": (15, 40, ([0], [0]), ([5], [5]), (-1, 1)),
    "middle_box_50": (30, 30, ([10], [10]), ([10], [10]), (-1, 1)),
    "late_box_50": (15, 40, ([35], [35]), ([5], [5]), (-1, 1)),
}


def allowed(entry, touch_edge):
    """The first rows or columns a box may have."""
    if isinstance(entry, str):
        last = int(entry.split("..")[1])
        return list(range(last + 1 if touch_edge else last))
    return entry


def plant(background, labels, rows, columns, layout, amplitude, side=None):
    """The series and the mask, as nested lists."""
    height, width, _, _, signs = TABLE[layout]
    height, width = (side, side) if side else (height, width)
    x, mask = [], []
    for n, label in enumerate(labels):
        series, cells = [], []
        for t in range(len(background[n])):
            inside = [
                rows[n] <= t < rows[n] + height and columns[n] <= f < columns[n] + width
                for f in range(len(background[n][t]))
            ]
            signal = amplitude * signs[label]
            series.append([background[n][t][f] + (signal if inside[f] else 0.0) for f in range(len(inside))])
            cells.append(inside)
        x.append(series)
        mask.append(cells)
    return x, mask


def scaled(train, x, scaling):
    """``x`` after scaling each cell by the training samples; a constant cell becomes zero."""
    result = [[list(row) for row in series] for series in x]
    for t in range(len(train[0])):
        for f in range(len(train[0][0])):
            column = [series[t][f] for series in train]
            mean = sum(column) / len(column)
            if scaling == "minmax":
                shift, width = min(column), max(column) - min(column)
            else:
                shift, width = mean, math.sqrt(sum((v - mean) ** 2 for v in column) / len(column))
            if max(column) == min(column):
                shift, width = column[0], 1.0
            for n in range(len(x)):
                result[n][t][f] = (x[n][t][f] - shift) / width
    return result
