"""Name the nouns of the library in one place; axes: N samples, T time steps, F features, C classes.

The letters ``x, y, f, a, m`` (input, label, model, attribution, true importance) mean the same in code, docstrings,
equations and on the notation page of the book. Each noun has a file: :mod:`tsinterp_lib.axes`,
:mod:`tsinterp_lib.samples`, :mod:`tsinterp_lib.facts` (what a model declares), :mod:`tsinterp_lib.fitted`,
:mod:`tsinterp_lib.explainer`, :mod:`tsinterp_lib.explanation`.
"""

from __future__ import annotations

from tsinterp_lib.axes import Axes
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explanation import Explanation, Metric
from tsinterp_lib.facts import ModelFacts
from tsinterp_lib.fitted import Fitted, Progress, Stop, Trainer
from tsinterp_lib.retraining import Retraining
from tsinterp_lib.samples import Background, Dataset, DatasetSource, Samples, Sizes

__all__ = [
    "Axes", "Background", "Dataset", "DatasetSource", "Explainer", "Explanation", "Fitted", "Metric", "ModelFacts",
    "Progress", "Retraining", "Samples", "Sizes", "Stop", "Trainer",
]  # fmt: skip
