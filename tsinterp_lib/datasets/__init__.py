"""List the data sets by name: planted layouts over seven processes, and images read as series."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tsinterp_lib.datasets.cifar10 import Cifar10
from tsinterp_lib.datasets.digit_images import DigitImages
from tsinterp_lib.datasets.digit_views import DigitViews
from tsinterp_lib.datasets.digits_rows import DigitsRows
from tsinterp_lib.datasets.image_folder import ImageFolder
from tsinterp_lib.datasets.layouts import BOXES, LAYOUTS, PLANTED, Layout
from tsinterp_lib.datasets.mnist_rows import MnistRows
from tsinterp_lib.datasets.planted import Planted
from tsinterp_lib.datasets.processes.autoregressive import Autoregressive
from tsinterp_lib.datasets.processes.base import Process
from tsinterp_lib.datasets.processes.car import CAR
from tsinterp_lib.datasets.processes.gaussian_noise import GaussianNoise
from tsinterp_lib.datasets.processes.gaussian_process import GaussianProcess
from tsinterp_lib.datasets.processes.harmonic import Harmonic
from tsinterp_lib.datasets.processes.narma import NARMA
from tsinterp_lib.datasets.processes.pseudo_periodic import PseudoPeriodic
from tsinterp_lib.datasets.rare_feature import RareFeature
from tsinterp_lib.datasets.rare_time import RareTime
from tsinterp_lib.datasets.spike import Spike
from tsinterp_lib.datasets.state import State
from tsinterp_lib.datasets.switch_feature import SwitchFeature
from tsinterp_lib.types import DatasetSource

PROCESSES: dict[str, type[Process]] = {
    "gaussian_noise": GaussianNoise,
    "harmonic": Harmonic,
    "gaussian_process": GaussianProcess,
    "pseudo_periodic": PseudoPeriodic,
    "autoregressive": Autoregressive,
    "car": CAR,
    "narma": NARMA,
}
"""Every background process by name."""

DATASETS: dict[str, Callable[..., DatasetSource]] = {
    **{layout: partial(Planted, layout=layout) for layout in PLANTED},
    "digits_rows": DigitsRows,
    "mnist_rows": MnistRows,
    "digit_images": DigitImages,
    "cifar10": Cifar10,
    "image_folder": ImageFolder,
    "digit_views": DigitViews,
    "state": State,
    "switch_feature": SwitchFeature,
    "spike": Spike,
    "arma_rare_feature": RareFeature,
    "arma_rare_time": RareTime,
}
"""Every data set by name."""

__all__ = [
    "BOXES",
    "DATASETS",
    "LAYOUTS",
    "PLANTED",
    "PROCESSES",
    "Cifar10",
    "DigitImages",
    "DigitViews",
    "DigitsRows",
    "ImageFolder",
    "Layout",
    "MnistRows",
    "Planted",
    "Process",
    "RareFeature",
    "RareTime",
    "Spike",
    "State",
    "SwitchFeature",
]
