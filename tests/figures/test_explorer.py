"""The figure a reader browses: what it holds, and what it refuses."""

import json
import re

import pandas as pd
import pytest

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.figures import explorer

MEASURES = {"recall_count": ("recall", "share of cells")}


def rows(protocol="corrected", **changes):
    levels = [0.1 * k for k in range(1, 10)]
    return pd.DataFrame(
        [
            {
                "protocol": protocol,
                "dataset": "rare_time/narma",
                "model": "tcn",
                "explainer": explainer,
                "metric": "recall_count",
                "at": at,
                "seed": seed,
                "value": at / 2 + 0.1 * seed,
            }
            | changes
            for explainer in ("gradient", "oracle")
            for at in levels
            for seed in (0, 1)
        ]
    )


def payload(page):
    return json.loads(re.search(r"<script type='application/json'>(.*?)</script>", page, re.S)[1])


def test_a_panel_holds_the_mean_over_seeds_in_thousandths():
    found = payload(explorer(rows(), MEASURES, ["gradient"]))["measures"]["recall_count"]
    assert found["at"] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert found["values"]["rare_time|narma|tcn"][0] == [100, 150, 200, 250, 300, 350, 400, 450, 500]


def test_a_long_curve_is_thinned_evenly():
    found = payload(explorer(rows(), MEASURES, ["gradient"], points=3))["measures"]["recall_count"]
    assert found["at"] == [0.1, 0.4, 0.7]
    assert found["values"]["rare_time|narma|tcn"][1] == [100, 250, 400]


def test_the_page_fetches_nothing():
    assert not re.search(r"(?:src|href|@import|url)\s*[=(]", explorer(rows(), MEASURES, []))


def test_mixed_protocols_and_missing_curves_are_refused():
    with pytest.raises(InvalidInput, match="as_released, corrected"):
        explorer(pd.concat([rows("as_released"), rows()]), MEASURES, [])
    with pytest.raises(InvalidInput, match="no rows of the curves precision_count"):
        explorer(rows(), {"precision_count": ("precision", "share")}, [])
