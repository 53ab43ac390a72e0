"""The short form of ``benchmarks/interruptions.py``: whatever interrupts runs, no byte they publish moves."""

import random

import pytest

from benchmarks import interruptions


@pytest.mark.slow
def test_interrupted_crowded_and_parted_runs_publish_what_an_undisturbed_one_does():
    found = list(interruptions.trials(2, "rare", random.Random(1)))
    assert len(found) == 5
    assert [name for name, equal, _ in found if not equal] == []
