"""The claim that maps of images are better than those of the same images as series."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsinterp_lib.statistics.verdict import NEGLIGIBLE, Verdict, verdict
from tsinterp_lib.studies.digits.page import intervals
from tsinterp_lib.tables import partial, words
from tsinterp_lib.tables.papers import from_rows


def images_over_series(rows: pd.DataFrame, explainer: str = "gradient") -> list[Verdict]:
    """A map of the image has more of its mass on the ink than one of the same image as a series, by network.

    ``rows`` are those of study *mnist_series*. The interval is over seeds or, where a network has one, over its test
    images; those of the two networks are treated as independent.
    """
    table = intervals(rows, "saliency_share_cells")
    own = table[table["explainer"] == explainer].set_index("model")
    if "cnn" not in own.index:
        return []
    image, found = own.loc["cnn"], []
    for network, series in own.drop(index="cnn").iterrows():
        difference = float(image["mean"] - series["mean"])
        half = float(np.hypot(image["high"] - image["mean"], series["high"] - series["mean"]))
        claim = f"digits: the image's {words.method(explainer).lower()} is more on the ink than the "
        claim += f"{words.network(str(network))}'s"
        n = int(min(image["n"], series["n"]))
        levels = {str(image["level"]), str(series["level"])}
        of = " and ".join(sorted(levels))
        found.append(verdict(claim, difference, difference - half, difference + half, n, "above", NEGLIGIBLE, of))
    return found


CLAIMS = (
    from_rows(
        "ismail2020",
        "image_versus_series",
        lambda _: partial.rows("mnist_series"),
        images_over_series,
        about="images",
    ),
)
