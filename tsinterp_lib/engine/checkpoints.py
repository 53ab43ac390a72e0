"""Fitted models on disk: weights in safetensors, everything else in its header as JSON; nothing is unpickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from tsinterp_lib import __version__, paths
from tsinterp_lib.errors import CheckpointError
from tsinterp_lib.trainers import Fitted

FORMAT = 1
AGAIN = "delete the file and train again."


def save(path: Path, fitted: Fitted, spec: Mapping[str, Any]) -> None:
    """Write a fitted model and the specification it was trained from, atomically: readers see all of it or nothing."""
    facts = {f.name: getattr(fitted, f.name) for f in fields(Fitted) if f.name != "model"}
    header = {"format": FORMAT, "version": __version__, "spec": spec, "fitted": facts}
    weights = {name: value.contiguous() for name, value in fitted.model.state_dict().items()}
    with paths.atomic(path) as temporary:
        save_file(weights, temporary, metadata={"tsinterp": json.dumps(header, sort_keys=True)})


def load(path: Path, model: nn.Module, spec: Mapping[str, Any]) -> Fitted:
    """The fitted model at ``path``, its weights put into ``model``, which comes back in evaluation mode.

    Raises :class:`CheckpointError` where the file is cut short or no checkpoint, was written by another format or
    version of the library, belongs to another specification, or holds other weights than the model has. The model is
    untouched then.
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
    model.load_state_dict(weights)
    model.eval()
    return Fitted(model=model, **{**facts, "history": tuple((step, value) for step, value in facts["history"])})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["tsinterp"])
            return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}: train the model first.") from error
    except KeyError as error:
        raise CheckpointError(f"{path.name} has no tsinterp header: it is another program's file; {AGAIN}") from error
    except (SafetensorError, ValueError, OSError) as error:
        raise CheckpointError(f"{path.name} cannot be read as safetensors ({error}): {AGAIN}") from error


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
