"""Networks that a method trains for itself: seeded by what they are trained on, and kept on disk by key."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from tsinterp_lib import __version__, paths
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.seeding import scope, seed_from
from tsinterp_lib.types import Samples

M = TypeVar("M", bound=nn.Module)


def trained(
    build: Callable[[], M],
    fit: Callable[[M], None],
    train: Samples,
    spec: dict[str, object],
    keep: bool,
) -> M:
    """Return the network of ``build``, trained by ``fit``, in evaluation mode; the same for the same samples and
    ``spec``.

    Weights and draws are seeded by a key of samples, ``spec`` and version of the library, so that they depend on
    nothing else. With ``keep`` the weights are kept under that key and loaded the next time.
    """
    key = _key(train, spec)
    with scope(seed_from(key)), torch.enable_grad():
        network = build().to(train.x)
        path = paths.checkpoints() / f"{spec['method']}-{key}.safetensors"
        if keep and path.exists():
            try:
                network.load_state_dict(load_file(path))
                return network.eval()
            except (SafetensorError, RuntimeError):
                path.unlink(missing_ok=True)  # cut short: training again is always right
        fit(network)
    if keep:
        _save(path, network)
    return network.eval()


def check_own_data(train: Samples, method: str) -> None:
    """Raise :class:`InvalidInput` for training samples of several lengths: the network would learn their padding."""
    if train.lengths is not None and int(train.lengths.min()) < train.x.shape[1]:
        raise InvalidInput(
            f"{method} trains a network of its own, and `train` has samples of length {int(train.lengths.min())} to "
            f"{int(train.lengths.max())}: it would learn their padding; prepare it on samples of one length, cut to it."
        )


def _key(train: Samples, spec: dict[str, object]) -> str:
    digest = hashlib.sha256(json.dumps([__version__, spec, list(train.x.shape), str(train.x.dtype)]).encode())
    for values in (train.x, train.y):
        digest.update(values.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _save(path: Path, network: nn.Module) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    try:
        save_file({key: value.contiguous() for key, value in network.state_dict().items()}, name)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
