"""Remove and retrain: rank the cells of every split, replace a share of them, train again, test again."""

from __future__ import annotations

from tsinterp_lib.metrics.roar.method import RemoveAndRetrain

__all__ = ["RemoveAndRetrain"]
