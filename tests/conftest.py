"""Every test runs on one thread, with shape annotations checked at each call (jaxtyping + beartype)."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from jaxtyping import install_import_hook

hook = install_import_hook("tsinterp_lib", "beartype.beartype")

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seeded():
    """Each test starts from the same generators, whatever ran before it."""
    from tsinterp_lib.seeding import scope

    with scope(0):
        yield


def pytest_collection_modifyitems(items):
    """Slow tests first: the quick ones even out what the processes have left at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
