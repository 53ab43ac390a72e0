"""Removes and retrains on handwritten digits: the published estimators, and the controls of the measurement."""

from tsinterp_lib.studies.roar_mnist.plan import ROAR_CONTROLS, ROAR_MNIST

STUDIES = (ROAR_MNIST, ROAR_CONTROLS)
