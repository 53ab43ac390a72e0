"""Define what a metric needs that trains again: data, the explained model's own recipe, and maps of every split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.fitted import Trainer
from tsinterp_lib.samples import Dataset, Samples


@dataclass(frozen=True, eq=False)
class Retraining:
    """Holds what a metric needs to train the explained network again on other data.

    ============  =====================================================================================================
    field         what it holds
    ============  =====================================================================================================
    ``dataset``   the three splits that the explained model was trained, chosen and tested on
    ``explain``   from samples, a target for each and a name, the map of the explainer; the name says whose draws
    ``network``   the same network with new first weights, drawn from torch's global generator
    ``trainer``   the explained model's own trainer, with all its settings
    ``seed``      where first weights, order of the data and draws of retrained networks start; that of the explained
                  model, so that retrainings of several explainers are paired
    ``memo``      what is the same for all explainers of a model, by key
    ============  =====================================================================================================
    """

    dataset: Dataset
    explain: Callable[[Samples, Int[Tensor, "N"], str], Float[Tensor, "N *axes"]]
    network: Callable[[], nn.Module]
    trainer: Trainer
    seed: int
    memo: dict[object, Tensor] = field(default_factory=dict)
