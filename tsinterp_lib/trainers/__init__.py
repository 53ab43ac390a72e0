"""Trainers: ``TRAINERS[name](...).fit(model, dataset, seed)`` returns a :class:`Fitted`."""

from __future__ import annotations

from typing import Any

from tsinterp_lib.trainers._fitted import Fitted
from tsinterp_lib.trainers.given import Given
from tsinterp_lib.trainers.per_step import PerStep
from tsinterp_lib.trainers.standard import Standard

TRAINERS: dict[str, Any] = {"standard": Standard, "per_step": PerStep, "given": Given}
"""Every trainer, by name."""

__all__ = ["TRAINERS", "Fitted", "Given", "PerStep", "Standard"]
