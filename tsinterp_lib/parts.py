"""Samples taken apart: one at a time, each cut to its own length, and its constants bound to the model by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from tsinterp_lib.axes import Axes
from tsinterp_lib.checks import check_series
from tsinterp_lib.errors import InvalidInput

S = TypeVar("S", bound=Any)

SHOWN = ("axes", "output", "per_step", "n_features", "n_classes")
"""What a model says of itself and holds for a sample that was cut too; whether it takes the length, a call shows."""


class OfOneSample(nn.Module):
    """A model as it is for one sample: cut to its length, its constants given by name, a copy for each row of a call.

    ``constants``: name → (1, …). Raises :class:`InvalidInput` where the model's ``forward`` does not take such a name.
    """

    def __init__(self, model: nn.Module, constants: Mapping[str, Tensor]) -> None:
        super().__init__()
        parameters = inspect.signature(model.forward).parameters
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            unknown = [name for name in constants if name not in parameters]
            if unknown:
                raise InvalidInput(
                    f"the samples have the constants {', '.join(constants)}; the model's forward takes "
                    f"({', '.join(parameters)}), not {', '.join(unknown)}: let it take them by name, or drop them with "
                    "dataclasses.replace(samples, constants={})."
                )
        self.model, self.constants = model, dict(constants)
        for name in SHOWN:
            said = getattr(model, name, None)
            if said is not None and not isinstance(said, nn.Module):
                setattr(self, name, said)

    def forward(self, x: Tensor) -> Tensor:
        """The model's output for rows of the one sample."""
        given = {name: value.to(x.device).expand(len(x), *value.shape[1:]) for name, value in self.constants.items()}
        out: Tensor = self.model(x, **given)
        return out


def lengths(x: Tensor, given: Int[Tensor, "N"] | None) -> list[int]:
    """How many places of the first axis of each sample are no padding."""
    return [x.shape[1]] * len(x) if given is None else [int(length) for length in given]


def real(x: Tensor, given: Int[Tensor, "N"] | None) -> Bool[Tensor, "N *axes"]:
    """True where x is no padding."""
    at = torch.arange(x.shape[1], device=x.device)
    inside = at < torch.tensor(lengths(x, given), device=x.device)[:, None]
    return inside.view(*inside.shape, *[1] * (x.dim() - 2)).expand(x.shape)


def one_of(samples: S, n: int, length: int) -> S:
    """Sample n alone, without its padding."""
    one = samples[n : n + 1]
    cut: dict[str, Any] = {"x": one.x[:, :length], "lengths": None}
    for name in ("importance", "observed"):
        cut[name] = None if getattr(one, name) is None else getattr(one, name)[:, :length]
    if one.y.dim() == 2:
        cut["y"] = one.y[:, :length]
    found: S = replace(one, **cut)
    return found


def check_floats(x: Tensor, axes: Axes, name: str) -> None:
    """Raises :class:`InvalidInput` for integers on an axis of tokens: they have no neighbours and no gradient."""
    if "token" in axes and not x.is_floating_point():
        raise InvalidInput(
            f"`{name}` has dtype {x.dtype}, numbers of tokens: an explainer changes and differentiates floats. Give "
            "the embedded text, x = embedding(tokens), with axes Axes('token', 'embedding'), and a model that starts "
            "behind its embedding."
        )


def check_measured(x: Tensor, observed: Tensor | None, given: Int[Tensor, "N"] | None, name: str, method: str) -> None:
    """Raises :class:`InvalidInput` where a value that is no padding was not measured, or is no finite number."""
    inside = real(x, given)
    missing = torch.zeros_like(inside) if observed is None else inside & ~observed
    if bool(missing.any()):
        where = tuple(int(i) for i in missing.nonzero()[0])
        raise InvalidInput(
            f"{method} takes no missing values; `{name}` has {int(missing.sum())} that were not measured, the first at "
            f"{where}: impute them and drop `observed`, or choose a method that takes them."
        )
    check_series(x if given is None else torch.where(inside, x, 0.0), name)
