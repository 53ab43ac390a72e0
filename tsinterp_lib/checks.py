"""Check at the library's doors: what comes in is looked at once, and refused in words a caller can act on."""

from __future__ import annotations

import psutil
import torch
from torch import Tensor, nn

from tsinterp_lib.axes import SERIES, Axes
from tsinterp_lib.errors import InvalidInput, MemoryBudgetExceeded
from tsinterp_lib.facts import ModelFacts, facts

NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


def check_model(model: object) -> nn.Module:
    """``model`` if it is a module; raises :class:`InvalidInput` otherwise."""
    if not isinstance(model, nn.Module):
        what = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise InvalidInput(
            f"`model` is {what}: give a torch.nn.Module; a function is wrapped by one whose forward calls it."
        )
    return model


def check_series(x: Tensor, name: str = "x", axes: Axes | None = None) -> Tensor:
    """``x`` if it is a finite, non-empty float tensor with these axes; raises :class:`InvalidInput` otherwise.

    ``axes``: the names of the axes of a sample, so that another rank is refused by name; None: any axes.
    """
    if not isinstance(x, Tensor):
        raise InvalidInput(f"`{name}` is a {type(x).__name__}: give a torch tensor, samples first.")
    if axes is not None:
        axes.check(x.shape, name)
    if x.numel() == 0:
        raise InvalidInput(f"`{name}` has shape {tuple(x.shape)}: the batch is empty; give at least one sample.")
    if not x.is_floating_point():
        raise InvalidInput(
            f"`{name}` has dtype {x.dtype}: gradients need floats; call {name}.float() on numbers. Tokens have no "
            "gradient: hand in the output of the model's embedding instead, with Axes('token', 'embedding')."
        )
    bad = ~torch.isfinite(x)
    if bad.any():
        where = tuple(int(i) for i in bad.nonzero()[0])
        raise InvalidInput(
            f"`{name}` holds {int(bad.sum())} values that are NaN or infinite, the first at {where}: "
            "fill them in before the call, and say in `Samples.observed` which values were measured."
        )
    return x


def output_size(model: nn.Module, x: Tensor, axes: Axes | None = None) -> int:
    """Return C, the number of columns of the model's output for ``x``; raises where the model refuses the shape."""
    return output_shape(model, x, axes=axes)[0]


def output_shape(model: nn.Module, x: Tensor, per_step: bool = False, axes: Axes | None = None) -> tuple[int, ...]:
    """Return (C,), or (T, C) of a model with one output per step where ``per_step`` allows it; raises for other
    outputs.

    ``axes`` are those of ``x``: None takes what the model declares, and those of a series where it declares nothing
    and ``x`` has as many. Only where there is an axis ``time`` is an output per step looked for.
    """
    axes = _agreed(facts(model), x, axes)
    try:
        with torch.no_grad():
            out = model(x[:1])
    except TypeError as error:
        raise InvalidInput(
            f"the model cannot be called with `x` alone ({error}): what it takes beside is given by name, in "
            "Samples(constants={'age': age}), and such samples are explained with explain_samples."
        ) from error
    except RuntimeError as error:
        raise InvalidInput(
            f"the model refuses `x` of shape {tuple(x.shape)} and dtype {x.dtype} ({error}): axes are "
            f"(sample, {axes or '…'}); check their order and that model and x share dtype and device."
        ) from error
    n_steps = x.shape[axes.dim("time")] if axes is not None and "time" in axes else None
    if out.dim() == 3 and tuple(out.shape[:2]) == (1, n_steps):
        if per_step:
            return int(out.shape[1]), int(out.shape[2])
        raise InvalidInput(
            f"the model maps one series to shape {tuple(out.shape)}, one output per step: this method explains one "
            "output per series, one score per class; wrap it in each_step, or build the model with per_step=False."
        )
    if out.dim() != 2 or out.shape[0] != 1:
        raise InvalidInput(
            f"the model maps one sample to shape {tuple(out.shape)}: it must give (N, C), one score per class."
        )
    return (int(out.shape[1]),)


def _agreed(known: ModelFacts, x: Tensor, axes: Axes | None) -> Axes | None:
    """Return the axes of ``x``; raises where they, or their lengths, are not those that the model declares."""
    if axes is not None and known.axes is not None and axes != known.axes:
        raise InvalidInput(
            f"the model takes the axes {known.axes}; the data have {axes}: choose a model of these axes, or bring the "
            "data into those."
        )
    axes = axes or known.axes or (SERIES if x.dim() == 3 else None)
    if axes is not None:
        axes.check(x.shape)
    expected = (known.n_steps, known.n_features)
    if axes in (None, SERIES) and None not in expected and tuple(x.shape[1:]) != expected:
        swapped = tuple(x.shape[1:]) == expected[::-1]
        hint = " Time and feature axes look swapped: x.transpose(1, 2)." if swapped else ""
        raise InvalidInput(f"`x` has shape {tuple(x.shape)}; the model takes (N, {expected[0]}, {expected[1]}).{hint}")
    return axes


def check_target_type(target: object) -> Tensor:
    """``target`` if it is a tensor; raises :class:`InvalidInput` otherwise."""
    if not isinstance(target, Tensor):
        raise InvalidInput(f"`target` is a {type(target).__name__}: give a tensor of classes, torch.tensor(target).")
    return target


def check_target(target: Tensor, n_classes: int, n: int, n_steps: int | None = None) -> Tensor:
    """``target`` if it holds N (or N × T) class indices in [0, C); raises :class:`InvalidInput` otherwise."""
    check_target_type(target)
    if n_steps is not None and target.shape != (n, n_steps):
        raise InvalidInput(
            f"`target` has shape {tuple(target.shape)}; the model has one output per step: give one class per sample "
            f"and step, shape ({n}, {n_steps})."
        )
    if n_steps is None and target.shape != (n,):
        raise InvalidInput(f"`target` has shape {tuple(target.shape)}; `x` has {n} samples: give one class per sample.")
    if target.is_floating_point() or target.dtype == torch.bool:
        raise InvalidInput(f"`target` has dtype {target.dtype}: class indices are integers; call target.long().")
    low, high = int(target.min()), int(target.max())
    if low < 0 or high >= n_classes:
        raise InvalidInput(
            f"`target` holds {low if low < 0 else high}; the model has {n_classes} outputs: "
            f"targets lie in 0..{n_classes - 1}."
        )
    return target


def check_like(value: Tensor, x: Tensor, name: str = "baseline") -> Tensor:
    """``value`` if each axis it has, from the last on, is as long as that of ``x`` or of length one.

    Raises :class:`InvalidInput` otherwise.
    """
    n_axes = value.dim()
    if n_axes > x.dim():
        raise InvalidInput(
            f"`{name}` has shape {tuple(value.shape)}; `x` has {tuple(x.shape)}: it may not have more axes than `x`."
        )
    if not all(a in (1, b) for a, b in zip(value.shape[::-1], x.shape[::-1], strict=False)):
        last = "last axis" if n_axes == 1 else f"last {NUMBERS.get(n_axes, n_axes)} axes"
        raise InvalidInput(
            f"`{name}` has shape {tuple(value.shape)}; `x` has {tuple(x.shape)}: the {last} must agree, or have "
            "length one."
        )
    return value


def check_labels(y: Tensor, n_classes: int, name: str = "train") -> Tensor:
    """``y`` if at least two classes occur in it and all lie in [0, C); raises :class:`InvalidInput` otherwise."""
    if int(y.min()) < 0 or int(y.max()) >= n_classes:
        raise InvalidInput(f"labels of `{name}` lie in {int(y.min())}..{int(y.max())}; expected 0..{n_classes - 1}.")
    present = torch.unique(y)
    if len(present) < 2:
        raise InvalidInput(
            f"all {y.numel()} labels of `{name}` are {int(present[0])}: a classifier needs at least two classes; "
            "draw more samples or check the labels."
        )
    return y


def check_attribution(a: Tensor, x: Tensor, method: str) -> Tensor:
    """``a`` if it is finite and shaped like ``x``; raises :class:`InvalidInput` otherwise."""
    if a.shape != x.shape:
        raise InvalidInput(
            f"`{method}` returned shape {tuple(a.shape)} for x of shape {tuple(x.shape)}: "
            "an attribution has one score per input cell."
        )
    if not torch.isfinite(a).all():
        raise InvalidInput(
            f"`{method}` returned NaN or infinite scores: the model's output or gradient overflows at this input."
        )
    return a.to(x.dtype)


def check_memory(n_bytes: int, what: str, share: float = 0.8) -> None:
    """Raise :class:`MemoryBudgetExceeded` if ``n_bytes`` is more than ``share`` of the memory now available."""
    available = psutil.virtual_memory().available
    if n_bytes > share * available:
        raise MemoryBudgetExceeded(
            f"{what} needs about {n_bytes / 2**30:.1f} GiB; {available / 2**30:.1f} GiB are available: "
            "ask for fewer samples or a smaller profile."
        )


def check_device(device: str) -> None:
    """Raise :class:`InvalidInput` for a device that torch does not know or this machine does not have."""
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        there = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
        raise InvalidInput(
            f"`device` is {device!r}: {str(error).splitlines()[0]}. This machine has {', '.join(there)}."
        ) from error
