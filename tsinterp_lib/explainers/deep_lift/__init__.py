"""DeepLIFT and DeepSHAP: differences from a reference, sent back through a network.

====================  ============================================================================================
file                  what it holds
====================  ============================================================================================
``deep_lift.py``      :class:`DeepLift`, one reference per sample
``deep_shap.py``      :class:`DeepShap`, the mean of DeepLIFT over several references
``rescale_rule.py``   the rule that both share: references go forward alone, samples forward once and back per reference
====================  ============================================================================================

Both methods ask three questions in this order. Has the network a module that the rule is about? If not, one gradient
is the answer. Does the rule of ``rescale_rule.py`` fit the network? If so, it is taken. Else Captum is asked, through
the adapter ``explainers/_captum.py``.
"""

from __future__ import annotations

from tsinterp_lib.explainers.deep_lift.deep_lift import DeepLift
from tsinterp_lib.explainers.deep_lift.deep_shap import DeepShap

__all__ = ["DeepLift", "DeepShap"]
