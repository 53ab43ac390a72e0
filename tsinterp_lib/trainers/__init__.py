"""List the trainers: ``TRAINERS[name](...).fit(model, dataset, seed)`` returns a :class:`Fitted`."""

from __future__ import annotations

from collections.abc import Callable

from tsinterp_lib.trainers.consistency import Consistency
from tsinterp_lib.trainers.equal_epochs import EqualEpochs
from tsinterp_lib.trainers.fine_tuned import FineTuned
from tsinterp_lib.trainers.given import Given
from tsinterp_lib.trainers.per_step import PerStep
from tsinterp_lib.trainers.random_masked import RandomMasked
from tsinterp_lib.trainers.redrawn_mask import RedrawnMask
from tsinterp_lib.trainers.saliency_guided import SaliencyGuided
from tsinterp_lib.trainers.standard import Standard
from tsinterp_lib.types import Fitted, Trainer

TRAINERS: dict[str, Callable[..., Trainer]] = {
    "standard": Standard,
    "saliency_guided": SaliencyGuided,
    "random_masked": RandomMasked,
    "redrawn_mask": RedrawnMask,
    "consistency": Consistency,
    "equal_epochs": EqualEpochs,
    "fine_tuned": FineTuned,
    "per_step": PerStep,
    "given": Given,
}
"""Every :class:`~tsinterp_lib.types.Trainer`, by name."""

__all__ = [
    "TRAINERS",
    "Consistency",
    "EqualEpochs",
    "FineTuned",
    "Fitted",
    "Given",
    "PerStep",
    "RandomMasked",
    "RedrawnMask",
    "SaliencyGuided",
    "Standard",
]
