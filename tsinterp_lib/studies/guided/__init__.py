"""Re-runs saliency guided training on planted series, with controls, two scalings, and on raw NARMA noise."""

from tsinterp_lib.studies.guided.draws_plan import GUIDED_DRAWS
from tsinterp_lib.studies.guided.narma_plan import GUIDED_NARMA
from tsinterp_lib.studies.guided.neighbours_plan import GUIDED_NEIGHBOURS
from tsinterp_lib.studies.guided.plan import GUIDED
from tsinterp_lib.studies.guided.standardised_plan import GUIDED_STANDARDISED

STUDIES = (GUIDED, GUIDED_STANDARDISED, GUIDED_NARMA, GUIDED_NEIGHBOURS, GUIDED_DRAWS)
