"""The control of guided training that is only as long: standard training for the epochs another trainer took."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields, replace

from torch import nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.trainers._fitted import Fitted, Stop
from tsinterp_lib.trainers.saliency_guided import SaliencyGuided
from tsinterp_lib.trainers.standard import Progress, Standard, _Run
from tsinterp_lib.types import Dataset


@dataclass(frozen=True)
class EqualEpochs(Standard):
    r"""Standard training for as many epochs as ``other`` takes from the same weights and seed :cite:p:`ismail2021`.

    .. math:: L = \mathrm{CE}(f(x), y), \quad \text{epochs} = \text{epochs of \texttt{other}}

    ``other`` (default: guided training of the same protocol) is fitted to a copy of the model first, with the same
    ``max_epochs``. No accuracy stops this run and the last weights are kept: keeping the first good ones, as the rules
    of the protocols do, would give back the short run. ``seconds`` is of this run alone, the gate is the protocol's.
    What guided training gains over this is not due to its length. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` where ``other`` has another protocol, and as both trainers do.
    """

    other: Standard | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.other is not None and self.other.protocol != self.protocol:
            raise InvalidInput(
                f"`other` has protocol {self.other.protocol!r}, this trainer {self.protocol!r}: give both the same."
            )

    def fit(self, model: nn.Module, dataset: Dataset, seed: int, progress: Progress | None = None) -> Fitted:
        """Train ``model`` in place; the same model, data and seed give the same weights."""
        other = self.other or SaliencyGuided(protocol=self.protocol)
        n_epochs = replace(other, max_epochs=self.max_epochs).fit(copy.deepcopy(model), dataset, seed).epochs
        settings = {f.name: getattr(self, f.name) for f in fields(Standard)}
        return _ToTheEnd(**{**settings, "max_epochs": n_epochs}).fit(model, dataset, seed, progress)


@dataclass(frozen=True)
class _ToTheEnd(Standard):
    def _train(self, run: _Run) -> Stop:
        return run.to_the_end()
