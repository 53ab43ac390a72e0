"""Reads handwritten digits as series: image against series, rescaled, three views, and after guided training."""

from tsinterp_lib.studies.digits.guided_plan import MNIST_GUIDED
from tsinterp_lib.studies.digits.plan import MNIST_RESCALED, MNIST_SERIES, MNIST_VIEWS

STUDIES = (MNIST_SERIES, MNIST_RESCALED, MNIST_VIEWS, MNIST_GUIDED)
