"""Fitted models on disk: weights in safetensors, everything else in its header as JSON; nothing is unpickled."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from tsinterp_lib import __version__, paths
from tsinterp_lib.engine import seal
from tsinterp_lib.errors import CannotWrite, CheckpointDamaged, CheckpointError
from tsinterp_lib.trainers import Fitted

FORMAT = 1
AGAIN = "delete the file and train again."


def save(path: Path, fitted: Fitted, spec: Mapping[str, Any]) -> None:
    """Write a fitted model and the specification it was trained from, atomically: readers see all of it or nothing.

    Raises :class:`CheckpointError` where a weight is NaN, and :class:`~tsinterp_lib.errors.CannotWrite` where the disk
    is full.
    """
    facts = {f.name: getattr(fitted, f.name) for f in fields(Fitted) if f.name != "model"}
    header = {"format": FORMAT, "version": __version__, "spec": spec, "fitted": facts}
    weights = {name: value.contiguous() for name, value in fitted.model.state_dict().items()}
    _refuse_nan(path, weights, "train again with a lower learning rate, or on other data; nothing was written.")
    text = json.dumps({**header, "seal": seal.BLANK.decode()}, sort_keys=True)
    with paths.atomic(path) as temporary:
        try:
            save_file(weights, temporary, metadata={"tsinterp": text})
        except SafetensorError as error:
            if "os error" not in str(error):
                raise
            raise CannotWrite(
                errno.EIO, f"{path} cannot be written ({error}): make room there, or name another folder by "
                "TSINTERP_CACHE, and run the same command again; what is finished is kept."
            ) from error  # fmt: skip
        seal.close(temporary)


def load(path: Path, model: nn.Module, spec: Mapping[str, Any]) -> Fitted:
    """Return the fitted model at ``path``, its weights put into ``model``, which comes back in evaluation mode.

    Raises :class:`CheckpointError` where the file is no checkpoint, was written by another format or version of the
    library, belongs to another specification, or holds other weights than the model has, or NaN; where it is cut short
    or altered, :class:`~tsinterp_lib.errors.CheckpointDamaged`. The model is untouched then.
    """
    header, weights = _read(path)
    for key, wanted in (("format", FORMAT), ("version", __version__), ("spec", json.loads(json.dumps(spec)))):
        if header.get(key) != wanted:
            raise CheckpointError(f"{path.name} has {key} {header.get(key)!r}; expected {wanted!r}: {AGAIN}")
    facts = header.get("fitted")
    names = {f.name for f in fields(Fitted)} - {"model"}
    if not isinstance(facts, dict) or set(facts) != names:
        raise CheckpointError(f"{path.name} does not hold the facts {sorted(names)}: {AGAIN}")
    _check_weights(path, weights, model.state_dict())
    _refuse_nan(path, weights, AGAIN)
    model.load_state_dict(weights)
    model.eval()
    return Fitted(model=model, **{**facts, "history": tuple((step, value) for step, value in facts["history"])})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        if seal.broken(path.read_bytes()):
            raise ValueError("its content is not what its digest says")
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["tsinterp"])
            return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}: train the model first.") from error
    except KeyError as error:
        raise CheckpointError(f"{path.name} has no tsinterp header: it is another program's file; {AGAIN}") from error
    except (SafetensorError, ValueError, OSError) as error:
        raise CheckpointDamaged(f"{path.name} cannot be read as safetensors ({error}): {AGAIN}") from error


def _check_weights(path: Path, stored: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    if set(stored) != set(wanted):
        odd = sorted(set(stored) ^ set(wanted))
        raise CheckpointError(f"{path.name} and the model differ in the weights {odd}: {AGAIN}")
    for name, value in wanted.items():
        if stored[name].shape != value.shape:
            raise CheckpointError(
                f"{path.name} holds `{name}` of shape {tuple(stored[name].shape)}; "
                f"the model has {tuple(value.shape)}: {AGAIN}"
            )


def _refuse_nan(path: Path, weights: Mapping[str, Tensor], then: str) -> None:
    bad = [name for name, value in weights.items() if bool(value.isnan().any())]
    if bad:
        raise CheckpointError(f"{path.name}: the weights {bad} hold NaN; weights must be numbers: {then}")
