"""Dynamask: masks that are fitted by gradient descent to what a model says of perturbed series.

===================  ==========================================================================================
file                 what it holds
===================  ==========================================================================================
``method.py``        :class:`Dynamask`: the settings, and which of the fitted masks is the answer
``descent.py``       the descent: all masks of all series at once
``loss.py``          the error of a perturbed series, and its gradient by the series
``regularisers.py``  the two other terms: how many coefficients are one, how much they change in time
``masks.py``         :class:`MaskGroup`, what a fit leaves behind, and what a mask holds
===================  ==========================================================================================

How a fit lies in memory, for R areas, N series, T steps, F features and D = T·F cells. The masks are one block of
numbers, area by area, and every part of a step looks at it in the shape that it needs, without a copy::

    m        (R·N, D)      one row per mask; row r·N + n is area r of series n      size term, clamp to [0, 1]
             (R·N, T, F)   the same rows as series                                  time term, the model's batch
             (R, N·D)      one row per area, the cells of all series in a line      perturbation of all series at once

    areas →      area 1             area 2                 area R
             ┌────┬────┬────┐   ┌────┬────┬────┐       ┌────┬────┬────┐
             │ 1  │ 2  │ …N │   │ 1  │ 2  │ …N │   …   │ 1  │ 2  │ …N │     each box: T·F coefficients of one series
             └────┴────┴────┘   └────┴────┴────┘       └────┴────┴────┘

What comes out, :class:`MaskGroup`, has the samples in front, as everything else in the library: (N, R, T, F).
"""

from __future__ import annotations

from tsinterp_lib.explainers.dynamask.masks import MaskCollapsed, MaskGroup, entropy, information
from tsinterp_lib.explainers.dynamask.method import Dynamask

__all__ = ["Dynamask", "MaskCollapsed", "MaskGroup", "entropy", "information"]
