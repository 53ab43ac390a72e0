"""tsinterp: explain time-series models, and know what the explanation is worth."""

import warnings

__version__ = "0.1.0"

# captum imports tqdm.auto, which warns in kernels without ipywidgets; the book has no widgets on purpose.
warnings.filterwarnings("ignore", message="IProgress not found")
