"""Temporal saliency rescaling: how far a method's map moves when steps, and then cells, are masked.

The plain way is N × T maps for the time scores, and up to N × T × F more for the cells: one call of the base method
per mask, with all N samples in their order. ``method.py`` reads like that. What follows makes it fast, and changes
no number beyond rounding:

====================  ============================================================================================
file                  what it holds
====================  ============================================================================================
``method.py``         :class:`TemporalSaliencyRescaling`: the formula, its settings, rescaling and padding
``scan.py``           *Scan*: the samples' own maps, and the distances to them of the maps of masked copies. It asks
                      only for copies that differ from their sample, and takes as many as fill a batch
``copies.py``         *Copies*: K masked copies, said by three indices each (which sample, which step, which group of
                      features) and made into series only where they are needed; and generators that can be replayed,
                      so that a base that draws draws the same for each copy
``layout.py``         *Layout*: samples of any axes as series of steps and features, and back, so that images and video
                      are rescaled by the same code; a base sees them as they are
``linear_entry.py``   *Linear entry*: a network that sees x only through z = x W' + b. For a base that multiplies mean
                      gradients, copies, path and gradients live in z, where a masked step changes one row
====================  ============================================================================================

The base says itself, in its own file, whether copies of several samples and masks may share a call (``for_copies``
returns a :class:`~tsinterp_lib.explainer.Paired`) and whether its map follows from gradients on a line (``on_a_line``
returns a :class:`~tsinterp_lib.explainer.Line`); None stands for the plain way.
"""

from __future__ import annotations

from tsinterp_lib.explainers.tsr.method import PAPER, TFSR, TemporalSaliencyRescaling

__all__ = ["PAPER", "TFSR", "TemporalSaliencyRescaling"]
