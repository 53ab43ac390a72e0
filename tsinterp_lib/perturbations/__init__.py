"""List the perturbations by name: what becomes of a cell that a mask does not keep."""

from __future__ import annotations

from tsinterp_lib.perturbations.base import Perturbation
from tsinterp_lib.perturbations.gaussian_blur import GaussianBlur
from tsinterp_lib.perturbations.moving_average import MovingAverage
from tsinterp_lib.perturbations.past_window import PastWindow
from tsinterp_lib.perturbations.reference import Reference
from tsinterp_lib.perturbations.windowed_average import WindowedAverage

PERTURBATIONS: dict[str, type[Perturbation]] = {
    "gaussian_blur": GaussianBlur,
    "moving_average": MovingAverage,
    "windowed_average": WindowedAverage,
    "past_window": PastWindow,
    "reference": Reference,
}
"""Every perturbation, by name."""

__all__ = [
    "PERTURBATIONS", "GaussianBlur", "MovingAverage", "PastWindow", "Perturbation", "Reference", "WindowedAverage",
]  # fmt: skip
