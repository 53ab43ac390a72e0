"""Samples taken apart: one at a time, each cut to its length, and what lies beside it given to the model by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.checks import check_series
from tsinterp_lib.errors import InvalidInput

S = TypeVar("S", bound=Any)

SHOWN = ("axes", "output", "per_step", "n_features", "n_classes")
"""What a model says of itself and holds for a sample that was cut too; whether it takes the length, a call shows."""

OBSERVED = "observed"
"""The name under which a model that has it in its ``forward`` is told which values were measured."""


class OfOneSample(nn.Module):
    """Runs a model as it is for one sample: cut to its length, constants given by name, a copy for each row of a call.

    ``constants``: name → (1, …), as :func:`beside` gives them.
    """

    def __init__(self, model: nn.Module, constants: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.model, self.constants = model, dict(constants)
        for name in SHOWN:
            said = getattr(model, name, None)
            if said is not None and not isinstance(said, nn.Module):
                setattr(self, name, said)

    def forward(self, x: Tensor) -> Tensor:
        """Return the model's output for rows of the one sample; raises where ``observed`` is of another shape than a
        row.
        """
        told = self.constants.get(OBSERVED)
        if told is not None and told.shape[1:] != x.shape[1:]:
            raise InvalidInput(
                f"the model takes `observed`, here of shape {tuple(told.shape[1:])}; this method shows it samples of "
                f"shape {tuple(x.shape[1:])}: choose a method that keeps samples whole, or drop `observed`."
            )
        given = {name: value.to(x.device).expand(len(x), *value.shape[1:]) for name, value in self.constants.items()}
        out: Tensor = self.model(x, **given)
        return out


def beside(model: nn.Module, samples: S) -> dict[str, Tensor]:
    """Say what the model is given by name: the constants, and ``observed`` where its ``forward`` has such a parameter.

    Raises :class:`InvalidInput` where ``forward`` does not take a constant, or takes the inputs under its name.
    """
    parameters = inspect.signature(model.forward).parameters
    constants: dict[str, Tensor] = dict(samples.constants)
    first = next(iter(parameters), "")
    if first in constants:
        raise InvalidInput(
            f"the constant {first!r} is named like the input that the model's forward takes first: rename one of them."
        )
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        unknown = [name for name in constants if name not in parameters]
        if unknown:
            raise InvalidInput(
                f"the samples have the constants {', '.join(constants)}; the model's forward takes "
                f"({', '.join(parameters)}), not {', '.join(unknown)}: let it take them by name, or drop them with "
                "dataclasses.replace(samples, constants={})."
            )
    if samples.observed is not None and OBSERVED in parameters:
        constants[OBSERVED] = samples.observed
    return constants


def padded(samples: S) -> bool:
    """Say whether a sample is shorter than the longest place there is for it."""
    return samples.lengths is not None and bool((samples.lengths < _longest(samples)).any())


def lengths(samples: S) -> list[int]:
    """Say how many places of the axis time, token or frame of each sample are no padding."""
    n, given = len(samples.x), samples.lengths
    return [_longest(samples)] * n if given is None else [int(length) for length in given]


def real(samples: S) -> Bool[Tensor, "N *axes"]:
    """Say where the samples are no padding."""
    x = samples.x
    if samples.lengths is None:
        return torch.ones(x.shape, dtype=torch.bool, device=x.device)
    dim = samples.axes.long("lengths")
    inside = torch.arange(x.shape[dim], device=x.device) < samples.lengths.to(x.device)[:, None]
    found: Tensor = inside.view(len(x), *[-1 if d == dim else 1 for d in range(1, x.dim())]).expand(x.shape)
    return found


def one_of(samples: S, n: int) -> S:
    """Sample n alone, without its padding."""
    one: S = samples[n : n + 1]
    if one.lengths is None:
        return one
    dim, length = one.axes.long("lengths"), int(one.lengths[0])
    cut: dict[str, Any] = {"x": one.x.narrow(dim, 0, length), "lengths": None}
    for name in ("importance", "observed"):
        cut[name] = None if getattr(one, name) is None else getattr(one, name).narrow(dim, 0, length)
    if one.y.dim() == 2:
        cut["y"] = one.y[:, :length]
    found: S = replace(one, **cut)
    return found


def length_of(samples: S, n: int) -> tuple[int, int]:
    """Say how many places of sample n are no padding, and how many places there are."""
    return lengths(samples)[n], _longest(samples)


def _longest(samples: S) -> int:
    return int(samples.x.shape[samples.axes.long("lengths")])


def check_floats(x: Tensor, axes: Axes, name: str) -> None:
    """Raise :class:`InvalidInput` for integers on an axis of tokens: they have no neighbours and no gradient."""
    if "token" in axes and not x.is_floating_point():
        raise InvalidInput(
            f"`{name}` has dtype {x.dtype}, numbers of tokens: an explainer changes and differentiates floats. Give "
            "the embedded text, x = embedding(tokens), with axes Axes('token', 'embedding'), and a model that starts "
            "behind its embedding."
        )


def check_measured(samples: S, name: str, method: str, what: str = "choose a method that takes them") -> None:
    """Raise :class:`InvalidInput` where a value that is no padding was not measured, or is no finite number."""
    inside, observed = real(samples), samples.observed
    missing = torch.zeros_like(inside) if observed is None else inside & ~observed
    if bool(missing.any()):
        where = tuple(int(i) for i in missing.nonzero()[0])
        raise InvalidInput(
            f"{method} takes no missing values; `{name}` has {int(missing.sum())} that were not measured, the first at "
            f"{where}: impute them and drop `observed`, or {what}."
        )
    check_series(samples.x if samples.lengths is None else torch.where(inside, samples.x, 0.0), name)
