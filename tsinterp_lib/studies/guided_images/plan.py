"""Study *guided_images*: digits as images, trained traditionally and with saliency guidance.

After Ismail et al., "Improving Deep Learning Interpretability by Saliency Guided Training", NeurIPS 2021: half of the
pixels masked with random values of the image's range, λ = 1, maps judged by the accuracy that is left once the pixels
they rank first are set to the background. Theirs is a CNN of 1,199,882 weights on 60,000 digits for up to a hundred
epochs; here the small network of *roar_mnist* learns 6,000 digits for five, which is a few seconds a network. The
controls are as many masked pixels chosen by chance, and traditional training; all take the same number of epochs, so
that guidance is given no more steps, and fine-tuning goes on for as many again. Profiles ``smoke`` and ``quick`` take
the digits of scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsinterp_lib.engine.grid import Plan, Profile, Study
from tsinterp_lib.registry import Choice, Scalar
from tsinterp_lib.studies.roar_mnist.plan import BASES, EPOCHS, TRAINER, data
from tsinterp_lib.types import Sizes

SETTINGS: dict[str, Scalar | Choice] = dict(TRAINER.params)
GUIDED: dict[str, Scalar | Choice] = {**SETTINGS, "share": 0.5}
TRAINERS = (
    TRAINER,
    Choice("saliency_guided", GUIDED, alias="guided"),
    Choice("saliency_guided", {**GUIDED, "ranking": "absolute"}, alias="guided_absolute"),
    Choice("random_masked", GUIDED, alias="random_masked"),
    Choice("fine_tuned", {**GUIDED, "epochs": EPOCHS}, alias="fine_tuned"),
)
EXPLAINERS = (
    BASES["gradient"],
    BASES["integrated_gradients"],
    Choice("deep_lift", {"baseline": "train_min"}, alias="deep_lift"),
    Choice("noise_ensemble", {"base": BASES["gradient"], "statistic": "mean_square"}, alias="smoothgrad"),
    Choice("random", {}, alias="random"),
)
"""SmoothGrad is that of squares, as in the released code; paths start at a black image."""

DROP = Choice("masked_accuracy_count", {"fill": "lowest"}, alias="masked_accuracy_count")
AREA = Choice("masked_accuracy_area_count", {"fill": "lowest"}, alias="masked_accuracy_area_count")


def plan(profile: str) -> Mapping[str, Plan]:
    """Return one network, five trainings."""
    network = Choice("image_cnn", {}, alias="image_cnn")
    return {"corrected": Plan((data(profile),), (network,), TRAINERS, EXPLAINERS, (DROP, AREA))}


GUIDED_IMAGES = Study(
    "guided_images",
    "Does guided training make maps of images find what the network needs?",
    plan,
    own={
        "smoke": Profile("smoke", Sizes(train=60, validation=20, test=20), max_epochs=2, n_seeds=1),
        "quick": Profile("quick", Sizes(train=900, validation=100, test=200), max_epochs=EPOCHS, n_seeds=2),
        "paper": Profile("paper", Sizes(train=6000, validation=500, test=1000), max_epochs=EPOCHS, n_seeds=3),
    },
)
