"""Read what a model says of itself, once and in one place: its axes, its sizes, and what its output means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.axes import Axes

T = TypeVar("T")


@dataclass(frozen=True)
class ModelFacts:
    """Holds what a model declares; a model is any module, and declares nothing of this unless it likes to.

    =================  ============  =================================================================================
    attribute          default       what the library does with it
    =================  ============  =================================================================================
    ``axes``           None          inputs with other axes are refused by name
    ``n_steps``        None          series of another length are refused, where ``n_features`` is declared too
    ``n_features``     None          series of another width are refused, and swapped axes are recognised
    ``n_classes``      None          it is read, and nothing follows from it
    ``output``         None          ``"logits"``, ``"probabilities"`` or ``"values"``: a trainer refuses what it does
                                     not train, and who needs a logarithm of probabilities takes the right one
    ``per_step``       False         True: one output per step, (N, T, C), instead of (N, C)
    =================  ============  =================================================================================

    An attribute of another type is not a declaration: a layer that is called ``output`` says nothing.
    """

    axes: Axes | None = None
    n_steps: int | None = None
    n_features: int | None = None
    n_classes: int | None = None
    output: str | None = None
    per_step: bool = False


@runtime_checkable
class ReadsPrefixes(Protocol):
    """Describes a model of one output per step that can be read at the last step of a prefix alone."""

    def last(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        """Give the logits at the last step."""
        ...


def facts(model: nn.Module) -> ModelFacts:
    """Say what ``model`` declares as attributes; see :class:`ModelFacts` for what each means."""
    return ModelFacts(
        axes=_declared(model, "axes", Axes),
        n_steps=_declared(model, "n_steps", int),
        n_features=_declared(model, "n_features", int),
        n_classes=_declared(model, "n_classes", int),
        output=_declared(model, "output", str),
        per_step=bool(_declared(model, "per_step", bool)),
    )


def _declared(model: nn.Module, name: str, kind: type[T]) -> T | None:
    value = getattr(model, name, None)
    return value if isinstance(value, kind) else None
