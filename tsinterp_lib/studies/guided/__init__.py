"""Re-runs saliency guided training on planted series, with controls and under two scalings of the inputs."""

from tsinterp_lib.studies.guided.plan import GUIDED
from tsinterp_lib.studies.guided.standardised_plan import GUIDED_STANDARDISED

STUDIES = (GUIDED, GUIDED_STANDARDISED)
